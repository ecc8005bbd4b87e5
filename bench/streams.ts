/**
 * Points durably acknowledged over streams, beside log_batch over REST and beside Postgres with the same statement over one
 * connection; how long a watch takes to tell; and unary calls of the three protocols. Sender and server share the machine,
 * and the sender is this process, in TypeScript: it takes processor time that a client on another machine would not.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";
import { createClient } from "@connectrpc/connect";
import { createConnectTransport, createGrpcTransport } from "@connectrpc/connect-node";
import { IngestService } from "../gen/loggia/v1/ingest_pb.js";
import { MlflowService } from "../gen/mlflow/service_pb.js";
import { type Database, openDatabase } from "../src/store/database.ts";
import { batchStatement } from "../src/store/log-batch.ts";
import { hintLogged, watchHints } from "../src/store/run-hints.ts";
import type { Postgres } from "./postgres.ts";
import { cpuMilliseconds, residentMiB } from "./processes.ts";
import type { Running } from "./systems.ts";
import { number, table } from "./table.ts";

/** Milliseconds between two writes that are watched. */
const pause = 500;
const writes = 20;

/** @param database of the server. @returns a table */
export async function measureStreams(
  { url, pid }: Running,
  postgres: Postgres,
  { database, seconds }: { database: string; seconds: number },
): Promise<string> {
  const { db, close } = openDatabase({
    connection: { host: postgres.host, user: postgres.user, database },
    poolSize: 1,
    namedStatements: true,
    statementTimeout: 60_000,
    projects: "all",
  });
  const lines: string[][] = [];
  const tell = (title: string, ...cells: string[]) => {
    lines.push([title, ...cells]);
    console.error(`streams ${lines.at(-1)?.join("  ")}`);
  };
  try {
    let raw = 0;
    for (const [title, work] of [
      ["raw Postgres, one connection, 1,000 points a statement", statements(db, url, 1_000)],
      ["raw Postgres, one connection, 4,000 points a statement", statements(db, url, 4_000)],
      ["Ingest, one stream, 1,000 points a request", streams(url, 1)],
      ["Ingest, eight streams", streams(url, 8)],
      ["log_batch over REST, one client, 1,000 points a request", batches(url, 1)],
      ["log_batch over REST, four clients", batches(url, 4)],
    ] as const) {
      const cpu = cpuMilliseconds(pid);
      const { rate, points } = await rateOf(work, seconds);
      const isRaw = title.startsWith("raw");
      if (isRaw) raw = Math.max(raw, rate);
      const own = ((cpuMilliseconds(pid) - cpu) * 1_000) / points;
      tell(
        title,
        `${number(rate)} points/s`,
        isRaw ? "" : `${number(rate / raw)} of raw`,
        isRaw ? "" : `${number(own)} µs CPU a point`,
      );
    }
    for (const watchers of [1, 500]) {
      const { delays, cpu } = await watch(url, pid, watchers);
      tell(
        `from write to watcher, ${watchers === 1 ? "one" : watchers}`,
        ...percentiles(delays),
        `${number(cpu / delays.length)} ms CPU a message`,
      );
    }
    for (const [title, call] of await unary(url))
      tell(`get_run over ${title}, one caller`, ...percentiles(await timesOf(call)), "");
    tell("resident memory after all of these", `${number(residentMiB(pid))} MiB`, "", "");
    tell("a hint after a write that nobody watches", `${number(hintCost(db))} ns`, "", "");
  } finally {
    await close();
  }
  return table(["streams", "", "", "server"], lines);
}

const percentiles = (times: number[]): [string, string] => {
  times.sort((a, b) => a - b);
  const at = (share: number) => number(times[Math.floor(times.length * share)] ?? Number.NaN);
  return [`p50 ${at(0.5)} ms`, `p99 ${at(0.99)} ms`];
};

/** Logs points until `over`, and says of how many it is sure. */
type Work = (done: (points: number) => void, over: () => boolean) => Promise<void>;

/** Points a second in `seconds` that begin after a third of them, and all points that were logged. */
async function rateOf(work: Work, seconds: number): Promise<{ rate: number; points: number }> {
  let [count, points] = [0, 0];
  const from = performance.now() + (seconds * 1_000) / 3;
  const until = from + seconds * 1_000;
  await work(
    (done) => {
      const now = performance.now();
      points += done;
      if (now >= from && now < until) count += done;
    },
    () => performance.now() >= until,
  );
  return { rate: count / seconds, points };
}

const grpc = (baseUrl: string) => createGrpcTransport({ baseUrl });
const mlflow = (url: string) => createClient(MlflowService, grpc(url));
const newRun = async (url: string) =>
  (await mlflow(url).createRun({ experimentId: "0" })).run?.info?.runId ?? "";

let step = 0n;
const nextPoints = (count: number) => {
  const steps = Array.from({ length: count }, () => ++step);
  return { steps, timestamps: steps, values: steps.map(Number) };
};

const streams =
  (url: string, count: number): Work =>
  (done, over) =>
    inParallel(count, async () => {
      const runId = await newRun(url);
      async function* requests() {
        for (let sequence = 1n; !over(); sequence++)
          yield { sequence, writes: [{ runId, metrics: [{ key: "m", ...nextPoints(1_000) }] }] };
      }
      let before = 0n;
      for await (const { durableSequence } of createClient(IngestService, grpc(url)).ingest(requests())) {
        done(Number(durableSequence - before) * 1_000);
        before = durableSequence;
      }
    });

const statements =
  (db: Database, url: string, size: number): Work =>
  async (done, over) => {
    const runId = await newRun(url);
    const { project_id: project } = await db
      .selectFrom("runs")
      .select("project_id")
      .where("run_id", "=", runId)
      .executeTakeFirstOrThrow();
    while (!over()) {
      const metrics = nextPoints(size).steps.map((one) => ({
        key: "m",
        value: Number(one),
        timestamp: one,
        step: one,
      }));
      await batchStatement([{ project, runId, metrics, params: [], tags: [] }]).execute(db);
      done(size);
    }
  };

const batches =
  (url: string, clients: number): Work =>
  (done, over) =>
    inParallel(clients, async () => {
      const runId = await newRun(url);
      while (!over()) {
        const metrics = nextPoints(1_000)
          .steps.map(Number)
          .map((n) => ({ key: "m", value: n, timestamp: n, step: n }));
        const response = await fetch(`${url}/api/2.0/mlflow/runs/log-batch`, {
          method: "POST",
          body: JSON.stringify({ run_id: runId, metrics }),
        });
        await response.text();
        if (!response.ok) throw new Error(`log-batch: ${response.status}`);
        done(1_000);
      }
    });

const inParallel = async (count: number, work: () => Promise<void>) => {
  await Promise.all(Array.from({ length: count }, work));
};

/** Milliseconds from the call of a write to each watcher, and of the server's processor time meanwhile. */
async function watch(url: string, pid: number, watchers: number): Promise<{ delays: number[]; cpu: number }> {
  const runId = await newRun(url);
  const program = join(import.meta.dirname, "watchers.ts");
  const child = spawn(process.execPath, [program, url, runId, String(watchers)], {
    stdio: ["pipe", "pipe", "inherit"],
  });
  const exit = once(child, "exit");
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  if ((await lines.next()).value !== "ready") throw new Error("the watchers could not begin");
  const client = mlflow(url);
  const cpu = cpuMilliseconds(pid);
  for (let n = 1; n <= writes; n++) {
    const value = performance.timeOrigin + performance.now();
    await client.logMetric({ runId, key: "m", value, timestamp: 1n, step: BigInt(n) });
    await sleep(pause);
  }
  await sleep(2 * pause);
  const used = cpuMilliseconds(pid) - cpu;
  child.stdin.end();
  const delays = JSON.parse((await lines.next()).value ?? "[]") as number[];
  await exit;
  if (delays.length < watchers * writes)
    throw new Error(`of ${watchers * writes} values ${delays.length} were told`);
  return { delays, cpu: used };
}

async function unary(url: string) {
  const runId = await newRun(url);
  const overConnect = createClient(
    MlflowService,
    createConnectTransport({ baseUrl: url, httpVersion: "1.1" }),
  );
  const overGrpc = mlflow(url);
  const overRest = async () =>
    (await fetch(`${url}/api/2.0/mlflow/runs/get?run_id=${runId}`)).json() as Promise<unknown>;
  return [
    ["REST", overRest],
    ["Connect", () => overConnect.getRun({ runId })],
    ["gRPC", () => overGrpc.getRun({ runId })],
  ] as const;
}

async function timesOf(call: () => Promise<unknown>): Promise<number[]> {
  const times: number[] = [];
  for (let i = 0; i < 400; i++) {
    const began = performance.now();
    await call();
    if (i >= 100) times.push(performance.now() - began);
  }
  return times;
}

/** Nanoseconds that a writer takes to see that nobody watches, once somebody has watched. */
function hintCost(db: Database): number {
  watchHints(db, 1n, () => {})();
  const batch = [{ project: 1n, runId: "", metrics: [] }];
  const calls = 1_000_000;
  const began = performance.now();
  for (let i = 0; i < calls; i++) hintLogged(db, batch);
  return ((performance.now() - began) * 1e6) / calls;
}
