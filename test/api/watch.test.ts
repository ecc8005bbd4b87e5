import { createHmac } from "node:crypto";
import { sql } from "kysely";
import { describe, expect, test } from "vitest";
import { CandidateService } from "../../gen/loggia/v1/candidates_pb.js";
import { PurgeService } from "../../gen/loggia/v1/purge_pb.js";
import { WatchService } from "../../gen/loggia/v1/watch_pb.js";
import { MlflowService, RunStatus } from "../../gen/mlflow/service_pb.js";
import { pageTokenSecret } from "../../src/store/secrets.ts";
import { failure, type TestProject, testServer } from "../support/server.ts";
import { revokeToken } from "../support/tokens.ts";
import { type KnownRun, reader } from "../support/watching.ts";

const server = await testServer();
const replica = await server.replica();
const guarded = await testServer({ open: false });

const protocols = ["connect", "connect over HTTP/2", "grpc", "grpc-web"] as const;

const mlflow = (project: TestProject, at?: string) => project.client(MlflowService, "grpc", undefined, at);
const newRun = async (project: TestProject, experimentId = "0"): Promise<string> =>
  (await mlflow(project).createRun({ experimentId })).run?.info?.runId ?? "";
const log = (project: TestProject, runId: string, key: string, step: number, value = step, at?: string) =>
  mlflow(project, at).logMetric({ runId, key, value, timestamp: 1_000n, step: BigInt(step) });

describe.each(protocols)("Watch over %s", (protocol) => {
  const setUp = async () => {
    const project = await server.project();
    const client = project.client(WatchService, protocol);
    return { project, client, runId: await newRun(project) };
  };

  test("what is there of a run is told first, then what changes", async () => {
    const { project, client, runId } = await setUp();
    await mlflow(project).logBatch({
      runId,
      metrics: [
        { key: "loss", value: 3, timestamp: 1n, step: 1n },
        { key: "loss", value: 2, timestamp: 2n, step: 2n },
      ],
      params: [{ key: "lr", value: "0.1" }],
      tags: [{ key: "mlflow.runName", value: "first" }],
    });
    const watch = reader(client.watch({ runIds: [runId], pointKeys: ["loss"] }));
    await watch.caughtUp();
    expect(watch.run(runId)).toEqual({
      experiment: "0",
      status: "RUNNING",
      stage: "active",
      name: "first",
      params: { lr: "0.1" },
      tags: expect.objectContaining({ "mlflow.runName": "first" }),
      latest: { loss: 2 },
      points: { loss: ["1/1/3", "2/2/2"] },
      isPurged: false,
    });

    await log(project, runId, "loss", 5);
    await watch.until(() => watch.run(runId).latest.loss === 5);
    expect(watch.run(runId).points.loss).toContain("5/1000/5");

    await log(project, runId, "loss", 4);
    await watch.until(() => watch.run(runId).points.loss?.includes("4/1000/4") === true);
    expect(watch.run(runId).latest.loss, "a late point is not the latest").toBe(5);

    await mlflow(project).logParam({ runId, key: "later", value: "1" });
    await watch.until(() => watch.run(runId).params.later === "1");
    await mlflow(project).setTag({ runId, key: "t", value: "1" });
    await watch.until(() => watch.run(runId).tags.t === "1");
    await mlflow(project).deleteTag({ runId, key: "t" });
    await watch.until(() => !("t" in watch.run(runId).tags));
    await mlflow(project).updateRun({ runId, status: RunStatus.FINISHED, endTime: 5n, runName: "second" });
    await watch.until(() => watch.run(runId).status === "FINISHED");
    expect(watch.run(runId).name).toBe("second");
    await mlflow(project).deleteRun({ runId });
    await watch.until(() => watch.run(runId).stage === "deleted");
    await mlflow(project).restoreRun({ runId });
    await watch.until(() => watch.run(runId).stage === "active");
    await watch.leave();
  });

  test("of an experiment the runs that there are and those that come are told, and of no other experiment", async () => {
    const { project, client, runId } = await setUp();
    const { experimentId } = await mlflow(project).createExperiment({ name: "another" });
    const watch = reader(client.watch({ experimentId: "0" }));
    await watch.caughtUp();
    expect([...watch.runs.keys()]).toEqual([runId]);
    const foreign = await newRun(project, experimentId);
    await log(project, foreign, "m", 1);
    const fresh = await newRun(project);
    await log(project, fresh, "m", 1);
    await watch.until((runs) => runs.get(fresh)?.latest.m === 1);
    expect([...watch.runs.keys()].sort()).toEqual([runId, fresh].sort());
    expect(watch.run(fresh).points).toEqual({});
    await watch.leave();
  });

  test("only changes: the first answer has a token at once, and what was there is not told", async () => {
    const { project, client, runId } = await setUp();
    await log(project, runId, "m", 1);
    const watch = reader(client.watch({ experimentId: "0", onlyChanges: true, pointKeys: ["m"] }));
    const first = await watch.take();
    expect(first).toMatchObject({ changes: [], caughtUp: true });
    expect(first.resumeToken).not.toBe("");
    await log(project, runId, "m", 2);
    await watch.until((runs) => runs.get(runId)?.latest.m === 2 && runs.get(runId)?.points.m !== undefined);
    expect(watch.run(runId)).toEqual({
      ...{ experiment: "0", params: {}, tags: {}, isPurged: false },
      latest: { m: 2 },
      points: { m: ["2/1000/2"] },
    });
    await watch.leave();
  });

  test("a watch that resumes, on another replica, is told what changed meanwhile and nothing else", async () => {
    const { project, client, runId } = await setUp();
    const other = await newRun(project);
    await mlflow(project).logBatch({
      runId,
      metrics: [1, 2, 9].map((step) => ({ key: "m", value: step, timestamp: 1_000n, step: BigInt(step) })),
      params: [{ key: "p", value: "v" }],
      tags: [
        { key: "gone", value: "v" },
        { key: "stays", value: "v" },
      ],
    });
    const request = { runIds: [runId, other], pointKeys: ["m"] };
    const watch = reader(client.watch(request));
    await watch.caughtUp();
    await watch.leave();

    await log(project, runId, "m", 5);
    await mlflow(project).deleteTag({ runId, key: "gone" });

    const there = project.client(WatchService, protocol, undefined, replica);
    const resumed = reader(there.watch({ ...request, resumeToken: watch.token }));
    await resumed.caughtUp();
    expect(resumed.runs.has(other)).toBe(false);
    expect(resumed.run(runId)).toMatchObject({ params: {}, latest: {}, points: { m: ["5/1000/5"] } });
    expect(resumed.run(runId).tags).toMatchObject({ stays: "v" });
    expect(resumed.run(runId).tags).not.toHaveProperty("gone");
    await resumed.leave();
  });

  test.each([
    ["run_ids", {}],
    ["run_ids", { runIds: ["a"], experimentId: "0" }],
    ["run_ids", { runIds: Array.from({ length: 101 }, (_, i) => i.toString(16).padStart(32, "0")) }],
    ["point_keys", { experimentId: "0", pointKeys: Array.from({ length: 21 }, (_, i) => `m${i}`) }],
    ["page_token", { experimentId: "0", resumeToken: "bm9uc2Vuc2U" }],
  ])("a wrong %s is named", async (parameter, request) => {
    const { client } = await setUp();
    const { errorCode, message } = await failure(reader(client.watch(request)).take());
    expect(errorCode).toBe("INVALID_PARAMETER_VALUE");
    expect(message).toContain(parameter === "page_token" ? "page token" : `'${parameter}'`);
  });

  test("a token of another watch, and of another project, is refused", async () => {
    const { project, client, runId } = await setUp();
    const watch = reader(client.watch({ runIds: [runId] }));
    await watch.caughtUp();
    await watch.leave();
    for (const request of [{ experimentId: "0" }, { runIds: [runId], pointKeys: ["m"] }]) {
      const resumed = reader(client.watch({ ...request, resumeToken: watch.token }));
      expect(await failure(resumed.take())).toMatchObject({ errorCode: "INVALID_PARAMETER_VALUE" });
    }
    void project;
  });

  test("a run that is absent, and one of another project, is not there to be watched", async () => {
    const { client } = await setUp();
    const foreign = await newRun(await server.project());
    for (const runId of ["0".repeat(32), foreign, "x"])
      expect(await failure(reader(client.watch({ runIds: [runId] })).take())).toEqual({
        errorCode: "RESOURCE_DOES_NOT_EXIST",
        message: `Run with id=${runId} not found`,
      });
    expect(await failure(reader(client.watch({ experimentId: "77" })).take())).toMatchObject({
      errorCode: "RESOURCE_DOES_NOT_EXIST",
    });
  });

  test("a watch ends as unauthorized when its token is revoked, and others go on", async () => {
    const project = await guarded.project();
    const [token, other] = [await project.token(), await project.token()];
    const watches = [token, other].map((one) =>
      reader(project.client(WatchService, protocol, one).watch({ experimentId: "0" })),
    );
    for (const watch of watches) await watch.caughtUp();
    await revokeToken(guarded.db, token);
    const [revoked, good] = watches;
    expect(await failure(revoked?.until(() => false) ?? Promise.resolve())).toEqual({
      errorCode: "CUSTOMER_UNAUTHORIZED",
      message: "The token was revoked.",
    });
    const mlflow = project.client(MlflowService, "grpc", other);
    const created = await mlflow.createRun({ experimentId: "0" });
    await good?.until((runs) => runs.has(created.run?.info?.runId ?? ""));
    await good?.leave();
  });
});

describe("Watch", () => {
  const setUp = async () => {
    const project = await server.project();
    return { project, client: project.client(WatchService, "grpc"), runId: await newRun(project) };
  };

  test("what another replica writes is told", async () => {
    const { project, client, runId } = await setUp();
    const watch = reader(client.watch({ runIds: [runId], pointKeys: ["m"] }));
    await watch.caughtUp();
    for (let step = 1; step <= 20; step++) await log(project, runId, "m", step, step, replica);
    await watch.until(() => watch.run(runId).points.m?.length === 20);
    await watch.leave();
  });

  test("what nobody tells of is found: rows that come from elsewhere, late points and deletions among them", async () => {
    const { project, client, runId } = await setUp();
    await log(project, runId, "m", 10);
    const watch = reader(client.watch({ experimentId: "0", pointKeys: ["m"] }));
    await watch.caughtUp();
    const { rows } = await sql<{ run_key: bigint }>`
      select run_key from runs where run_id = ${runId}::uuid`.execute(server.db);
    const key = rows[0]?.run_key;
    // As another server's statement does for a late point: its latest row is met and stays as it is.
    await sql`
      with history as (
        insert into metrics (project_id, run_key, key, step, "timestamp", value) values (${project.id}, ${key}, 'm', 3, 1, 3)
      )
      insert into latest_metrics (project_id, run_key, key, experiment_id, step, "timestamp", value)
      values (${project.id}, ${key}, 'm', 0, 3, 1, 3)
      on conflict (project_id, run_key, key) do update set step = excluded.step
      where excluded.step > latest_metrics.step`.execute(server.db);
    await watch.until(() => watch.run(runId).points.m?.includes("3/1/3") === true);
    await sql`update runs set status = 'KILLED' where run_id = ${runId}::uuid`.execute(server.db);
    await watch.until(() => watch.run(runId).status === "KILLED");
    await watch.leave();
  });

  test("changes of many runs at once are told: their tags, one that is taken away, and their deletion", async () => {
    const { project, client, runId } = await setUp();
    const runIds = [runId, await newRun(project)];
    const watch = reader(client.watch({ runIds }));
    await watch.caughtUp();
    const candidates = project.client(CandidateService, "grpc");
    const each = (is: (run: KnownRun) => boolean) =>
      watch.until(() => runIds.every((id) => is(watch.run(id))));
    await candidates.tagCandidates({ runIds, key: "k", value: "v" });
    await each(({ tags }) => tags.k === "v");
    await candidates.tagCandidates({ runIds, key: "k" });
    await each(({ tags }) => !("k" in tags));
    await candidates.deleteCandidates({ runIds });
    await each(({ stage }) => stage === "deleted");
    await watch.leave();
  });

  test("a transaction that commits after later ones is told of too, and of a resumed watch as well", async () => {
    const { project, client, runId } = await setUp();
    const other = await newRun(project);
    const request = { runIds: [runId, other] };
    const watch = reader(client.watch(request));
    await watch.caughtUp();
    const slow = await sql<{
      run_key: bigint;
    }>`select run_key from runs where run_id = ${runId}::uuid`.execute(server.db);
    const commit = Promise.withResolvers<void>();
    const written = Promise.withResolvers<void>();
    const transaction = server.db.transaction().execute(async (tx) => {
      await sql`
        insert into params (project_id, run_key, key, experiment_id, value)
        values (${project.id}, ${slow.rows[0]?.run_key}, 'early', 0, 'v')`.execute(tx);
      written.resolve();
      await commit.promise;
    });
    await written.promise;
    await log(project, other, "m", 1);
    await watch.until(() => watch.run(other).latest.m === 1);
    const { token } = watch;
    expect(watch.run(runId).params).toEqual({});
    commit.resolve();
    await transaction;
    await watch.until(() => watch.run(runId).params.early === "v");
    await watch.leave();
    const resumed = reader(client.watch({ ...request, resumeToken: token }));
    await resumed.caughtUp();
    expect(resumed.run(runId).params).toEqual({ early: "v" });
    await resumed.leave();
  });

  test("a token of a moment that is still to come, as after a database was restored, tells everything anew", async () => {
    const { project, client, runId } = await setUp();
    for (const onlyChanges of [false, true]) {
      const watch = reader(client.watch({ runIds: [runId], onlyChanges }));
      await watch.caughtUp();
      await watch.leave();
      await log(project, runId, "m", 1);
      const head = Buffer.from(watch.token, "base64url").subarray(0, 17);
      const body = Buffer.concat([head, Buffer.from('["s1999999999:1999999999:"]')]);
      const signature = createHmac("sha256", await pageTokenSecret(server.db))
        .update("loggia page token\n")
        .update(body)
        .digest();
      const resumeToken = Buffer.concat([body, signature.subarray(0, 16)]).toString("base64url");
      const resumed = reader(client.watch({ runIds: [runId], onlyChanges, resumeToken }));
      await resumed.caughtUp();
      expect(resumed.run(runId)).toMatchObject({ status: "RUNNING", latest: { m: 1 } });
      await resumed.leave();
    }
  });

  test("a run that is purged is told to be gone, to who watches it and to who watches its experiment", async () => {
    const { project, client, runId } = await setUp();
    const watches = [reader(client.watch({ runIds: [runId] })), reader(client.watch({ experimentId: "0" }))];
    for (const watch of watches) await watch.caughtUp();
    await mlflow(project).deleteRun({ runId });
    for (const watch of watches) await watch.until(() => watch.run(runId).stage === "deleted");
    await project.client(PurgeService, "grpc").purgeRuns({ runIds: [runId] });
    for (const watch of watches) {
      await watch.until(() => watch.run(runId).isPurged);
      await watch.leave();
    }
  });
});
