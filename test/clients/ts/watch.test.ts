import { afterAll, describe, expect, test } from "vitest";
import { createLoggia, type NodeOptions, type RunChange, RunStatus } from "../../../clients/ts/src/node.ts";
import { faultyLink } from "../../support/faulty-link.ts";
import { testServer } from "../../support/server.ts";

const server = await testServer();
const link = await faultyLink(Number(new URL(server.url).port));
afterAll(() => link.close());

const ways: [string, NodeOptions][] = [
  ["Connect", {}],
  ["Connect over HTTP/1.1", { httpVersion: "1.1" }],
  ["gRPC", { protocol: "grpc" }],
  ["gRPC-Web", { protocol: "grpc-web" }],
];

const stepsOf = ({ points }: RunChange) => points.flatMap(({ steps }) => steps.map(Number));

describe.each(ways)("over %s", (_, options) => {
  test("a run is told as it is, and then as it goes on, until the loop is left", async () => {
    const { uri } = await server.project();
    const loggia = createLoggia({ baseUrl: uri, ...options, logger: { flushInterval: 1 } });
    const run = await loggia.startRun({ name: "watched", params: { rate: 1 } });
    run.metric("loss", 0.5, 1);
    await run.drain();
    const watch = loggia.watch({ runIds: [run.id], pointKeys: ["loss"] });
    const steps = new Set<number>();
    const told: RunChange[] = [];
    for await (const change of watch) {
      told.push(change);
      for (const step of stepsOf(change)) steps.add(step);
      if (change.info?.status === RunStatus.FINISHED) break;
      if (steps.size === 1) run.metric("loss", 0.25, 2);
      if (steps.size === 2) await run.end();
    }
    expect(told[0]).toMatchObject({ runId: run.id, info: { runName: "watched" }, params: [{ key: "rate" }] });
    expect([...steps]).toEqual([1, 2]);
    loggia.close();
  });

  test("a watch is resumed where it was, however often the connection is cut", async () => {
    const { id } = await server.project();
    const aside = createLoggia({ baseUrl: server.url, project: id, logger: { flushInterval: 1 } });
    const behind = createLoggia({ baseUrl: `http://127.0.0.1:${link.port}`, project: id, ...options });
    const run = await aside.startRun();
    let interruptions = 0;
    const watch = behind.watch({
      experimentId: run.experimentId,
      pointKeys: ["m"],
      onRetry: () => void interruptions++,
    });
    const steps = new Set<number>();
    let step = 0;
    run.metric("m", step, step);
    for await (const change of watch) {
      for (const told of stepsOf(change)) steps.add(told);
      if (steps.size <= step) continue;
      if (step === 30) break;
      if (step % 10 === 5) link.cut();
      run.metric("m", ++step, step);
    }
    expect([...steps].sort((a, b) => a - b)).toEqual(Array.from({ length: 31 }, (_, i) => i));
    expect(interruptions).toBeGreaterThanOrEqual(3);
    expect(watch.isCaughtUp).toBe(true);
    await run.end();
    aside.close();
    behind.close();
  });
});

test("a watch goes on from the token of another one, and tells nothing anew", async () => {
  const loggia = createLoggia({ baseUrl: (await server.project()).uri, logger: { flushInterval: 1 } });
  const run = await loggia.startRun();
  run.metric("m", 1, 1);
  await run.drain();
  const first = loggia.watch({ runIds: [run.id], pointKeys: ["m"] });
  run.metric("m", 2, 2);
  for await (const change of first)
    if (first.resumeToken !== "" && stepsOf(change).includes(3)) break;
    else if (stepsOf(change).includes(2)) run.metric("m", 3, 3);
  await run.drain();
  run.metric("m", 4, 4);
  const told: number[] = [];
  for await (const change of loggia.watch({
    runIds: [run.id],
    pointKeys: ["m"],
    resumeToken: first.resumeToken,
  })) {
    told.push(...stepsOf(change));
    if (told.includes(4)) break;
  }
  expect(told).not.toContain(1);
  expect(told).toContain(4);
  await run.end();
  loggia.close();
});

test("a watch ends without an error when its signal is aborted, and with one when its run is not there", async () => {
  const loggia = createLoggia({ baseUrl: (await server.project()).uri });
  const end = new AbortController();
  const run = await loggia.startRun();
  let changes = 0;
  for await (const _ of loggia.watch({ runIds: [run.id], signal: end.signal })) {
    changes++;
    end.abort();
  }
  expect(changes).toBeGreaterThan(0);
  const absent = loggia.watch({ runIds: ["0".repeat(32)] })[Symbol.asyncIterator]();
  await expect(absent.next()).rejects.toMatchObject({ code: "RESOURCE_DOES_NOT_EXIST" });
  await run.end();
  loggia.close();
});
