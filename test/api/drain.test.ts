import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { type ClientRequest, get, type IncomingMessage, request } from "node:http";
import http2 from "node:http2";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { buffer, json, text } from "node:stream/consumers";
import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import { sql } from "kysely";
import { afterAll, expect, inject, test } from "vitest";
import { GetExperiment_ResponseSchema, GetExperimentSchema } from "../../gen/mlflow/service_pb.js";
import { createProject, defaultProjectPath } from "../../src/store/projects.ts";
import { testDatabase } from "../support/database.ts";
import { type Served, serve } from "../support/process.ts";
import { until } from "../support/until.ts";

const { db, name } = await testDatabase();
await createProject(db, defaultProjectPath);
const { host, user } = inject("cluster");
const home = await mkdtemp(join(tmpdir(), "loggia-drain-"));
const running: Served[] = [];
afterAll(async () => {
  for (const { child, end } of running) if (child.exitCode === null) await end("SIGKILL");
  await rm(home, { recursive: true, force: true });
});

async function serveHere(...args: string[]): Promise<Served> {
  const database = `postgres:///${name}?host=${encodeURIComponent(host)}&user=${user}`;
  const served = await serve(home, "--database-url", database, "--artifacts", join(home, "files"), ...args);
  running.push(served);
  return served;
}

const points = 300_000;

/** A run with a history whose JSON no socket's buffers hold. */
async function runWithHistory(url: string): Promise<string> {
  const response = await fetch(`${url}/api/2.0/mlflow/runs/create`, {
    method: "POST",
    body: JSON.stringify({ experiment_id: "0" }),
  });
  const { run } = (await response.json()) as { run: { info: { run_id: string } } };
  await sql`
    insert into metrics (project_id, run_key, key, step, "timestamp", value)
    select project_id, run_key, 'long', n, n, n
    from runs, generate_series(1, ${points}) n
    where run_id = ${run.info.run_id}::uuid`.execute(db);
  return run.info.run_id;
}

/** An upload of which `sent` has been sent, of `size` bytes. */
function beginUpload(url: string, path: string, sent: Buffer, size: number): ClientRequest {
  const upload = request(`${url}/api/2.0/mlflow-artifacts/artifacts/${path}`, {
    method: "PUT",
    headers: { "content-length": size },
    agent: false,
  });
  upload.on("error", () => {});
  upload.write(sent);
  return upload;
}

/** What is answered to a request. To be asked for before it can have been answered. */
async function answerTo(outgoing: ClientRequest): Promise<IncomingMessage> {
  const [incoming] = await once(outgoing, "response");
  return incoming;
}

const getDefault = toBinary(GetExperimentSchema, create(GetExperimentSchema, { experimentId: "0" }));

/** Bytes of a message as gRPC frames them. */
function framed(message: Uint8Array): Buffer {
  const head = Buffer.alloc(5);
  head.writeUInt32BE(message.length, 1);
  return Buffer.concat([head, message]);
}

const rpc = "/mlflow.MlflowService/getExperiment";

test("at SIGTERM it is first not ready, then takes no connections, and all that has begun ends well: upload, history, REST, Connect, gRPC", async () => {
  const { url, child, end } = await serveHere("--drain-delay", "1s");
  const runId = await runWithHistory(url);

  const bytes = Buffer.alloc(2_000_000, "bytes");
  const upload = beginUpload(url, "late", bytes.subarray(0, 1_000_000), bytes.length);
  const [history]: IncomingMessage[] = await once(
    get(`${url}/api/2.0/mlflow/metrics/get-history?run_id=${runId}&metric_key=long`, { agent: false }),
    "response",
  );
  history?.pause();
  const body = JSON.stringify({ name: "late" });
  const rest = request(`${url}/api/2.0/mlflow/experiments/create`, {
    method: "POST",
    headers: { "content-length": body.length },
    agent: false,
  });
  rest.write(body.slice(0, 5));
  const connect = request(`${url}${rpc}`, {
    method: "POST",
    headers: { "content-type": "application/proto", "content-length": getDefault.length },
    agent: false,
  });
  connect.write(getDefault.subarray(0, 1));
  const session = http2.connect(url);
  const grpc = session.request({
    ":method": "POST",
    ":path": rpc,
    "content-type": "application/grpc",
    te: "trailers",
  });
  grpc.write(framed(getDefault).subarray(0, 6));
  const called = Promise.all([buffer(grpc), once(grpc, "trailers")]);
  // A connection is read in the order in which its bytes arrive; when this is answered, so much of the others is there.
  expect((await fetch(`${url}/livez`)).status).toBe(200);

  const code = end("SIGTERM");
  await until("it is not ready", async () => (await fetch(`${url}/readyz`)).status === 503);
  await until("it takes no new connections", () =>
    fetch(`${url}/livez`).then(
      () => false,
      () => true,
    ),
  );
  expect(child.exitCode).toBe(null);

  const answers = [upload, rest, connect].map(answerTo);
  upload.end(bytes.subarray(1_000_000));
  rest.end(body.slice(5));
  connect.end(getDefault.subarray(1));
  grpc.end(framed(getDefault).subarray(6));
  const [uploaded, created, connected] = await Promise.all(answers);
  if (created === undefined || connected === undefined) throw new Error("unreachable");
  expect(uploaded?.statusCode).toBe(200);
  expect([created.statusCode, await json(created)]).toEqual([200, { experiment_id: expect.any(String) }]);
  const experiment = (message: Uint8Array) =>
    fromBinary(GetExperiment_ResponseSchema, message).experiment?.name;
  expect([connected.statusCode, experiment(await buffer(connected))]).toEqual([200, "Default"]);
  const [message, [trailers]] = await called;
  expect(experiment(message.subarray(5))).toBe("Default");
  expect(trailers).toMatchObject({ "grpc-status": "0" });
  if (history === undefined) throw new Error("no history");
  const { metrics } = JSON.parse(await text(history));
  expect(metrics.length).toBe(points);
  session.close();
  expect(await code).toBe(0);

  const stored = await db.selectFrom("artifacts").select("size").where("path", "=", "late").execute();
  expect(stored).toEqual([{ size: BigInt(bytes.length) }]);
}, 120_000);

test("what hangs is cut at the drain timeout, and leaves nothing", async () => {
  const { url, end } = await serveHere("--drain-timeout", "1s");
  beginUpload(url, "hanging", Buffer.alloc(100_000), 200_000);
  await until("the upload has begun", async () => {
    const rows = await db.selectFrom("artifact_garbage").selectAll().execute();
    return rows.length === 1;
  });
  const began = performance.now();
  expect(await end("SIGTERM")).toBe(0);
  expect(performance.now() - began).toBeLessThan(10_000);
  expect(await db.selectFrom("artifacts").selectAll().where("path", "=", "hanging").execute()).toEqual([]);
});

test("a second signal ends it at once", async () => {
  const { url, child, end } = await serveHere();
  beginUpload(url, "hanging", Buffer.alloc(100_000), 200_000);
  expect((await fetch(`${url}/livez`)).status).toBe(200);
  const code = end("SIGTERM");
  await until("it takes no new connections", () =>
    fetch(`${url}/livez`).then(
      () => false,
      () => true,
    ),
  );
  const again = setInterval(() => child.kill("SIGTERM"), 100);
  expect(await code).toBe(143);
  clearInterval(again);
});
