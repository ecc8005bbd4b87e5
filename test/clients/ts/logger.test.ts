import { describe, expect, test } from "vitest";
import {
  createLoggia,
  LoggiaError,
  type NodeOptions,
  type Run,
  RunStatus,
} from "../../../clients/ts/src/node.ts";
import { testServer } from "../../support/server.ts";

const server = await testServer();

const client = async (options: NodeOptions = {}) =>
  createLoggia({ baseUrl: (await server.project()).uri, ...options });

type Client = Awaited<ReturnType<typeof client>>;

const history = async (loggia: Client, run: Run, key: string) =>
  (await loggia.mlflow.getMetricHistory({ runId: run.id, metricKey: key })).metrics;

const read = async (loggia: Client, run: Run) => {
  const { run: found } = await loggia.mlflow.getRun({ runId: run.id });
  const pairs = (list: readonly { key: string; value: string }[] = []) =>
    Object.fromEntries(list.map(({ key, value }) => [key, value]));
  return { info: found?.info, params: pairs(found?.data?.params), tags: pairs(found?.data?.tags) };
};

/** The ways in which a log reaches the server: one stream, or unary calls. */
const ways: [string, NodeOptions][] = [
  ["a stream of Connect", {}],
  ["a stream of gRPC", { protocol: "grpc" }],
  ["unary calls over HTTP/1.1", { httpVersion: "1.1" }],
  ["unary calls of gRPC-Web over HTTP/1.1", { httpVersion: "1.1", protocol: "grpc-web" }],
];

describe.each(ways)("by %s", (_, options) => {
  test("everything logged is there in its order, with the run's facts", async () => {
    const loggia = await client(options);
    const run = await loggia.startRun({
      experiment: "trials",
      name: "first",
      params: { rate: 0.1, layers: 3, big: 2n ** 60n, shuffle: true },
      tags: { stage: "trying" },
    });
    for (let step = 0; step < 12_345; step++) {
      run.metric("loss", 1 / (step + 1), step);
      if (step % 1000 === 0) run.tag("progress", step);
    }
    run.metric("odd", Number.NaN, -1, 5);
    run.metric("odd", Number.NEGATIVE_INFINITY, 2n ** 62n, new Date(7));
    run.metrics({ a: 1, b: 2 }, 4);
    const before = BigInt(Date.now());
    await run.end();

    const loss = await history(loggia, run, "loss");
    expect(loss.map(({ step }) => Number(step))).toEqual(Array.from({ length: 12_345 }, (_, step) => step));
    expect(loss[999]?.value).toBe(1 / 1000);
    expect(await history(loggia, run, "odd")).toMatchObject([
      { value: Number.NaN, step: -1n, timestamp: 5n },
      { value: Number.NEGATIVE_INFINITY, step: 2n ** 62n, timestamp: 7n },
    ]);
    expect(await history(loggia, run, "b")).toMatchObject([{ value: 2, step: 4n }]);
    const { info, params, tags } = await read(loggia, run);
    expect(info).toMatchObject({
      runName: "first",
      status: RunStatus.FINISHED,
      experimentId: run.experimentId,
    });
    expect(info?.endTime).toBeGreaterThanOrEqual(before);
    expect(params).toEqual({ rate: "0.1", layers: "3", big: String(2n ** 60n), shuffle: "true" });
    expect(tags).toMatchObject({ stage: "trying", progress: "12000", "mlflow.source.type": "LOCAL" });
    loggia.close();
  });

  test("what the server refuses is refused alone, and told", async () => {
    const refusals: unknown[] = [];
    const loggia = await client({
      ...options,
      logger: { onRefusal: ({ items, error }) => refusals.push([items.map(({ key }) => key), error.code]) },
    });
    const run = await loggia.startRun({ params: { rate: 1 } });
    await run.drain();
    for (let step = 0; step < 100; step++) run.metric(step % 50 === 25 ? "bad:name" : "good", step, step);
    run.param("rate", 2);
    run.param("other", 2);
    await run.end();
    expect(refusals).toEqual([
      [["bad:name"], "INVALID_PARAMETER_VALUE"],
      [["bad:name"], "INVALID_PARAMETER_VALUE"],
      [["rate"], "INVALID_PARAMETER_VALUE"],
    ]);
    expect(await history(loggia, run, "good")).toHaveLength(98);
    expect((await read(loggia, run)).params).toEqual({ rate: "1", other: "2" });
    loggia.close();
  });

  test("a run that is deleted refuses a batch at once, and not item by item", async () => {
    const refused: number[] = [];
    const loggia = await client({
      ...options,
      logger: { onRefusal: ({ items }) => refused.push(items.length) },
    });
    const run = await loggia.startRun();
    await loggia.mlflow.deleteRun({ runId: run.id });
    for (let step = 0; step < 500; step++) run.metric("late", step, step);
    await run.drain();
    expect(refused).toEqual([500]);
    await expect(run.end()).rejects.toMatchObject({ code: "INVALID_PARAMETER_VALUE" });
    loggia.close();
  });

  test("many runs log at once, each its own", async () => {
    const loggia = await client(options);
    const runs = await Promise.all(Array.from({ length: 20 }, () => loggia.startRun({ experiment: "many" })));
    for (let step = 0; step < 200; step++) for (const [n, run] of runs.entries()) run.metric("n", n, step);
    await Promise.all(runs.map((run) => run.end()));
    for (const [n, run] of runs.entries()) {
      const points = await history(loggia, run, "n");
      expect(points.map(({ value }) => value)).toEqual(Array(200).fill(n));
    }
    const { experiments } = await loggia.mlflow.searchExperiments({ maxResults: 10n });
    expect(experiments.map(({ name }) => name).sort()).toEqual(["Default", "many"]);
    loggia.close();
  });
});

describe("a run", () => {
  test("rejects its next drain with what was refused, once", async () => {
    const loggia = await client();
    const run = await loggia.startRun();
    run.metric("bad:name", 1);
    await expect(run.drain()).rejects.toThrow("bad:name");
    await run.drain();
    run.metric("bad:name", 1);
    await expect(run.end()).rejects.toMatchObject({ name: "LoggiaError", code: "INVALID_PARAMETER_VALUE" });
    expect((await read(loggia, run)).info?.status).toBe(RunStatus.FINISHED);
    loggia.close();
  });

  test("takes nothing that is no point, param or tag, and nothing after its end", async () => {
    const loggia = await client();
    const run = await loggia.startRun();
    expect(() => run.metric("", 1)).toThrow(TypeError);
    expect(() => run.metric("m", "1" as never)).toThrow("not a number");
    expect(() => run.metric("m", 1, 0.5)).toThrow(RangeError);
    expect(() => run.metric("m", 1, 0, -1)).toThrow(RangeError);
    expect(() => run.metric("m", 1, 0, new Date(Number.NaN))).toThrow(RangeError);
    expect(() => run.tag(undefined as never, "x")).toThrow(TypeError);
    await Promise.all([run.end(), run.end()]);
    expect(() => run.param("late", 1)).toThrow(expect.objectContaining({ code: "INVALID_STATE" }));
    loggia.close();
  });

  test("has children in its experiment, and goes on when it is started by its id", async () => {
    const loggia = await client();
    const parent = await loggia.startRun({ experiment: "families" });
    const child = await parent.startChild({ name: "child", params: { fold: 1 } });
    await child.end("FAILED");
    await parent.end();
    const { info, params, tags } = await read(loggia, child);
    expect(info).toMatchObject({ experimentId: parent.experimentId, status: RunStatus.FAILED });
    expect([tags["mlflow.parentRunId"], params]).toEqual([parent.id, { fold: "1" }]);

    const again = await loggia.startRun({ runId: parent.id, tags: { resumed: true } });
    await again.drain();
    expect((await read(loggia, parent)).info?.status).toBe(RunStatus.RUNNING);
    expect((await read(loggia, parent)).tags).toMatchObject({ resumed: "true" });
    expect(again.experimentId).toBe(parent.experimentId);
    await again.end("KILLED");
    expect((await read(loggia, parent)).info?.status).toBe(RunStatus.KILLED);
    loggia.close();
  });

  test("ends with its block: FAILED when withRun's work throws, FINISHED by await using", async () => {
    const loggia = await client();
    let failed: Run | undefined;
    const work = loggia.withRun({}, (run) => {
      failed = run;
      run.metric("m", 1);
      throw new Error("diverged");
    });
    await expect(work).rejects.toThrow("diverged");
    expect((await read(loggia, failed as Run)).info?.status).toBe(RunStatus.FAILED);
    expect(await loggia.withRun({}, async ({ id }) => id)).toMatch(/^[0-9a-f]{32}$/);
    let used: Run;
    {
      await using run = await loggia.startRun();
      run.metric("m", 1);
      used = run;
    }
    expect((await read(loggia, used)).info?.status).toBe(RunStatus.FINISHED);
    expect(await history(loggia, used, "m")).toHaveLength(1);
    loggia.close();
  });

  test("is in the experiment of the environment if it is told none", async () => {
    process.env.MLFLOW_EXPERIMENT_NAME = "from outside";
    try {
      const loggia = await client();
      const run = await loggia.startRun();
      await run.end();
      const { experiment } = await loggia.mlflow.getExperiment({ experimentId: run.experimentId });
      expect(experiment?.name).toBe("from outside");
      loggia.close();
    } finally {
      delete process.env.MLFLOW_EXPERIMENT_NAME;
    }
  });
});

describe("the buffer", () => {
  /** Logs without pause, so that nothing can be sent, until something stops it. */
  const fill = (run: Run, most: number) => {
    for (let step = 0; step < most; step++) run.metric("fast", step, step);
  };

  test("throws when it is full, and takes more when it has drained", async () => {
    const loggia = await client({ logger: { bufferBytes: 100_000 } });
    const run = await loggia.startRun();
    expect(() => fill(run, 10_000)).toThrow(expect.objectContaining({ code: "RESOURCE_LIMIT_EXCEEDED" }));
    await run.drain();
    const taken = (await history(loggia, run, "fast")).length;
    expect(taken).toBe(Math.floor(100_000 / (128 + 2 * "fast".length)));
    fill(run, 100);
    await run.end();
    loggia.close();
  });

  test("drops what is new and counts it, if told to", async () => {
    const loggia = await client({ logger: { bufferBytes: 100_000, whenFull: "drop" } });
    const run = await loggia.startRun();
    fill(run, 10_000);
    await run.end();
    const points = await history(loggia, run, "fast");
    expect(points.length + run.dropped).toBe(10_000);
    expect(points.map(({ step }) => Number(step))).toEqual(
      Array.from({ length: points.length }, (_, i) => i),
    );
    loggia.close();
  });

  test("never holds more than its limit for a loop that drains when it is told to", async () => {
    const loggia = await client({ logger: { bufferBytes: 200_000 } });
    const run = await loggia.startRun();
    let drains = 0;
    for (let step = 0; step < 20_000; step++)
      if (!run.metric("steady", step, step)) {
        drains++;
        await run.drain();
      }
    await run.end();
    expect(await history(loggia, run, "steady")).toHaveLength(20_000);
    expect(drains).toBeGreaterThan(10);
    loggia.close();
  });
});

test("errors of a call have MLflow's code, the status and what the server said", async () => {
  const loggia = await client();
  const error = await loggia.mlflow.getRun({ runId: "0".repeat(32) }).catch((reason: unknown) => reason);
  expect(error).toBeInstanceOf(LoggiaError);
  expect(error).toMatchObject({
    code: "RESOURCE_DOES_NOT_EXIST",
    message: `Run with id=${"0".repeat(32)} not found`,
    isTemporary: false,
  });
  loggia.close();
});
