import { request } from "node:http";
import { describe, expect, test } from "vitest";
import { MlflowService } from "../../gen/mlflow/service_pb.js";
import { lockExperiments } from "../support/experiments-lock.ts";
import { protocols, testServer } from "../support/server.ts";
import { until } from "../support/until.ts";

const server = await testServer();

describe.each(protocols.filter((one) => one !== "rest"))("over %s", (protocol) => {
  test("a read whose deadline has passed is gone from the database, and the next call is well", async () => {
    const client = (await server.project()).client(MlflowService, protocol);
    await client.searchExperiments({ maxResults: 10n });
    const { waiting, unlock } = await lockExperiments(server);
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
    const { waiting, unlock } = await lockExperiments(server);
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
  const { waiting, unlock } = await lockExperiments(server);
  const call = request(`${project.uri}/api/2.0/mlflow/experiments/get?experiment_id=0`);
  call.on("error", () => {});
  call.end();
  await until("the query waits", async () => (await waiting()) === 1);
  call.destroy();
  await until("the query is gone", async () => (await waiting()) === 0, 3_000);
  await unlock();
});
