import { readdir } from "node:fs/promises";
import { Code, ConnectError } from "@connectrpc/connect";
import { sql } from "kysely";
import { describe, expect, test } from "vitest";
import { PurgeService } from "../../gen/loggia/v1/purge_pb.js";
import { ModelRegistryService } from "../../gen/mlflow/model_registry_pb.js";
import { MlflowService } from "../../gen/mlflow/service_pb.js";
import { absent, invalid, missing, noRun } from "../support/mlflow-errors.ts";
import { failure, type Protocol, protocols, testServer } from "../support/server.ts";

const server = await testServer();

async function setUp(protocol: Protocol = "connect") {
  const project = await server.project();
  const mlflow = project.client(MlflowService, "connect");
  const run = async (experimentId = "0") => (await mlflow.createRun({ experimentId })).run?.info?.runId ?? "";
  const deleted = async (experimentId = "0") => {
    const runId = await run(experimentId);
    await mlflow.deleteRun({ runId });
    return runId;
  };
  return { project, mlflow, run, deleted, purge: project.client(PurgeService, protocol) };
}

const objects = async () =>
  (await readdir(server.artifactsRoot, { recursive: true, withFileTypes: true })).filter((entry) =>
    entry.isFile(),
  ).length;

describe.each(protocols)("over %s", (protocol) => {
  test("a purged run is gone for every caller, with its metrics and its files", async () => {
    const { project, mlflow, run, purge } = await setUp(protocol);
    const [gone, kept] = [await run(), await run()];
    const before = await objects();
    for (const runId of [gone, kept]) {
      await mlflow.logBatch({
        runId,
        metrics: [1, 2, 3].map((n) => ({ key: "m", value: n, timestamp: 1n, step: BigInt(n) })),
        params: [{ key: "p", value: "v" }],
      });
      const path = `/api/2.0/mlflow-artifacts/artifacts/0/${runId}/artifacts/f`;
      expect((await project.rest("PUT", path, "12345")).status).toBe(200);
    }
    await mlflow.deleteRun({ runId: gone });
    const answer = await purge.purgeRuns({ runIds: [gone] });
    expect(answer.purged).toMatchObject({
      runs: 1n,
      experiments: 0n,
      metricPoints: 3n,
      artifacts: 1n,
      artifactBytes: 5n,
      unfinished: false,
    });
    expect(await failure(mlflow.getRun({ runId: gone }))).toEqual(noRun(gone));
    expect(await failure(mlflow.restoreRun({ runId: gone }))).toEqual(noRun(gone));
    const { runs } = await mlflow.searchRuns({ experimentIds: ["0"], runViewType: 3 });
    expect(runs.map((found) => found.info?.runId)).toEqual([kept]);
    expect((await objects()) - before).toBe(1);
    const usage = await purge.getUsage({});
    expect(usage).toMatchObject({ runs: 1n, deletedRuns: 0n, metricPoints: 3n, artifactBytes: 5n });
  });

  test("a purged experiment is gone with its runs, and its name is free", async () => {
    const { mlflow, run, purge } = await setUp(protocol);
    const { experimentId } = await mlflow.createExperiment({ name: "again" });
    const runId = await run(experimentId);
    await mlflow.deleteExperiment({ experimentId });
    expect((await purge.purgeExperiments({ experimentIds: [experimentId] })).purged).toMatchObject({
      experiments: 1n,
      runs: 1n,
    });
    expect((await failure(mlflow.getExperiment({ experimentId }))).errorCode).toBe("RESOURCE_DOES_NOT_EXIST");
    expect((await failure(mlflow.restoreExperiment({ experimentId }))).errorCode).toBe(
      "RESOURCE_DOES_NOT_EXIST",
    );
    expect(await failure(mlflow.getRun({ runId }))).toEqual(noRun(runId));
    const { experimentId: next } = await mlflow.createExperiment({ name: "again" });
    expect(next).not.toBe(experimentId);
  });

  test("what was deleted goes by age", async () => {
    const { project, run, deleted, purge } = await setUp(protocol);
    await run();
    const [old, young] = [await deleted(), await deleted()];
    await sql`
      update runs set deleted_at = now() - interval '10 days'
      where project_id = ${project.id} and run_id = ${old}`.execute(server.db);
    expect((await purge.purgeDeleted({ olderThanDays: 5 })).purged).toMatchObject({ runs: 1n });
    expect(await purge.getUsage({})).toMatchObject({ runs: 2n, deletedRuns: 1n });
    expect((await purge.purgeDeleted({})).purged).toMatchObject({ runs: 1n });
    expect(await failure(purge.purgeRuns({ runIds: [young] }))).toMatchObject({
      errorCode: "RESOURCE_DOES_NOT_EXIST",
    });
  });
});

test("a purge that names something it may not remove names it, and removes nothing", async () => {
  const { mlflow, run, deleted, purge } = await setUp();
  const [active, gone] = [await run(), await deleted()];
  const unknown = "f".repeat(32);
  expect(await failure(purge.purgeRuns({ runIds: [gone, unknown, active] }))).toEqual(
    absent(`Run with id=${unknown} not found. Nothing was purged.`),
  );
  expect(await failure(purge.purgeRuns({ runIds: [gone, active] }))).toEqual(
    invalid(
      `Run with id=${active} must be in the 'deleted' state to be purged. Current state is active. Nothing was purged.`,
    ),
  );
  const { experimentId } = await mlflow.createExperiment({ name: "active" });
  expect(await failure(purge.purgeExperiments({ experimentIds: [experimentId] }))).toEqual(
    invalid(
      `Experiment with id=${experimentId} must be in the 'deleted' state to be purged. Current state is active. Nothing was purged.`,
    ),
  );
  expect((await failure(purge.purgeExperiments({ experimentIds: [experimentId, "77"] }))).errorCode).toBe(
    "RESOURCE_DOES_NOT_EXIST",
  );
  await mlflow.restoreRun({ runId: gone });
});

test("what a registered model is made of is not purged", async () => {
  const { project, mlflow, run, purge } = await setUp();
  const registry = project.client(ModelRegistryService, "connect");
  const { experimentId } = await mlflow.createExperiment({ name: "of a model" });
  const runId = await run(experimentId);
  await registry.createRegisteredModel({ name: "model" });
  await registry.createModelVersion({ name: "model", source: "s3://elsewhere", runId });
  await mlflow.deleteExperiment({ experimentId });
  const held = (what: string) =>
    invalid(
      `${what} cannot be purged while versions of registered models are made of it. Delete those first. Nothing was purged.`,
    );
  expect(await failure(purge.purgeRuns({ runIds: [runId] }))).toEqual(held(`Run with id=${runId}`));
  expect(await failure(purge.purgeExperiments({ experimentIds: [experimentId] }))).toEqual(
    held(`Experiment with id=${experimentId}`),
  );
  expect((await purge.purgeDeleted({})).purged).toMatchObject({ runs: 0n, experiments: 0n });
  await registry.deleteRegisteredModel({ name: "model" });
  expect((await purge.purgeDeleted({})).purged).toMatchObject({ runs: 1n, experiments: 1n });
});

test("what is asked for in vain is refused with the parameter's name", async () => {
  const { purge } = await setUp();
  expect(await failure(purge.purgeRuns({}))).toEqual(missing("run_ids"));
  expect(await failure(purge.purgeExperiments({}))).toEqual(missing("experiment_ids"));
  expect((await failure(purge.purgeRuns({ runIds: ["no id"] }))).errorCode).toBe("RESOURCE_DOES_NOT_EXIST");
  const many = Array.from({ length: 1001 }, (_, i) => i.toString(16).padStart(32, "0"));
  expect(await failure(purge.purgeRuns({ runIds: many }))).toEqual(
    invalid("Invalid value for parameter 'run_ids': it must name at most 1000, but names 1001."),
  );
  for (const olderThanDays of [-1, 100_001])
    expect(await failure(purge.purgeDeleted({ olderThanDays }))).toEqual(
      invalid(
        `Invalid value for parameter 'older_than_days': it must be between 0 and 100000, but is ${olderThanDays}.`,
      ),
    );
  expect((await failure(purge.purgeExperiments({ experimentIds: ["0"] }))).errorCode).toBe(
    "INVALID_PARAMETER_VALUE",
  );
});

test("a run of another project is not found, and stays", async () => {
  const [mine, other] = [await setUp(), await setUp()];
  const runId = await other.deleted();
  expect(await failure(mine.purge.purgeRuns({ runIds: [runId] }))).toEqual(
    absent(`Run with id=${runId} not found. Nothing was purged.`),
  );
  const { experimentId } = await other.mlflow.createExperiment({ name: "other" });
  await other.mlflow.deleteExperiment({ experimentId });
  expect((await failure(mine.purge.purgeExperiments({ experimentIds: [experimentId] }))).errorCode).toBe(
    "RESOURCE_DOES_NOT_EXIST",
  );
  await mine.purge.purgeDeleted({});
  await other.mlflow.restoreRun({ runId });
  await other.mlflow.restoreExperiment({ experimentId });
});

test("a purge is told in the audit log, with what it was of", async () => {
  const { project, mlflow, deleted, purge } = await setUp();
  const [one, two] = [await deleted(), await deleted()];
  await purge.purgeRuns({ runIds: [one, two] });
  const { experimentId } = await mlflow.createExperiment({ name: "told" });
  await mlflow.deleteExperiment({ experimentId });
  await purge.purgeExperiments({ experimentIds: [experimentId] });
  await deleted();
  await purge.purgeDeleted({});
  const events = await server.db
    .selectFrom("audit_events")
    .select(["actor", "action", "object", "result"])
    .where("project_id", "=", project.id)
    .where("action", "like", "%.purge")
    .orderBy("event_id")
    .execute();
  const by = { actor: "local mode", result: "ok" };
  expect(events).toEqual([
    { ...by, action: "run.purge", object: `${one} ${two}` },
    { ...by, action: "experiment.purge", object: experimentId },
    { ...by, action: "deleted.purge", object: "what was deleted" },
  ]);
});

test("usage is read by GET, with the quotas and the retention that there are", async () => {
  const { project, purge, run } = await setUp();
  await run();
  const { body } = await project.rest("GET", "/api/1.0/loggia/usage");
  expect(body).toEqual({
    runs: 1,
    deleted_runs: 0,
    metric_points: 0,
    metric_points_estimated: false,
    artifact_bytes: 0,
    registered_models: 0,
  });
  await sql`
    update projects set quota_runs = 10, quota_points_per_minute = 20, quota_artifact_bytes = 30, retention_days = 0
    where project_id = ${project.id}`.execute(server.db);
  expect(await purge.getUsage({})).toMatchObject({
    quotaRuns: 10n,
    quotaPointsPerMinute: 20n,
    quotaArtifactBytes: 30n,
    retentionDays: 0,
  });
});

test("only maintainers purge, and whoever reads sees the usage", async () => {
  const guarded = await testServer({ open: false });
  const project = await guarded.project();
  const as = async (role: "guest" | "developer" | "maintainer") =>
    project.client(PurgeService, "connect", await project.token({ role }));
  for (const role of ["guest", "developer"] as const) {
    const client = await as(role);
    await client.getUsage({});
    const denied = await client.purgeDeleted({}).catch((error: unknown) => error);
    expect(denied instanceof ConnectError && denied.code).toBe(Code.PermissionDenied);
  }
  expect((await (await as("maintainer")).purgeDeleted({})).purged).toMatchObject({ runs: 0n });
});
