import { describe, expect, test } from "vitest";
import { MlflowService } from "../../gen/mlflow/service_pb.js";
import { badName, invalid, missing, noRun } from "../support/mlflow-errors.ts";
import { failure, protocols, testServer } from "../support/server.ts";

const server = await testServer();
const most = 2n ** 63n - 1n;

describe.each(protocols)("metrics over %s", (protocol) => {
  const setUp = async () => {
    const client = (await server.project()).client(MlflowService, protocol);
    const runId = (await client.createRun({ experimentId: "0" })).run?.info?.runId ?? "";
    const log = (value: number, timestamp = 1n, step = 0n, key = "m") =>
      client.logMetric({ runId, key, value, timestamp, step });
    const latest = async () =>
      (await client.getRun({ runId })).run?.data?.metrics.map(({ key, value, timestamp, step }) => ({
        key,
        value,
        timestamp,
        step,
      }));
    const history = async (metricKey = "m") =>
      (await client.getMetricHistory({ runId, metricKey })).metrics.map(
        ({ value, timestamp, step }) => [value, timestamp, step] as const,
      );
    return { client, runId, log, latest, history };
  };

  test("a point is logged with step 0 unless told otherwise, and keeps its digits", async () => {
    const { client, runId, log, latest, history } = await setUp();
    await client.logMetric({ runUuid: runId, key: "m", value: 0.1 + 0.2, timestamp: 0n });
    await log(5e-324, most, most);
    await log(-1.7976931348623157e308, most, -most - 1n);
    expect(await history()).toEqual([
      [-1.7976931348623157e308, most, -most - 1n],
      [0.1 + 0.2, 0n, 0n],
      [5e-324, most, most],
    ]);
    expect(await latest()).toEqual([{ key: "m", value: 5e-324, timestamp: most, step: most }]);
  });

  test("the latest value has the greatest step, then timestamp, then value, whatever came last", async () => {
    const { log, latest } = await setUp();
    const value = async () => (await latest())?.[0]?.value;
    await log(1, 10n, 5n);
    await log(9, 99n, 4n);
    expect(await value()).toBe(1);
    await log(2, 9n, 5n);
    expect(await value()).toBe(1);
    await log(0.5, 10n, 5n);
    expect(await value()).toBe(1);
    await log(3, 10n, 5n);
    expect(await value()).toBe(3);
    await log(-3, 11n, 5n);
    expect(await value()).toBe(-3);
  });

  test("NaN and the infinities come back as they are; NaN is the greatest of equal times", async () => {
    const { log, latest, history } = await setUp();
    for (const value of [Number.NaN, 1, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]) await log(value);
    expect((await history()).map(([value]) => value)).toEqual([
      Number.NEGATIVE_INFINITY,
      1,
      Number.POSITIVE_INFINITY,
      Number.NaN,
    ]);
    expect((await latest())?.[0]?.value).toBeNaN();
    await log(Number.NEGATIVE_INFINITY, 2n);
    expect((await latest())?.[0]?.value).toBe(Number.NEGATIVE_INFINITY);
  });

  test("a point that is sent twice is stored once, NaN too", async () => {
    const { log, history } = await setUp();
    for (let i = 0; i < 2; i++) {
      await log(1.5, 1n, 1n);
      await log(Number.NaN, 1n, 1n);
      await log(1.5, 2n, 1n);
    }
    expect(await history()).toHaveLength(3);
  });

  test("what a metric needs is asked for in MLflow's order and words", async () => {
    const { client, runId } = await setUp();
    const log = (metric: object) => failure(client.logMetric(metric));
    expect(await log({})).toEqual(missing("run_id"));
    expect(await log({ runId })).toEqual(missing("key"));
    expect(await log({ runId, key: "m" })).toEqual(missing("value"));
    expect(await log({ runId, key: "m", value: 1 })).toEqual(missing("timestamp"));
    expect(await log({ runId, key: "m", value: 1, timestamp: -1n })).toEqual(
      invalid(
        "Got invalid timestamp -1 for metric 'm' (value=1.0). Timestamp must be a nonnegative long (64-bit integer) ",
      ),
    );
    expect(await log({ runId, key: "a:b", value: 1, timestamp: 1n })).toEqual(badName("metric", "a:b"));
    expect(await log({ runId, key: "m".repeat(251), value: 1, timestamp: 1n })).toEqual(
      invalid(`Metric name '${"m".repeat(250)}' had length 251, which exceeded length limit of 250`),
    );
    for (const id of ["x", "f".repeat(32)])
      expect(await log({ runId: id, key: "m", value: 1, timestamp: 1n })).toEqual(noRun(id));
  });

  test("a history is empty for an unknown key, not found for an unknown run, and needs both names", async () => {
    const { client, runId, history } = await setUp();
    expect(await history("never")).toEqual([]);
    const ask = (question: object) => failure(client.getMetricHistory(question));
    expect(await ask({ metricKey: "m" })).toEqual(missing("run_id"));
    expect(await ask({ runId })).toEqual(missing("metric_key"));
    for (const id of ["x", "f".repeat(32)])
      expect(await ask({ runId: id, metricKey: "m" })).toEqual(noRun(id));
    expect(await ask({ runId, metricKey: "\0" })).toMatchObject({ errorCode: "INVALID_PARAMETER_VALUE" });
  });

  test("the history of a deleted run is still read", async () => {
    const { client, runId, log, history } = await setUp();
    await log(1);
    await client.deleteRun({ runId });
    expect(await history()).toEqual([[1, 1n, 0n]]);
  });

  test("a history longer than a chunk is whole and in order", async () => {
    const { client, runId, history } = await setUp();
    const total = 5001;
    for (let from = 0; from < total; from += 1000)
      await client.logBatch({
        runId,
        metrics: Array.from({ length: Math.min(1000, total - from) }, (_, i) => ({
          key: "m",
          value: -(from + i),
          timestamp: 1n,
          step: BigInt(from + i),
        })),
      });
    const points = await history();
    expect(points.map(([, , step]) => Number(step))).toEqual(Array.from({ length: total }, (_, i) => i));
    expect(points.every(([value, , step]) => value === -Number(step))).toBe(true);
  });

  test("pages of a history join to the whole, through equal steps and NaN", async () => {
    const { client, runId, log, history } = await setUp();
    for (const value of [3, Number.NaN, 1, 2, Number.POSITIVE_INFINITY]) await log(value);
    await log(7, 1n, 1n);
    const pages: number[][] = [];
    let pageToken = "";
    do {
      const page = await client.getMetricHistory({ runId, metricKey: "m", maxResults: 2, pageToken });
      pages.push(page.metrics.map((metric) => metric.value));
      pageToken = page.nextPageToken;
    } while (pageToken !== "");
    expect(pages).toEqual([[1, 2], [3, Number.POSITIVE_INFINITY], [Number.NaN, 7], []]);
    expect(pages.flat()).toEqual((await history()).map(([value]) => value));
  });

  test("a page token is good for its own history only, and max_results has its bounds", async () => {
    const { client, runId, log } = await setUp();
    for (const key of ["m", "n"]) for (const value of [1, 2]) await log(value, 1n, 0n, key);
    const { nextPageToken } = await client.getMetricHistory({ runId, metricKey: "m", maxResults: 1 });
    expect(nextPageToken).not.toBe("");
    const ask = (question: object) =>
      failure(client.getMetricHistory({ runId, metricKey: "m", ...question }));
    expect(await ask({ metricKey: "n", pageToken: nextPageToken })).toMatchObject(
      invalid(expect.stringMatching(/^Invalid page token/)),
    );
    expect(await ask({ pageToken: "oo" })).toMatchObject(
      invalid(expect.stringMatching(/^Invalid page token/)),
    );
    expect(await ask({ maxResults: 0 })).toEqual(
      invalid("Invalid value for request parameter max_results. It must be at least 1, but got value 0"),
    );
    expect(await ask({ maxResults: 50_001 })).toEqual(
      invalid(
        "Invalid value for request parameter max_results. It must be at most 50000, but got value 50001",
      ),
    );
  });
});

test("the JSON of a history has integers as numbers and what is no number as text", async () => {
  const { rest, client } = await server.project();
  const service = { rest: rest, client: client(MlflowService, "rest") };
  const runId = (await service.client.createRun({ experimentId: "0" })).run?.info?.runId ?? "";
  const key = "a b/é";
  for (const value of ["NaN", "-Infinity", 1.5])
    expect(
      (await rest("POST", "runs/log-metric", { run_id: runId, key, value, timestamp: 2, step: -1 })).status,
    ).toBe(200);
  const path = `metrics/get-history?run_id=${runId}&metric_key=${encodeURIComponent(key)}`;
  const point = (value: unknown) => ({ key, value, timestamp: 2, step: -1 });
  expect((await rest("GET", path)).body).toEqual({
    metrics: [point("-Infinity"), point(1.5), point("NaN")],
  });
  expect((await rest("GET", `metrics/get-history?run_id=${runId}&metric_key=none`)).body).toEqual({});
});

test("sixteen writers on one key of one run lose no point and agree on the latest", async () => {
  const client = (await server.project()).client(MlflowService, "rest");
  const runId = (await client.createRun({ experimentId: "0" })).run?.info?.runId ?? "";
  const points = Array.from({ length: 320 }, (_, i) => i);
  await Promise.all(
    Array.from({ length: 16 }, async (_, writer) => {
      for (const i of points.filter((point) => point % 16 === writer))
        await client.logMetric({ runId, key: "m", value: i, timestamp: 1n, step: BigInt((i * 7) % 320) });
    }),
  );
  const { metrics } = await client.getMetricHistory({ runId, metricKey: "m" });
  expect(metrics.map((metric) => metric.value).toSorted((a, b) => a - b)).toEqual(points);
  const latest = (await client.getRun({ runId })).run?.data?.metrics[0];
  expect([latest?.step, latest?.value]).toEqual([319n, metrics.at(-1)?.value]);
});
