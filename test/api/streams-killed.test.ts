import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createClient } from "@connectrpc/connect";
import { createGrpcTransport } from "@connectrpc/connect-node";
import { afterAll, expect, test } from "vitest";
import { IngestService } from "../../gen/loggia/v1/ingest_pb.js";
import { WatchService } from "../../gen/loggia/v1/watch_pb.js";
import { MlflowService } from "../../gen/mlflow/service_pb.js";
import { type Served, serve } from "../support/process.ts";
import { Sender } from "../support/sender.ts";
import { failure } from "../support/server.ts";
import { until } from "../support/until.ts";
import { reader } from "../support/watching.ts";

const home = await mkdtemp(join(tmpdir(), "loggia-streams-"));
let served: Served | undefined;
afterAll(async () => {
  if (served?.child.exitCode === null && served.child.signalCode === null) await served.end("SIGTERM");
  await rm(home, { recursive: true, force: true });
});

const kills = 10;
const between = 40n;

test("ten kill -9 of the server amid a stream: every acknowledged point is there, none twice, and the last tag stays", async () => {
  served = await serve(home, "--data-dir", join(home, "data"));
  const { url } = served;
  const { port } = new URL(url);
  const transport = () => createGrpcTransport({ baseUrl: url });
  const runId =
    (await createClient(MlflowService, transport()).createRun({ experimentId: "0" })).run?.info?.runId ?? "";
  const sender = new Sender(() => createClient(IngestService, transport()));
  const running = sender.run();
  let sent = 0n;
  let isSending = true;
  const sending = (async () => {
    while (isSending) {
      if (sender.waiting < 50) {
        sent++;
        const steps = Array.from({ length: 20 }, (_, i) => sent * 20n + BigInt(i));
        sender.send(sent, [
          { runId, metrics: [{ key: "m", steps, timestamps: steps, values: steps.map(Number) }] },
          { runId, tags: [{ key: "at", value: String(sent) }] },
        ]);
      }
      await new Promise((resolve) => setImmediate(resolve));
    }
  })();
  for (let kill = 1; kill <= kills; kill++) {
    const enough = sender.acknowledged + between;
    await until(`${between} more are acknowledged`, () => sender.acknowledged >= enough);
    await served.end("SIGKILL");
    served = await serve(home, "--data-dir", join(home, "data"), "--port", port);
  }
  isSending = false;
  await sending;
  await until("everything is acknowledged", () => sender.waiting === 0);
  sender.end();
  await running;
  expect(sender.failures.length).toBeGreaterThanOrEqual(kills);

  const client = createClient(MlflowService, transport());
  const { metrics } = await client.getMetricHistory({ runId, metricKey: "m" });
  const steps = metrics.map(({ step }) => step).sort((a, b) => Number(a - b));
  expect(steps).toEqual(Array.from({ length: Number(sent) * 20 }, (_, i) => BigInt(i) + 20n));
  const { run } = await client.getRun({ runId });
  expect(run?.data?.tags.find(({ key }) => key === "at")?.value).toBe(String(sent));
}, 300_000);

test("at SIGTERM streams end as unavailable, once what they read is acknowledged, and go on where they were", async () => {
  const first = served ?? (await serve(home, "--data-dir", join(home, "data")));
  const { port } = new URL(first.url);
  const transport = () => createGrpcTransport({ baseUrl: first.url });
  const runId =
    (await createClient(MlflowService, transport()).createRun({ experimentId: "0" })).run?.info?.runId ?? "";
  const request = { runIds: [runId], pointKeys: ["m"] };
  const watch = reader(createClient(WatchService, transport()).watch(request));
  await watch.caughtUp();
  const sender = new Sender(() => createClient(IngestService, transport()));
  const running = sender.run();
  const send = (sequence: bigint) =>
    sender.send(sequence, [
      { runId, metrics: [{ key: "m", steps: [sequence], timestamps: [1n], values: [Number(sequence)] }] },
    ]);
  for (let n = 1n; n <= 50n; n++) send(n);
  await until("something is acknowledged", () => sender.acknowledged > 0n);
  const ended = first.end("SIGTERM");
  for (let n = 51n; n <= 100n; n++) send(n);
  expect(await failure(watch.until(() => false))).toMatchObject({
    errorCode: "TEMPORARILY_UNAVAILABLE",
    message: expect.stringContaining("stopping"),
  });
  expect(await ended).toBe(0);
  await until("the sender is told", () => sender.failures.length > 0);
  expect(sender.failures[0]).toMatchObject({ rawMessage: expect.stringContaining("stopping") });

  served = await serve(home, "--data-dir", join(home, "data"), "--port", port);
  await until("everything is acknowledged", () => sender.waiting === 0);
  sender.end();
  await running;
  const resumed = reader(
    createClient(WatchService, transport()).watch({ ...request, resumeToken: watch.token }),
  );
  const all = (id: string) =>
    new Set([...(watch.runs.get(id)?.points.m ?? []), ...(resumed.runs.get(id)?.points.m ?? [])]).size;
  await resumed.until(() => all(runId) === 100);
  await resumed.leave();
}, 120_000);
