import { beforeAll, describe, expect, test } from "vitest";
import { ExportService } from "../../gen/loggia/v1/export_pb.js";
import { MlflowService } from "../../gen/mlflow/service_pb.js";
import { readCsvTable } from "../support/csv.ts";
import { invalid } from "../support/mlflow-errors.ts";
import { readParquet } from "../support/parquet.ts";
import { failure, type TestProject, testServer } from "../support/server.ts";

const server = await testServer();
const route = "/api/1.0/loggia/export/metrics";

interface Point {
  run: string;
  key: string;
  step: bigint;
  timestamp: bigint;
  value: number;
}

interface Sample {
  project: TestProject;
  experimentId: string;
  /** In the order of SearchRuns. */
  runIds: string[];
  /** As getMetricHistory has them, by run, key, step, timestamp and value. */
  points: Point[];
}

const keys = ["Z", "a/b", "acc", "é"];

/** Runs of which the first has a history of 25,000 points, one has none, and the others some of each key. */
async function sample(): Promise<Sample> {
  const project = await server.project();
  const client = project.client(MlflowService, "grpc");
  const { experimentId } = await client.createExperiment({ name: "histories" });
  const runIds: string[] = [];
  for (let i = 0; i < 9; i++) {
    const { run } = await client.createRun({ experimentId, startTime: BigInt(1_000 - i) });
    const runId = run?.info?.runId ?? "";
    runIds.push(runId);
    if (i === 5) continue;
    const metrics = keys.flatMap((key) =>
      [3, 1, 2, 1].map((step, j) => ({
        key,
        step: BigInt(step - 2),
        timestamp: BigInt(j),
        value: i + j / 3,
      })),
    );
    metrics.push({ key: "acc", step: 2n ** 62n, timestamp: 2n ** 60n + 1n, value: Number.NaN });
    metrics.push({ key: "acc", step: 9n, timestamp: 0n, value: Number.NEGATIVE_INFINITY });
    await client.logBatch({ runId, metrics });
    for (let from = 0; i === 0 && from < 25_000; from += 1000)
      await client.logBatch({
        runId,
        metrics: Array.from({ length: 1000 }, (_, n) => ({
          key: "acc",
          step: BigInt(100 + from + n),
          timestamp: 7n,
          value: (from + n) / 7,
        })),
      });
  }
  const points: Point[] = [];
  for (const runId of runIds)
    for (const metricKey of keys)
      for (const metric of (await client.getMetricHistory({ runId, metricKey })).metrics) {
        const { key, step, timestamp, value } = metric;
        points.push({ run: runId, key, step, timestamp, value });
      }
  return { project, experimentId, runIds, points };
}

let data: Sample;
beforeAll(async () => {
  data = await sample();
});

describe.each(["connect", "grpc", "grpc-web"] as const)(
  "the export of metric histories over %s",
  (protocol) => {
    const exported = async (project: TestProject, request: object) => {
      const messages: { points: Point[]; after: string }[] = [];
      const client = project.client(ExportService, protocol);
      for await (const { parts, after } of client.exportMetricHistories(request)) {
        const points = parts.flatMap(({ runId, metricKey, steps, timestamps, values }) => {
          expect([timestamps.length, values.length]).toEqual([steps.length, steps.length]);
          return steps.map((step, i) => ({
            run: runId,
            key: metricKey,
            step,
            timestamp: timestamps[i] ?? 0n,
            value: values[i] ?? 0,
          }));
        });
        messages.push({ points, after });
      }
      return messages;
    };
    const pointsOf = async (project: TestProject, request: object) =>
      (await exported(project, request)).flatMap(({ points }) => points);

    test("every point comes, as getMetricHistory has it, run by run and key by key", async () => {
      const { project, experimentId, points } = data;
      const messages = await exported(project, { experimentIds: [experimentId] });
      expect(messages.length).toBeGreaterThan(2);
      expect(messages.flatMap((message) => message.points)).toEqual(points);
      expect(await pointsOf(project, {})).toEqual(points);
    });

    test("runs are chosen by a filter, or by their ids in the order of these; metrics by their keys", async () => {
      const { project, experimentId, runIds, points } = data;
      const [first = "", second = "", third = ""] = runIds;
      const found = await pointsOf(project, {
        experimentIds: [experimentId],
        filter: `attributes.run_id IN ('${third}', '${second}')`,
        orderBy: ["start_time"],
        metricKeys: ["é", "Z", "none", "Z"],
      });
      const of = (run: string, chosen: readonly string[] = keys) =>
        points.filter((point) => point.run === run && chosen.includes(point.key));
      expect(found).toEqual([...of(third, ["Z", "é"]), ...of(second, ["Z", "é"])]);
      const listed = [third, "f".repeat(32), first, "x", third];
      expect(await pointsOf(project, { runIds: listed })).toEqual([...of(third), ...of(first)]);
    });

    test("an export goes on behind every message, in the middle of a history as well", async () => {
      const { project, experimentId, runIds } = data;
      for (const request of [
        { experimentIds: [experimentId] },
        { experimentIds: [experimentId], metricKeys: ["acc", "é"] },
        { runIds },
        {},
      ]) {
        const messages = await exported(project, request);
        const all = messages.flatMap(({ points }) => points);
        for (const [i, { after }] of messages.entries()) {
          const arrived = messages.slice(0, i + 1).flatMap(({ points }) => points);
          expect([...arrived, ...(await pointsOf(project, { ...request, after }))]).toEqual(all);
        }
      }
    });

    test("an export goes on behind a run whose points have all arrived", async () => {
      const { project, experimentId, runIds, points } = data;
      for (const [i, after] of runIds.entries()) {
        const rest = points.filter(({ run }) => runIds.indexOf(run) > i);
        expect(await pointsOf(project, { experimentIds: [experimentId], after })).toEqual(rest);
        expect(await pointsOf(project, { runIds, after })).toEqual(rest);
      }
    });

    test("points that are logged while it goes on come, unless it is behind them, and none comes twice", async () => {
      const project = await server.project();
      const client = project.client(MlflowService, "grpc");
      const runId = (await client.createRun({ experimentId: "0" })).run?.info?.runId ?? "";
      const log = (steps: number[]) =>
        client.logBatch({
          runId,
          metrics: steps.map((step) => ({ key: "m", step: BigInt(step), timestamp: 0n, value: 1 })),
        });
      for (let from = 0; from < 12_000; from += 1000)
        await log(Array.from({ length: 1000 }, (_, n) => 2 * (from + n)));
      const [first] = await exported(project, { runIds: [runId] });
      await log([1, 3, 23_999, 30_000]);
      const rest = await pointsOf(project, { runIds: [runId], after: first?.after });
      const steps = rest.map(({ step }) => Number(step));
      expect(steps.slice(-3)).toEqual([23_998, 23_999, 30_000]);
      expect((first?.points.length ?? 0) + steps.length).toBe(12_002);
    });

    test("another project's runs have no points, and a token is of use for its own export alone", async () => {
      const { project, experimentId, runIds } = data;
      const other = await server.project();
      expect(await pointsOf(other, { runIds })).toEqual([]);
      const [first] = await exported(project, { runIds });
      const refused = invalid(expect.stringContaining("'after'"));
      const after = first?.after;
      for (const request of [
        { runIds: runIds.slice(1), after },
        { runIds, metricKeys: ["acc"], after },
        { experimentIds: [experimentId], after },
      ])
        expect(await failure(exported(project, request))).toMatchObject(refused);
      expect(await failure(exported(other, { runIds, after }))).toMatchObject(refused);
    });

    test("what is wrong with a request is named", async () => {
      const { project, experimentId, runIds } = data;
      for (const [request, parameter] of [
        [{ runIds, experimentIds: [experimentId] }, "'run_ids'"],
        [{ runIds: Array.from({ length: 10_001 }, (_, i) => `${i}`) }, "'run_ids'"],
        [{ metricKeys: Array.from({ length: 1_001 }, (_, i) => `${i}`) }, "'metric_keys'"],
        [{ metricKeys: ["a\0"] }, "'metric_keys'"],
        [{ filter: "colour" }, "filter"],
      ] as const)
        expect(await failure(exported(project, request))).toMatchObject(
          invalid(expect.stringContaining(parameter)),
        );
    });
  },
);

describe("a file of metric histories", () => {
  const url = (query: Record<string, string>) =>
    `${data.project.uri}${route}?${new URLSearchParams({ experiment_id: data.experimentId, ...query })}`;
  const text = (points: readonly Point[]) =>
    points.map(({ run, key, step, timestamp, value }) => [run, key, `${step}`, `${timestamp}`, `${value}`]);

  test("CSV has a line for each point", async () => {
    const response = await fetch(url({}));
    expect(response.headers.get("content-disposition")).toBe('attachment; filename="histories-metrics.csv"');
    const table = readCsvTable(await response.text());
    expect(Object.keys(table[0] ?? {})).toEqual(["run_id", "key", "step", "timestamp", "value"]);
    expect(table.map((row) => Object.values(row))).toEqual(text(data.points));
  });

  test("NDJSON has an object for each point, with all digits", async () => {
    const body = await (await fetch(url({ format: "ndjson", metric_key: "acc" }))).text();
    const exact = (_: string, value: unknown, { source }: { source: string }) =>
      typeof value === "number" ? source : value;
    const lines = body.trimEnd().split("\n");
    expect(
      lines.map((line) => {
        const { run_id, key, step, timestamp, value } = JSON.parse(line, exact as (key: string) => unknown);
        return [run_id, key, step, timestamp, value];
      }),
    ).toEqual(text(data.points.filter(({ key }) => key === "acc")));
  });

  test("Parquet has a row for each point, in more than one group", async () => {
    const { rows, groups } = await readParquet(await (await fetch(url({ format: "parquet" }))).arrayBuffer());
    expect(groups.length).toBeGreaterThan(1);
    expect(rows).toEqual(
      data.points.map(({ run, key, step, timestamp, value }) => ({
        run_id: run,
        key,
        step,
        timestamp: new Date(Number(timestamp)),
        value,
      })),
    );
  });

  test("it goes on behind a run by its id", async () => {
    const after = data.runIds[3] ?? "";
    const table = readCsvTable(await (await fetch(url({ after }))).text());
    expect(table.map((row) => Object.values(row))).toEqual(
      text(data.points.filter(({ run }) => data.runIds.indexOf(run) > 3)),
    );
  });
});
