import { connect, createServer } from "node:http2";
import type { AddressInfo } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { afterAll, describe, expect, test } from "vitest";
import { createLoggia, type NodeOptions } from "../../../clients/ts/src/node.ts";
import { faultyLink } from "../../support/faulty-link.ts";
import { testServer } from "../../support/server.ts";
import { until } from "../../support/until.ts";

const server = await testServer();
const link = await faultyLink(Number(new URL(server.url).port));
afterAll(() => link.close());

/** A client behind the link and one beside it, in a project of their own. */
async function clients(options: NodeOptions = {}) {
  const { id } = await server.project();
  const there = { baseUrl: `http://127.0.0.1:${link.port}`, project: id, ...options };
  return { loggia: createLoggia(there), aside: createLoggia({ baseUrl: server.url, project: id }) };
}

test("a run is started once though the answer is lost", async () => {
  const retries: string[] = [];
  const { loggia, aside } = await clients({
    httpVersion: "1.1",
    logger: { onRetry: ({ code }) => void retries.push(code) },
  });
  link.loseAnswerTo("MlflowService/createRun");
  const run = await loggia.startRun({ name: "once" });
  await run.end();
  expect(retries).toEqual(["TEMPORARILY_UNAVAILABLE"]);
  const { runs } = await aside.mlflow.searchRuns({ experimentIds: ["0"] });
  expect(runs.map(({ info }) => info?.runId)).toEqual([run.id]);
});

describe.each<[string, NodeOptions]>([
  ["a stream of Connect", {}],
  ["a stream of gRPC", { protocol: "grpc" }],
  ["unary calls", { httpVersion: "1.1" }],
])("by %s", (_, options) => {
  test("every point is there once, and the last tag counts, though the connection is cut again and again", async () => {
    const { loggia, aside } = await clients({ ...options, logger: { flushInterval: 1 } });
    const run = await loggia.startRun();
    let step = 0;
    for (let cut = 0; cut < 20; cut++) {
      for (let i = 0; i < 300; i++, step++) run.metric("m", step, step);
      run.tag("last", step);
      await sleep(Math.random() * 20); // some moment of the sending
      link.cut();
    }
    await run.end();
    const { metrics } = await aside.mlflow.getMetricHistory({ runId: run.id, metricKey: "m" });
    expect(metrics.map((point) => Number(point.step))).toEqual(Array.from({ length: step }, (_, i) => i));
    const { run: read } = await aside.mlflow.getRun({ runId: run.id });
    expect(read?.data?.tags.find(({ key }) => key === "last")?.value).toBe(String(step));
  });

  test("logging goes on while the server is away, and end says in time what is not acknowledged", async () => {
    const { loggia, aside } = await clients(options);
    const [kept, lost] = await Promise.all([loggia.startRun(), loggia.startRun()]);
    await link.refuse();
    for (let step = 0; step < 1_000; step++) for (const run of [kept, lost]) run.metric("m", step, step);
    await expect(lost.end("FINISHED", { timeout: 300 })).rejects.toMatchObject({
      code: "TEMPORARILY_UNAVAILABLE",
      isTemporary: true,
      message: expect.stringContaining(`1000 items of run ${lost.id} have not been acknowledged`),
    });
    kept.metric("m", 1_000, 1_000);
    await link.heal();
    await kept.end();
    const points = async (runId: string) =>
      (await aside.mlflow.getMetricHistory({ runId, metricKey: "m" })).metrics.length;
    expect([await points(kept.id), await points(lost.id)]).toEqual([1_001, 0]);
  });
});

test("where a proxy understands no streams, everything goes by unary calls", async () => {
  const { id } = await server.project();
  let refused = 0;
  const proxy = createServer();
  const upstream = connect(server.url);
  proxy.on("stream", (stream, headers) => {
    if (headers["content-type"] === "application/connect+proto") {
      refused++;
      stream.respond({ ":status": 505 }, { endStream: true });
      return;
    }
    const onward = upstream.request({ ...headers, ":authority": new URL(server.url).host });
    onward.on("response", (answer) => void stream.respond(answer));
    stream.pipe(onward).pipe(stream);
  });
  await new Promise<void>((resolve) => void proxy.listen(0, "127.0.0.1", resolve));
  const { port } = proxy.address() as AddressInfo;
  const loggia = createLoggia({ baseUrl: `http://127.0.0.1:${port}`, project: id });
  const run = await loggia.startRun({ params: { rate: 1 } });
  for (let step = 0; step < 10_000; step++) run.metric("m", step, step);
  await run.end();
  const { metrics } = await loggia.mlflow.getMetricHistory({ runId: run.id, metricKey: "m" });
  expect([metrics.length, refused]).toEqual([10_000, 1]);
  loggia.close();
  upstream.close();
  proxy.close();
});

test("a full buffer takes about the memory that it says", async () => {
  setFlagsFromString("--expose-gc");
  const collect = runInNewContext("gc") as () => void;
  const bufferBytes = 32 * 2 ** 20;
  const { loggia } = await clients({ logger: { bufferBytes, whenFull: "drop" } });
  const run = await loggia.startRun();
  await link.refuse();
  collect();
  const before = process.memoryUsage().heapUsed;
  for (let step = 0; run.dropped === 0; step++) run.metric("a metric of some name", step + 0.5, step);
  collect();
  const taken = process.memoryUsage().heapUsed - before;
  await run.end("FAILED", { timeout: 1 }).catch(() => {});
  await link.heal();
  expect(taken).toBeGreaterThan(bufferBytes / 4);
  expect(taken).toBeLessThan(bufferBytes);
});

test("a full buffer is sent when the server is back", async () => {
  const { loggia, aside } = await clients({ logger: { bufferBytes: 2 ** 20, whenFull: "drop" } });
  const run = await loggia.startRun();
  await link.refuse();
  for (let step = 0; run.dropped === 0; step++) run.metric("m", step, step);
  await link.heal();
  await until("there is room", () => run.metric("m", -1, -1));
  await run.end();
  const { metrics } = await aside.mlflow.getMetricHistory({ runId: run.id, metricKey: "m" });
  expect(metrics.length).toBeGreaterThan(5_000);
  expect(metrics[0]?.step).toBe(-1n);
});
