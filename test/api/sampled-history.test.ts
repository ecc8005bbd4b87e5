import { describe, expect, test } from "vitest";
import { MetricService } from "../../gen/loggia/v1/metrics_pb.js";
import { MlflowService } from "../../gen/mlflow/service_pb.js";
import { failure, protocols, testServer } from "../support/server.ts";
import { until } from "../support/until.ts";

const server = await testServer();
const path = "/api/1.0/loggia/metrics/sample-history";

async function setUp() {
  const project = await server.project();
  const mlflow = project.client(MlflowService, "connect");
  const run = async () => {
    const { run } = await mlflow.createRun({ experimentId: "0" });
    return run?.info?.runId ?? "";
  };
  const log = (runId: string, key: string, values: readonly number[]) =>
    mlflow.logBatch({
      runId,
      metrics: values.map((value, i) => ({ key, value, timestamp: BigInt(i) + 1000n, step: BigInt(i) })),
    });
  return { project, run, log };
}

const point = (step: number, value: number) => ({
  step: BigInt(step),
  timestamp: BigInt(step) + 1000n,
  value,
});

describe.each(protocols)("over %s", (protocol) => {
  test("histories that fit come whole, longer ones in buckets, those without points not at all", async () => {
    const { project, run, log } = await setUp();
    const client = project.client(MetricService, protocol);
    const [a, b, empty] = [await run(), await run(), await run()];
    await log(a, "loss", [4, 3, Number.NaN, 5, 1, 2, Number.NEGATIVE_INFINITY, 0, 9]);
    await log(a, "nothing", [Number.NaN, Number.NaN, Number.NaN, Number.NaN]);
    await log(b, "loss", [0, 2 ** 60]);
    const { histories } = await client.sampleHistory({
      runIds: [b, a, empty, "f".repeat(32), "no id", b],
      metricKeys: ["nothing", "loss", "unknown"],
      buckets: 3,
    });
    expect(histories).toMatchObject([
      { runId: b, metricKey: "loss", sampled: false, points: [point(0, 0), point(1, 2 ** 60)], buckets: [] },
      {
        runId: a,
        metricKey: "nothing",
        sampled: true,
        points: [],
        buckets: [
          { first: point(0, Number.NaN), last: point(1, Number.NaN), count: 2n, nanCount: 2n },
          { first: point(2, Number.NaN), last: point(3, Number.NaN), count: 2n, nanCount: 2n },
        ],
      },
      {
        runId: a,
        metricKey: "loss",
        sampled: true,
        points: [],
        buckets: [
          {
            first: point(0, 4),
            last: point(3, 5),
            min: point(1, 3),
            max: point(3, 5),
            count: 4n,
            nanCount: 1n,
          },
          {
            first: point(4, 1),
            last: point(7, 0),
            min: point(6, Number.NEGATIVE_INFINITY),
            max: point(5, 2),
            count: 4n,
            nanCount: 0n,
          },
          {
            first: point(8, 9),
            last: point(8, 9),
            min: point(8, 9),
            max: point(8, 9),
            count: 1n,
            nanCount: 0n,
          },
        ],
      },
    ]);
    for (const { min, max } of histories[1]?.buckets ?? [])
      expect([min, max]).toEqual([undefined, undefined]);
  });

  test("a range of steps, its ends among them, zooms in to the points", async () => {
    const { project, run, log } = await setUp();
    const client = project.client(MetricService, protocol);
    const runId = await run();
    await log(
      runId,
      "m",
      Array.from({ length: 900 }, (_, i) => i),
    );
    const read = async (range: { fromStep?: bigint; toStep?: bigint }) => {
      const { histories } = await client.sampleHistory({
        runIds: [runId],
        metricKeys: ["m"],
        buckets: 10,
        ...range,
      });
      return histories[0];
    };
    const steps = (found: { step: bigint }[] | undefined) => found?.map(({ step }) => Number(step));
    expect((await read({}))?.buckets.map(({ first }) => Number(first?.step))).toEqual([
      0, 128, 256, 384, 512, 640, 768, 896,
    ]);
    const zoomed = await read({ fromStep: 200n, toStep: 211n });
    expect(zoomed?.buckets.map(({ first, last }) => [first?.value, last?.value])).toEqual([
      [200, 201],
      [202, 203],
      [204, 205],
      [206, 207],
      [208, 209],
      [210, 211],
    ]);
    expect(steps((await read({ fromStep: 890n }))?.points)).toEqual([
      890, 891, 892, 893, 894, 895, 896, 897, 898, 899,
    ]);
    expect(steps((await read({ toStep: 0n }))?.points)).toEqual([0]);
    expect(await read({ fromStep: 900n })).toBeUndefined();
    expect(await read({ fromStep: -5n, toStep: -1n })).toBeUndefined();
  });

  test("another project's run has no history", async () => {
    const { run, log } = await setUp();
    const foreign = await run();
    await log(foreign, "m", [1, 2, 3]);
    const { project } = await setUp();
    const client = project.client(MetricService, protocol);
    for (const buckets of [1, 10])
      expect(
        (await client.sampleHistory({ runIds: [foreign], metricKeys: ["m"], buckets })).histories,
      ).toEqual([]);
  });

  test("what is missing or out of range is refused by name", async () => {
    const { project } = await setUp();
    const client = project.client(MetricService, protocol);
    const ids = (count: number) => Array.from({ length: count }, (_, i) => String(i));
    const some = { runIds: ["x"], metricKeys: ["m"], buckets: 1 };
    const refused = async (request: Parameters<typeof client.sampleHistory>[0], message: string) =>
      expect(await failure(client.sampleHistory(request))).toEqual({
        errorCode: "INVALID_PARAMETER_VALUE",
        message,
      });
    const missing = (name: string) =>
      `Missing value for required parameter '${name}'. See the API docs for more information about request parameters.`;
    await refused({ ...some, runIds: [] }, missing("run_ids"));
    await refused({ ...some, metricKeys: [] }, missing("metric_keys"));
    await refused(
      { ...some, runIds: ids(101) },
      "Invalid value for parameter 'run_ids': it must name at most 100, but names 101.",
    );
    await refused(
      { ...some, metricKeys: ids(21) },
      "Invalid value for parameter 'metric_keys': it must name at most 20, but names 21.",
    );
    for (const buckets of [0, -1, 2001])
      await refused(
        { ...some, buckets },
        `Invalid value for parameter 'buckets': it must be between 1 and 2000, but is ${buckets}.`,
      );
    await refused(
      { runIds: ids(100), metricKeys: ids(20), buckets: 26 },
      "Invalid value for parameter 'buckets': runs × metrics × buckets must be at most 50000, but is 52000.",
    );
    await refused(
      { ...some, fromStep: 2n, toStep: 1n },
      "from_step must not be greater than to_step. Found from_step=2 and to_step=1.",
    );
    await refused(
      { ...some, metricKeys: ["a\0"] },
      "The parameter 'metric_keys' holds a NUL character or half of a surrogate pair.",
    );
  });
});

test("the JSON of REST has every field of a point, integers as numbers and NaN as a word", async () => {
  const { project, run, log } = await setUp();
  const runId = await run();
  await log(runId, "m", [0, Number.NaN, 2]);
  const request = { run_ids: [runId], metric_keys: ["m"], buckets: 2 };
  const zero = { step: 0, timestamp: 1000, value: 0 };
  const two = { step: 2, timestamp: 1002, value: 2 };
  expect((await project.rest("POST", path, request)).body).toEqual({
    histories: [
      {
        run_id: runId,
        metric_key: "m",
        sampled: true,
        buckets: [
          {
            first: zero,
            last: { step: 1, timestamp: 1001, value: "NaN" },
            min: zero,
            max: zero,
            count: 2,
            nan_count: 1,
          },
          { first: two, last: two, min: two, max: two, count: 1, nan_count: 0 },
        ],
      },
    ],
  });
  expect((await project.rest("POST", path, { ...request, to_step: "0" })).body).toEqual({
    histories: [{ run_id: runId, metric_key: "m", sampled: false, points: [zero] }],
  });
  expect((await project.rest("POST", path, { ...request, metric_keys: ["x"] })).body).toEqual({});
  expect(await project.rest("POST", path, { run_ids: [runId], metric_keys: ["m"] })).toMatchObject({
    status: 400,
    body: { error_code: "INVALID_PARAMETER_VALUE" },
  });
});

test("a long history that was read is put into buckets, which changes no answer", async () => {
  const { project, run } = await setUp();
  const runId = await run();
  const { logBatch } = project.client(MlflowService, "connect");
  const log = (from: number, timestamp: bigint) =>
    logBatch({
      runId,
      metrics: Array.from({ length: 1000 }, (_, i) => ({
        key: "m",
        value: Math.sin(from + i),
        timestamp,
        step: BigInt(from + i),
      })),
    });
  for (let from = 0; from < 12_000; from += 1000) await log(from, 0n);
  const sample = async () =>
    (await project.rest("POST", path, { run_ids: [runId], metric_keys: ["m"], buckets: 7 })).body;
  const before = await sample();
  // A rollup may also have begun while the points were written, and then ends before the last of them.
  await until("buckets are made", async () => {
    const made = await server.db
      .selectFrom("metric_rollups")
      .select("rolled")
      .where("project_id", "=", project.id)
      .executeTakeFirst();
    return made !== undefined && made.rolled >= 4_000n;
  });
  expect(await sample()).toEqual(before);
  await log(3_000, 1n);
  const [history] = (await sample()).histories;
  expect(history.buckets.map((bucket: { count: number }) => bucket.count)).toEqual([
    2048, 3048, 2048, 2048, 2048, 1760,
  ]);
});

test("OpenAPI describes the endpoint and its messages", async () => {
  const { project } = await setUp();
  const { body } = await project.rest("GET", "/openapi.json");
  expect(body.paths[path].post.operationId).toBe("MetricService_SampleHistory");
  expect(body.components.schemas["loggia.v1.MetricPoint"].properties).toMatchObject({
    step: { type: "integer", format: "int64" },
    value: { anyOf: [{ type: "number" }, { type: "string" }] },
  });
  expect(body.components.schemas["loggia.v1.SampleHistoryRequest"].properties.buckets).toEqual({
    type: "integer",
    format: "int32",
  });
});
