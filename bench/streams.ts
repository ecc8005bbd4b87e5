/**
 * `scripts/run bench/streams.ts`: points durably acknowledged over streams, beside log_batch over REST and beside Postgres
 * with the same statement; and how long a watch takes to tell. One Loggia with its embedded Postgres, fsync on. Sender,
 * reader and server share the machine, and the sender is this process, in TypeScript: it takes processor time that a client
 * on another machine would not.
 */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createClient } from "@connectrpc/connect";
import { createConnectTransport, createGrpcTransport } from "@connectrpc/connect-node";
import { IngestService } from "../gen/loggia/v1/ingest_pb.js";
import { WatchService } from "../gen/loggia/v1/watch_pb.js";
import { MlflowService } from "../gen/mlflow/service_pb.js";
import { openDatabase } from "../src/store/database.ts";
import { startEmbedded } from "../src/store/embedded.ts";
import { batchStatement } from "../src/store/log-batch.ts";
import { migrateToLatest } from "../src/store/migrate.ts";
import { createProject, defaultProjectPath } from "../src/store/projects.ts";
import { start, systems } from "./systems.ts";

const seconds = Number(process.argv[2] ?? 5);
const home = await mkdtemp(join(tmpdir(), "loggia-bench-streams-"));
const embedded = await startEmbedded({ dataDir: join(home, "postgres") });
const { connection } = embedded;
const { db, owner, close } = openDatabase({
  connection,
  poolSize: 2,
  namedStatements: true,
  statementTimeout: 60_000,
  projects: "all",
});
await migrateToLatest(owner);
await createProject(db, defaultProjectPath).catch(() => {});
const system = systems.find(({ name }) => name === "loggia");
if (system === undefined) throw new Error("unreachable");
const database = `postgres:///${connection.database}?host=${encodeURIComponent(connection.host)}&user=${connection.user}`;
const loggia = await start(system, { database, files: join(home, "files") });
const grpc = () => createGrpcTransport({ baseUrl: loggia.url });

const newRun = async () =>
  (await createClient(MlflowService, grpc()).createRun({ experimentId: "0" })).run?.info?.runId ?? "";
let step = 0n;
const points = (count: number) => {
  const steps = Array.from({ length: count }, () => ++step);
  return { steps, timestamps: steps, values: steps.map(Number) };
};

/** Points a second that `work` reports done, in `seconds` after a second. */
async function rate(
  label: string,
  work: (done: (points: number) => void, over: () => boolean) => Promise<void>,
) {
  let count = 0;
  let from = Number.POSITIVE_INFINITY;
  let until = Number.POSITIVE_INFINITY;
  const began = performance.now();
  from = began + 1_000;
  until = from + seconds * 1_000;
  await work(
    (done) => {
      const now = performance.now();
      if (now >= from && now < until) count += done;
    },
    () => performance.now() >= until,
  );
  console.log(
    `${label.padEnd(52)} ${Math.round(count / seconds)
      .toLocaleString("en")
      .padStart(9)} points/s`,
  );
}

const ingest = (count: number) =>
  rate(`Ingest, ${count} stream${count > 1 ? "s" : ""}, 1,000 points a request`, async (done, over) => {
    await Promise.all(
      Array.from({ length: count }, async () => {
        const runId = await newRun();
        async function* requests() {
          for (let sequence = 1n; !over(); sequence++)
            yield { sequence, writes: [{ runId, metrics: [{ key: "m", ...points(1_000) }] }] };
        }
        let before = 0n;
        for await (const { durableSequence } of createClient(IngestService, grpc()).ingest(requests())) {
          done(Number(durableSequence - before) * 1_000);
          before = durableSequence;
        }
      }),
    );
  });

async function raw(size: number) {
  const runId = await newRun();
  const { rows } = await import("kysely").then(({ sql }) =>
    sql<{ project_id: bigint }>`select project_id from runs where run_id = ${runId}::uuid`.execute(db),
  );
  const project = rows[0]?.project_id ?? 0n;
  await rate(
    `Postgres alone, one connection, ${size.toLocaleString("en")} points a statement`,
    async (done, over) => {
      while (!over()) {
        const { steps } = points(size);
        const metrics = steps.map((one) => ({ key: "m", value: Number(one), timestamp: one, step: one }));
        await batchStatement([{ project, runId, metrics, params: [], tags: [] }]).execute(db);
        done(size);
      }
    },
  );
}

const logBatch = (clients: number) =>
  rate(
    `log_batch over REST, ${clients} client${clients > 1 ? "s" : ""}, 1,000 points a request`,
    async (done, over) => {
      await Promise.all(
        Array.from({ length: clients }, async () => {
          const runId = await newRun();
          while (!over()) {
            const metrics = points(1_000).steps.map((one) => ({
              ...{ key: "m", value: Number(one), timestamp: Number(one), step: Number(one) },
            }));
            const response = await fetch(`${loggia.url}/api/2.0/mlflow/runs/log-batch`, {
              method: "POST",
              body: JSON.stringify({ run_id: runId, metrics }),
            });
            await response.text();
            if (!response.ok) throw new Error(`log-batch: ${response.status}`);
            done(1_000);
          }
        }),
      );
    },
  );

/** Milliseconds from the answer of a write to each watcher's answer. */
async function latency(watchers: number) {
  const runId = await newRun();
  const written = new Map<number, number>();
  const all: number[] = [];
  const leaving = new AbortController();
  const ready: Promise<void>[] = [];
  const clients = Array.from({ length: Math.ceil(watchers / 100) }, () => createClient(WatchService, grpc()));
  for (let i = 0; i < watchers; i++) {
    const { promise, resolve } = Promise.withResolvers<void>();
    ready.push(promise);
    const client = clients[Math.floor(i / 100)];
    void (async () => {
      const stream = client?.watch({ runIds: [runId], onlyChanges: true }, { signal: leaving.signal }) ?? [];
      let follows = 0;
      for await (const { changes, caughtUp } of stream) {
        if (caughtUp && ++follows === 2) resolve();
        for (const { latestMetrics } of changes)
          for (const { value } of latestMetrics) {
            const at = written.get(value);
            if (at !== undefined) all.push(performance.now() - at);
          }
      }
    })().catch(() => {});
  }
  await Promise.all(ready);
  const client = createClient(MlflowService, grpc());
  for (let n = 1; n <= 40; n++) {
    written.set(n, performance.now());
    await client.logMetric({ runId, key: "m", value: n, timestamp: 1n, step: BigInt(n) });
    await new Promise((resolve) => setTimeout(resolve, 150));
  }
  await new Promise((resolve) => setTimeout(resolve, 1_000));
  leaving.abort();
  all.sort((a, b) => a - b);
  const at = (share: number) => (all[Math.floor(all.length * share)] ?? Number.NaN).toFixed(1);
  console.log(
    `Watch, ${watchers} watchers of a run: from write to watcher ms, p50 ${at(0.5)}, p99 ${at(0.99)} (${all.length})`,
  );
}

async function unary() {
  const runId = await newRun();
  const rest = async () => {
    const response = await fetch(`${loggia.url}/api/2.0/mlflow/runs/get?run_id=${runId}`);
    await response.json();
  };
  const connect = createClient(
    MlflowService,
    createConnectTransport({ baseUrl: loggia.url, httpVersion: "1.1" }),
  );
  const overGrpc = createClient(MlflowService, grpc());
  for (const [name, call] of [
    ["REST", rest],
    ["Connect", () => connect.getRun({ runId })],
    ["gRPC", () => overGrpc.getRun({ runId })],
  ] as const) {
    const times: number[] = [];
    for (let i = 0; i < 300; i++) {
      const began = performance.now();
      await call();
      if (i >= 100) times.push(performance.now() - began);
    }
    times.sort((a, b) => a - b);
    console.log(`get_run over ${name}, one caller, p50 ${(times[100] ?? 0).toFixed(2)} ms`);
  }
}

try {
  await raw(1_000);
  await raw(4_000);
  await ingest(1);
  await ingest(8);
  await logBatch(1);
  await logBatch(4);
  await latency(1);
  await latency(500);
  await unary();
} finally {
  await loggia.stop();
  await close();
  await embedded.stop();
  await rm(home, { recursive: true, force: true });
}
