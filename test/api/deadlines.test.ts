import { request } from "node:http";
import { sql } from "kysely";
import { describe, expect, test } from "vitest";
import { MlflowService } from "../../gen/mlflow/service_pb.js";
import { protocols, testServer } from "../support/server.ts";
import { until } from "../support/until.ts";

const server = await testServer();

const waiting = async () => {
  const { rows } = await sql<{ pid: number }>`
    select pid from pg_stat_activity
    where datname = current_database() and wait_event_type = 'Lock'`.execute(server.owner);
  return rows.length;
};

/** Holds a lock for which every read of experiments has to wait. */
async function lockExperiments() {
  const release = Promise.withResolvers<void>();
  const held = Promise.withResolvers<void>();
  const holder = server.db.transaction().execute(async (tx) => {
    await sql`lock table experiments in access exclusive mode`.execute(tx);
    held.resolve();
    await release.promise;
  });
  await held.promise;
  return async () => {
    release.resolve();
    await holder;
  };
}

describe.each(protocols.filter((one) => one !== "rest"))("over %s", (protocol) => {
  test("a read whose deadline has passed is gone from the database, and the next call is well", async () => {
    const client = (await server.project()).client(MlflowService, protocol);
    await client.searchExperiments({ maxResults: 10n });
    const unlock = await lockExperiments();
    const call = client.searchExperiments({ maxResults: 10n }, { timeoutMs: 500 });
    const outcome = call.then(
      () => "answered",
      () => "given up",
    );
    await until("the query waits", async () => (await waiting()) === 1);
    expect(await outcome).toBe("given up");
    await until("the query is gone", async () => (await waiting()) === 0, 3_000);
    await unlock();
    expect((await client.searchExperiments({ maxResults: 10n })).experiments.length).toBe(1);
  });

  test("a read whose caller has gone is gone from the database", async () => {
    const client = (await server.project()).client(MlflowService, protocol);
    const unlock = await lockExperiments();
    const leaving = new AbortController();
    const call = client.searchExperiments({ maxResults: 10n }, { signal: leaving.signal }).catch(() => {});
    await until("the query waits", async () => (await waiting()) === 1);
    leaving.abort();
    await call;
    await until("the query is gone", async () => (await waiting()) === 0, 3_000);
    await unlock();
  });
});

test("over REST too a read whose caller hangs up is gone from the database", async () => {
  const project = await server.project();
  const unlock = await lockExperiments();
  const call = request(`${project.uri}/api/2.0/mlflow/experiments/get?experiment_id=0`);
  call.on("error", () => {});
  call.end();
  await until("the query waits", async () => (await waiting()) === 1);
  call.destroy();
  await until("the query is gone", async () => (await waiting()) === 0, 3_000);
  await unlock();
});
