import { mkdtemp, readFile, rm } from "node:fs/promises";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Client, Code, ConnectError, createClient } from "@connectrpc/connect";
import { createConnectTransport, createGrpcTransport } from "@connectrpc/connect-node";
import { sql } from "kysely";
import { afterAll, beforeEach, describe, expect, inject, test } from "vitest";
import { MlflowService } from "../../gen/mlflow/service_pb.js";
import { localArtifacts } from "../../src/artifacts/local.ts";
import { createServer } from "../../src/server.ts";
import { type OpenDatabase, openDatabase } from "../../src/store/database.ts";
import { startEmbedded } from "../../src/store/embedded.ts";
import { migrateToLatest } from "../../src/store/migrate.ts";
import { createProject, defaultProjectPath } from "../../src/store/projects.ts";
import { testDatabase } from "../support/database.ts";
import { faultyLink } from "../support/faulty-link.ts";
import { until } from "../support/until.ts";

const { db, owner: direct, name: database } = await testDatabase();
await createProject(direct, defaultProjectPath);

const { host, user } = inject("cluster");
const link = await faultyLink(join(host, ".s.PGSQL.5432"));
const poolSize = 4;
const root = await mkdtemp(join(tmpdir(), "loggia-outage-"));
const stops: (() => Promise<unknown>)[] = [];
afterAll(async () => {
  for (const stop of stops.reverse()) await stop();
  await link.close();
  await rm(root, { recursive: true, force: true });
});

/** A server whose database is what `opened` opened. */
async function serverOn(opened: OpenDatabase): Promise<string> {
  const { db, ping } = opened;
  const app = await createServer({ db, ping, artifacts: localArtifacts(root) });
  await app.listen({ host: "127.0.0.1", port: 0 });
  stops.push(opened.close, () => app.close());
  return `http://127.0.0.1:${(app.server.address() as AddressInfo).port}`;
}

const throughLink = (statementTimeout: number) =>
  openDatabase({
    connection: { connectionString: `postgres://${user}@127.0.0.1:${link.port}/${database}` },
    poolSize,
    namedStatements: true,
    statementTimeout,
  });

const url = await serverOn(throughLink(30_000));

interface Answer {
  status: number;
  code: string | undefined;
  retryAfter: string | null;
  milliseconds: number;
  // biome-ignore lint/suspicious/noExplicitAny: a test reads what it expects to be there.
  body: any;
}

async function call(method: string, path: string, body?: unknown, base = url): Promise<Answer> {
  const began = performance.now();
  const response = await fetch(`${base}${path.startsWith("/") ? "" : "/api/2.0/mlflow/"}${path}`, {
    method,
    ...(body !== undefined && { body: typeof body === "string" ? body : JSON.stringify(body) }),
  });
  const text = await response.text();
  const json = response.headers.get("content-type")?.includes("json") ? JSON.parse(text) : undefined;
  return {
    status: response.status,
    code: json?.error_code,
    retryAfter: response.headers.get("retry-after"),
    milliseconds: performance.now() - began,
    body: json ?? text,
  };
}

const artifact = "/api/2.0/mlflow-artifacts/artifacts/0/file";
let unique = 0;
const fresh = (word: string) => `${word}-${++unique}`;

const { body: created } = await call("POST", "runs/create", { experiment_id: "0", start_time: 1 });
const run_id: string = created.run.info.run_id;
await call("PUT", artifact, "content");
await call("POST", "registered-models/create", { name: "model" });
await call("POST", "runs/log-metric", { run_id, key: "m", value: 1, timestamp: 1, step: 1 });

/** A call of every kind, all of which succeed on a database that is there. */
const calls: [method: string, path: string, body?: () => unknown][] = [
  ["GET", "experiments/get?experiment_id=0"],
  ["GET", "experiments/get-by-name?experiment_name=Default"],
  ["GET", "experiments/search?max_results=5"],
  ["POST", "experiments/create", () => ({ name: fresh("experiment") })],
  ["POST", "experiments/set-experiment-tag", () => ({ experiment_id: "0", key: "k", value: "v" })],
  ["POST", "runs/create", () => ({ experiment_id: "0", start_time: 1 })],
  ["POST", "runs/update", () => ({ run_id, status: "FINISHED", end_time: 2 })],
  ["GET", `runs/get?run_id=${run_id}`],
  ["POST", "runs/log-metric", () => ({ run_id, key: "m", value: 1, timestamp: 1, step: 1 })],
  ["POST", "runs/log-parameter", () => ({ run_id, key: "p", value: "1" })],
  ["POST", "runs/set-tag", () => ({ run_id, key: "t", value: "1" })],
  ["POST", "runs/log-batch", () => ({ run_id, metrics: [{ key: "b", value: 1, timestamp: 1, step: 1 }] })],
  ["POST", "runs/search", () => ({ experiment_ids: ["0"], filter: "metrics.m > 0" })],
  ["GET", `metrics/get-history?run_id=${run_id}&metric_key=m`],
  ["GET", `artifacts/list?run_id=${run_id}`],
  ["GET", "registered-models/get?name=model"],
  ["PUT", artifact, () => "content"],
  ["GET", artifact],
  ["GET", "/api/2.0/mlflow-artifacts/artifacts"],
  ["GET", `/get-artifact?run_id=${run_id}&path=nothing`],
];

const callAll = () => Promise.all(calls.map(([method, path, body]) => call(method, path, body?.())));

/** What every call of `calls` answers on a database that is there. */
const well = calls.map(([, path]) => (path.endsWith("path=nothing") ? 404 : 200));

/** @param within milliseconds. */
function expectAway(answers: Answer[], within: number): void {
  for (const [i, answer] of answers.entries())
    expect([calls[i]?.[1], answer.status, answer.code, answer.retryAfter]).toEqual([
      calls[i]?.[1],
      503,
      "TEMPORARILY_UNAVAILABLE",
      "1",
    ]);
  expect(Math.max(...answers.map((answer) => answer.milliseconds))).toBeLessThan(within);
  const [{ body } = { body: undefined }] = answers;
  expect(body.message).toBe("The database cannot be reached at the moment. Try again.");
}

const readiness = async () => (await fetch(`${url}/readyz`)).status;

async function expectAliveNotReady(): Promise<void> {
  expect((await fetch(`${url}/livez`)).status).toBe(200);
  await until("it is not ready", async () => (await readiness()) === 503, 5_000);
}

const statuses = (answers: Answer[]) => answers.map((answer) => answer.status);

beforeEach(async () => {
  await link.heal();
  await until("it is ready", async () => (await readiness()) === 200, 5_000);
  expect(statuses(await callAll())).toEqual(well);
});

describe("while connections to the database are refused", () => {
  test("every call is 503 at once, it is alive and not ready, and all is well by itself afterwards", async () => {
    await link.refuse();
    expectAway(await callAll(), 5_000);
    await expectAliveNotReady();
    expectAway(await callAll(), 5_000);
    await link.heal();
    expect(statuses(await callAll())).toEqual(well);
    await until("it is ready", async () => (await readiness()) === 200, 5_000);
  });

  test.each([
    ["Connect", createConnectTransport({ baseUrl: url, httpVersion: "1.1" })],
    ["gRPC", createGrpcTransport({ baseUrl: url })],
  ])("%s says unavailable, with the seconds to wait", async (_, transport) => {
    const client: Client<typeof MlflowService> = createClient(MlflowService, transport);
    await link.refuse();
    const error = await client.getRun({ runId: run_id }).catch((reason: unknown) => reason);
    if (!(error instanceof ConnectError)) throw error;
    expect([error.code, error.metadata.get("retry-after")]).toEqual([Code.Unavailable, "1"]);
    await link.heal();
    expect((await client.getRun({ runId: run_id })).run?.info?.runId).toBe(run_id);
  });
});

test("a database that turns connections away is 503 as well", async () => {
  const outside = openDatabase({
    connection: { host, user, database: "postgres" },
    poolSize: 1,
    namedStatements: false,
    statementTimeout: 30_000,
  });
  stops.push(outside.close);
  const allow = (yes: boolean) =>
    sql`alter database ${sql.id(database)} with allow_connections ${sql.raw(String(yes))}`.execute(
      outside.owner,
    );
  await allow(false);
  link.cut();
  expectAway(await callAll(), 5_000);
  await allow(true);
  expect(statuses(await callAll())).toEqual(well);
});

describe("while nothing comes through the link to the database", () => {
  test("every call is 503 within seconds, the first one afterwards succeeds, and no connection is lost", async () => {
    link.freeze("all");
    const first = callAll();
    await expectAliveNotReady();
    expectAway(await first, 15_000);
    await link.heal();
    const again = await call("GET", `runs/get?run_id=${run_id}`);
    expect([again.status, again.milliseconds < 2_000]).toEqual([200, true]);
    for (let round = 0; round < 3; round++) expect(statuses(await callAll())).toEqual(well);
    expect(link.open()).toBeLessThanOrEqual(poolSize + 1);
  }, 60_000);

  test("a connection that died unnoticed is given up soon after Postgres itself would have, and others take over", async () => {
    const impatient = await serverOn(throughLink(1_000));
    const get = () => call("GET", `runs/get?run_id=${run_id}`, undefined, impatient);
    expect((await get()).status).toBe(200);
    link.freeze("present");
    const answers = await Promise.all([get(), get()]);
    expect(answers.map((answer) => answer.status).sort()).toEqual([200, 503]);
    expect(Math.max(...answers.map((answer) => answer.milliseconds))).toBeLessThan(6_000);
    expect((await get()).status).toBe(200);
  });
});

/** Holds `table` against everyone while `work` goes on. */
async function holding<T>(table: string, work: () => Promise<T>): Promise<T> {
  return db.transaction().execute(async (tx) => {
    await sql`lock table ${sql.table(table)} in access exclusive mode`.execute(tx);
    return work();
  });
}

/** That many sessions wait for a lock. */
const untilWaiting = (count: number) =>
  until(`${count} sessions wait`, async () => {
    const { rows } = await sql`
      select from pg_stat_activity
      where datname = ${database} and wait_event_type = 'Lock'`.execute(direct);
    return rows.length >= count;
  });

describe("a connection that is cut", () => {
  test("in the middle of a statement is 503, and the same call succeeds afterwards", async () => {
    const answer = await holding("params", async () => {
      const pending = call("POST", "runs/log-parameter", { run_id, key: "cut", value: "1" });
      await untilWaiting(1);
      link.cut();
      return pending;
    });
    expect([answer.status, answer.code, answer.retryAfter]).toEqual([503, "TEMPORARILY_UNAVAILABLE", "1"]);
    const again = await call("POST", "runs/log-parameter", { run_id, key: "cut", value: "1" });
    expect(again.status).toBe(200);
  });

  test("in the middle of a transaction is not noticed: it is begun anew", async () => {
    const pending = holding("artifacts", async () => {
      const answer = call("PUT", `${artifact}-anew`, "anew");
      await untilWaiting(1);
      link.cut();
      await untilWaiting(2);
      return { answer };
    });
    expect((await (await pending).answer).status).toBe(200);
    expect((await call("GET", `${artifact}-anew`)).body).toBe("anew");
  });

  test("after the commit was sent is 503, and what was committed is there, once and whole", async () => {
    link.loseAnswerTo("commit\0");
    const answer = await call("PUT", `${artifact}-committed`, "committed");
    expect([answer.status, answer.code, answer.retryAfter]).toEqual([503, "TEMPORARILY_UNAVAILABLE", "1"]);
    expect((await call("GET", `${artifact}-committed`)).body).toBe("committed");
    expect((await call("PUT", `${artifact}-committed`, "again")).status).toBe(200);
    expect((await call("GET", `${artifact}-committed`)).body).toBe("again");
    const garbage = await direct.selectFrom("artifact_garbage").selectAll().execute();
    expect(garbage).toEqual([]);
  });

  test("while it is idle is not noticed at all", async () => {
    link.cut();
    expect(statuses(await callAll())).toEqual(well);
  });
});

test("with every connection of the pool waiting for a lock calls are 503 in two seconds, health is well, and all is well at once afterwards", async () => {
  const { blocked } = await holding("experiments", async () => {
    const blocked = Array.from({ length: poolSize }, () => call("GET", "experiments/get?experiment_id=0"));
    await untilWaiting(poolSize);
    const others = await Promise.all(
      [1, 2, 3].map(() => call("GET", `metrics/get-history?run_id=${run_id}&metric_key=m`)),
    );
    for (const other of others) {
      expect([other.status, other.code, other.retryAfter]).toEqual([503, "TEMPORARILY_UNAVAILABLE", "1"]);
      expect(other.milliseconds).toBeLessThan(3_500);
    }
    for (const path of ["livez", "readyz", "health"]) {
      const began = performance.now();
      expect((await fetch(`${url}/${path}`)).status).toBe(200);
      expect(performance.now() - began).toBeLessThan(1_500);
    }
    return { blocked };
  });
  for (const answer of await Promise.all(blocked)) expect([200, 503]).toContain(answer.status);
  expect(statuses(await callAll())).toEqual(well);
});

test("a Postgres that crashes under writes costs 503 only, and no acknowledged write", async () => {
  const dataDir = await mkdtemp(join(tmpdir(), "loggia-crash-"));
  const embedded = await startEmbedded({ dataDir });
  stops.push(() => rm(dataDir, { recursive: true, force: true }), embedded.stop);
  const opened = openDatabase({
    connection: embedded.connection,
    poolSize,
    namedStatements: true,
    statementTimeout: 30_000,
  });
  await migrateToLatest(opened.owner);
  const base = await serverOn(opened);
  const run = (await call("POST", "runs/create", { experiment_id: "0" }, base)).body.run.info.run_id;

  const acknowledged: number[] = [];
  const refused = new Set<string>();
  let over = false;
  const log = async (_: unknown, writer: number) => {
    for (let n = 0; !over; n++) {
      const step = writer * 1_000_000 + n;
      const point = { run_id: run, key: "m", value: n, timestamp: n, step };
      for (;;) {
        const { status, code } = await call("POST", "runs/log-metric", point, base);
        if (status === 200) break;
        refused.add(`${status} ${code}`);
      }
      acknowledged.push(step);
    }
  };
  const writers = Array.from({ length: 8 }, log);
  for (let crash = 0; crash < 2; crash++) {
    const enough = acknowledged.length + 100;
    await until("writes are acknowledged", () => acknowledged.length > enough);
    const [pid] = (await readFile(join(dataDir, "postgres/postmaster.pid"), "utf8")).split("\n");
    process.kill(Number(pid), "SIGQUIT"); // an immediate shutdown, without a checkpoint
    await until("Postgres is another one", async () => {
      const text = await readFile(join(dataDir, "postgres/postmaster.pid"), "utf8").catch(() => "");
      return text !== "" && text.split("\n")[0] !== pid;
    });
  }
  const enough = acknowledged.length + 100;
  await until("writes are acknowledged again", () => acknowledged.length > enough);
  over = true;
  await Promise.all(writers);
  expect([...refused]).toEqual(["503 TEMPORARILY_UNAVAILABLE"]);
  const stored = await opened.owner.selectFrom("metrics").select("step").execute();
  expect(stored.map((row) => Number(row.step)).sort()).toEqual(acknowledged.sort());
}, 60_000);
