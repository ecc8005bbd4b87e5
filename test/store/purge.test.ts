import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { createContextValues, type HandlerContext } from "@connectrpc/connect";
import { sql } from "kysely";
import { afterAll, describe, expect, test } from "vitest";
import { projectKey } from "../../src/auth/context-keys.ts";
import { artifactFiles } from "../../src/services/artifact-files.ts";
import { type GcOptions, gc } from "../../src/services/purge.ts";
import { artifactBytes } from "../../src/store/artifact-usage.ts";
import {
  createExperiment,
  deleteExperiment,
  findExperimentByName,
  restoreExperiment,
} from "../../src/store/experiments.ts";
import { logBatch } from "../../src/store/log-batch.ts";
import { deleteLoggedModel } from "../../src/store/logged-models.ts";
import { rollUp } from "../../src/store/metric-rollups.ts";
import { createModelVersion } from "../../src/store/model-versions.ts";
import { hideExperiments } from "../../src/store/purge-experiments.ts";
import { removePart } from "../../src/store/purge-run-data.ts";
import { findRunStates, nextRuns, takeOut } from "../../src/store/purge-runs.ts";
import { createRegisteredModel } from "../../src/store/registered-models.ts";
import { findRun, moveRun } from "../../src/store/runs.ts";
import { countPoints, findUsage } from "../../src/store/usage.ts";
import { testDatabase, testProject } from "../support/database.ts";
import { bareRun, fullRun, newExperiment, rowsWith, storeAt } from "../support/full-project.ts";
import { until } from "../support/until.ts";

const { db, owner, another } = await testDatabase();
const root = await mkdtemp(join(tmpdir(), "loggia-purge-"));
afterAll(() => rm(root, { recursive: true, force: true }));
const deps = { db, artifacts: storeAt(root) };

const purgeNow = (project: bigint, more: GcOptions = {}) => gc(deps, { project, olderThanDays: 0, ...more });

const remove = async (project: bigint, { runId }: { runId: string }) =>
  expect(await moveRun(db, project, runId, "active")).toBe(true);

/** A call about a project, by a caller of whom nothing is known. */
const callIn = (project: bigint) =>
  ({ values: createContextValues().set(projectKey, project) }) as unknown as HandlerContext;

/** The objects in the artifact store. */
async function objects(): Promise<string[]> {
  const entries = await readdir(root, { recursive: true, withFileTypes: true });
  return entries.filter((entry) => entry.isFile()).map((entry) => entry.name);
}

const named = (counts: Map<string, number>, is: (count: number) => boolean) =>
  [...counts].filter(([, count]) => is(count)).map(([name]) => name);

const isNone = (count: number) => count === 0;
const isAny = (count: number) => count > 0;

async function countsMatch(project: bigint): Promise<void> {
  const { rows } = await sql<{ runs: bigint; bytes: bigint }>`
    select (select count(*) from runs where project_id = ${project}) as runs,
      (select coalesce(sum(size), 0)::bigint from artifacts where project_id = ${project}) as bytes`.execute(
    db,
  );
  const usage = await findUsage(db, project);
  expect({ runs: usage?.runs, bytes: usage?.artifactBytes }).toEqual(rows[0]);
}

describe("a purged run", () => {
  test("leaves no row in any table that speaks of runs and none of its files, and other runs keep all of theirs", async () => {
    const project = await testProject(db);
    const before = await objects();
    const gone = await fullRun(deps, project);
    const kept = await fullRun(deps, project);
    const full = await rowsWith(db, project, "run_key", [gone.runKey]);
    expect(named(full, isNone), "fullRun fills every table but this one").toEqual(["purged_runs"]);
    const keptRows = await rowsWith(db, project, "run_key", [kept.runKey]);

    await remove(project, gone);
    expect(await purgeNow(project)).toEqual({
      projects: 0,
      experiments: 0,
      runs: 1,
      loggedModels: 0,
      metricPoints: 61,
      artifacts: 2,
      artifactBytes: 6n,
    });
    expect(named(await rowsWith(db, project, "run_key", [gone.runKey]), isAny)).toEqual([]);
    expect(await rowsWith(db, project, "run_key", [kept.runKey])).toEqual(keptRows);
    // Two files and one of a model each, less the two.
    expect((await objects()).length - before.length).toBe(4);
    await countsMatch(project);
  });

  test("takes none of the logged models along that it made, unless they are deleted as well", async () => {
    const project = await testProject(db);
    const [one, two] = [await fullRun(deps, project), await fullRun(deps, project)];
    for (const run of [one, two]) await remove(project, run);
    await deleteLoggedModel(db, project, one.modelId);
    expect(await purgeNow(project)).toMatchObject({ runs: 2, loggedModels: 1, artifacts: 5 });
    const models = await db
      .selectFrom("logged_models")
      .select("model_id")
      .where("project_id", "=", project)
      .execute();
    expect(models).toEqual([{ model_id: two.modelId }]);
  });

  test("is removed in parts when it is large", async () => {
    const project = await testProject(db);
    const [run, other] = [await bareRun(db, project), await bareRun(db, project)];
    for (const { runKey } of [run, other])
      await sql`
        insert into metrics (project_id, run_key, key, step, "timestamp", value)
        select ${project}, ${runKey}, 'm' || i % 3, i / 6, i, i from generate_series(1, 25000) i`.execute(db);
    await remove(project, run);
    const [taken] = await takeOut(db, project, await nextRuns(db, project, { deletedBefore: 0 }, 10));
    expect(taken?.runKey).toBe(run.runKey);
    const parts: number[] = [];
    for (let at: Parameters<typeof removePart>[3]; ; ) {
      const part = await removePart(db, project, [run.runKey], at);
      parts.push(part?.points ?? -1);
      if (part === undefined || part.isLast) break;
      at = part.at;
    }
    expect(parts.reduce((sum, points) => sum + points)).toBe(25_000);
    expect(Math.max(...parts)).toBeLessThanOrEqual(10_000);
    expect(parts.length).toBeGreaterThan(2);
    await gc(deps, { project });
    expect(await countPoints(db, project)).toEqual({ points: 25_000n, isEstimate: false });
  });

  test("that was interrupted after any step is finished by the next sweep, and by nobody at the same time", async () => {
    const project = await testProject(db);
    const run = await fullRun(deps, project);
    await remove(project, run);
    await takeOut(db, project, await nextRuns(db, project, { deletedBefore: 0 }, 10));
    expect(await findRun(db, project, run.runId)).toBeUndefined();
    expect(await moveRun(db, project, run.runId, "deleted")).toBe(false);
    const [first, second] = await Promise.all([
      gc(deps, { project }),
      gc({ ...deps, db: another() }, { project }),
    ]);
    expect(first.metricPoints + second.metricPoints).toBe(61);
    expect(first.artifacts + second.artifacts).toBe(2);
    expect(named(await rowsWith(db, project, "run_key", [run.runKey]), isAny)).toEqual([]);
  });

  test("is the run as it was deleted: one that was restored meanwhile stays, whatever became of it then", async () => {
    const project = await testProject(db);
    const [restored, again] = [await bareRun(db, project), await bareRun(db, project)];
    for (const run of [restored, again]) await remove(project, run);
    const seen = (await findRunStates(db, project, [restored.runId, again.runId])).map(({ run }) => run);
    for (const { runId } of [restored, again])
      expect(await moveRun(db, project, runId, "deleted")).toBe(true);
    await remove(project, again);
    expect(await takeOut(db, project, seen)).toEqual([]);
    expect(await findRun(db, project, restored.runId)).toBeDefined();
    expect(await findRun(db, project, again.runId)).toBeDefined();
  });

  test("waits for a write that saw it before it was deleted, and removes what that has written", async () => {
    const project = await testProject(db);
    const run = await bareRun(db, project);
    const point = { key: "m", value: 1, timestamp: 1n, step: 1n };
    const purger = another({ poolSize: 1 });
    const { rows } = await sql<{ pid: number }>`select pg_backend_pid() as pid`.execute(purger);
    // The role that the tests act as does not see what the sessions of others do.
    const doing = async (what: ReturnType<typeof sql>) => {
      const found = await sql`
        select from pg_stat_activity where datname = current_database() and ${what}`.execute(owner);
      return found.rows.length > 0;
    };
    let write: Promise<unknown> | undefined;
    let purge: Promise<unknown> | undefined;
    const rollback = new Error("the other writer gives up");
    const other = another()
      .transaction()
      .execute(async (tx) => {
        await sql`
        insert into metrics (project_id, run_key, key, step, "timestamp", value)
        values (${project}, ${run.runKey}, 'm', 1, 1, 1)`.execute(tx);
        // It waits for what becomes of the same point of the other writer.
        write = logBatch(db, { project, runId: run.runId, metrics: [point], params: [], tags: [] });
        await until("the write waits", () => doing(sql`wait_event_type = 'Lock'`));
        await remove(project, run);
        purge = gc({ ...deps, db: purger }, { project, olderThanDays: 0 });
        await Promise.race([
          purge,
          until("the purge waits", () =>
            doing(sql`pid = ${rows[0]?.pid} and query like '%virtualtransaction%'`),
          ),
        ]);
        throw rollback;
      });
    await expect(other).rejects.toBe(rollback);
    expect(await write).toEqual({ state: "logged" });
    expect(await purge).toMatchObject({ runs: 1, metricPoints: 1 });
    expect(named(await rowsWith(db, project, "run_key", [run.runKey]), isAny)).toEqual([]);
  });

  test("leaves nothing behind of those who write to it until the end", async () => {
    const project = await testProject(db);
    const replica = another();
    const keys: bigint[] = [];
    for (let round = 0; round < 12; round++) {
      const run = await bareRun(db, project);
      keys.push(run.runKey);
      let over = false;
      const write = async (on: typeof db, n: number) => {
        for (let i = 0; !over; i++) {
          const { state } = await logBatch(on, {
            project,
            runId: run.runId,
            metrics: [{ key: `m${n}`, value: i, timestamp: 0n, step: BigInt(i) }],
            params: [{ key: `p${n}.${i}`, value: "v" }],
            tags: [{ key: `t${n}`, value: String(i) }],
          });
          if (state !== "logged") return;
        }
      };
      const rolling = async () => {
        while (!over)
          await rollUp(
            db,
            { project, runKey: run.runKey, key: "m0" },
            { worthwhile: 2, bucket: 2, chunk: 4 },
          );
      };
      const writers = [write(db, 0), write(db, 1), write(replica, 2), write(replica, 3)];
      const roller = rolling();
      await logBatch(db, {
        project,
        runId: run.runId,
        metrics: [{ key: "first", value: 0, timestamp: 0n, step: 0n }],
        params: [],
        tags: [],
      });
      await remove(project, run);
      expect((await purgeNow(project)).runs).toBe(1);
      over = true;
      await Promise.all([...writers, roller]);
    }
    expect(named(await rowsWith(db, project, "run_key", keys), isAny)).toEqual([]);
  });

  test("stays as long as a version of a registered model is made of it or of its files", async () => {
    const project = await testProject(db);
    const [byId, byFile, free] = [
      await fullRun(deps, project),
      await fullRun(deps, project),
      await fullRun(deps, project),
    ];
    for (const run of [byId, byFile, free]) await remove(project, run);
    await createRegisteredModel(db, project, { name: "model", description: "", tags: [] });
    const version = { name: "model", location: null, runLink: "", description: "", modelId: null, tags: [] };
    await createModelVersion(db, project, { ...version, source: "elsewhere", runId: byId.runId });
    const source = `mlflow-artifacts:/0/${byFile.runId}/artifacts/deep`;
    await createModelVersion(db, project, { ...version, source, runId: "" });
    expect(await purgeNow(project, { dryRun: true })).toMatchObject({ runs: 1 });
    expect(await purgeNow(project)).toMatchObject({ runs: 1 });
    expect(await findRun(db, project, free.runId)).toBeUndefined();
    await sql`delete from registered_models where project_id = ${project}`.execute(db);
    expect(await purgeNow(project)).toMatchObject({ runs: 2 });
  });
});

describe("a purged experiment", () => {
  test("leaves no row in any table that speaks of it, nor of its runs and models, active ones among them", async () => {
    const project = await testProject(db);
    const before = await objects();
    const [gone, kept] = [await newExperiment(db, project), await newExperiment(db, project)];
    const inGone = [await fullRun(deps, project, gone), await fullRun(deps, project, gone)];
    const inKept = await fullRun(deps, project, kept);
    await artifactFiles(deps).upload(project, `${gone}/stray`, () => Readable.from([Buffer.from("x")]));
    const full = await rowsWith(db, project, "experiment_id", [gone]);
    expect(named(full, isNone)).toEqual([]);
    const keptRows = await rowsWith(db, project, "experiment_id", [kept]);

    await deleteExperiment(db, project, gone, 1n);
    await moveRun(db, project, inGone[0]?.runId ?? "", "deleted"); // which MLflow allows
    expect(await purgeNow(project)).toMatchObject({
      experiments: 1,
      runs: 2,
      loggedModels: 2,
      metricPoints: 122,
      artifacts: 7,
    });
    expect(named(await rowsWith(db, project, "experiment_id", [gone]), isAny)).toEqual([]);
    const keys = inGone.map(({ runKey }) => runKey);
    expect(named(await rowsWith(db, project, "run_key", keys), isAny)).toEqual([]);
    expect(await rowsWith(db, project, "experiment_id", [kept])).toEqual(keptRows);
    expect(named(await rowsWith(db, project, "run_key", [inKept.runKey]), isAny)).toHaveLength(
      full.size === 0 ? 0 : (await rowsWith(db, project, "run_key", [inKept.runKey])).size - 1,
    );
    expect((await objects()).length - before.length).toBe(3);
    await countsMatch(project);
  });

  test("is gone for good and its name is free from the moment on at which its purge begins", async () => {
    const project = await testProject(db);
    const name = "reused";
    const id = (await createExperiment(db, project, { name, tags: [], now: 1n })) ?? -1n;
    const run = await bareRun(db, project, id);
    await deleteExperiment(db, project, id, 2n);
    expect(await hideExperiments(db, project, [id])).toEqual([id]);
    expect(await findExperimentByName(db, project, name)).toBeUndefined();
    expect(await restoreExperiment(db, project, id, 3n)).toBe(false);
    expect(await moveRun(db, project, run.runId, "deleted")).toBe(false);
    const next = await createExperiment(db, project, { name, tags: [], now: 4n });
    expect(next).toBe(id + 1n);
    // The next sweep takes it up, whatever its age.
    expect(await gc(deps, { project })).toMatchObject({ experiments: 1, runs: 1 });
    expect((await findExperimentByName(db, project, name))?.experiment_id).toBe(next);
  });

  test("leaves the files alone of an experiment whose location is within its own", async () => {
    const project = await testProject(db);
    const outer = await newExperiment(db, project);
    const artifactLocation = `mlflow-artifacts:/${outer}/inner`;
    const inner = await createExperiment(db, project, { name: "inner", artifactLocation, tags: [], now: 1n });
    const run = await bareRun(db, project, inner);
    const path = `${outer}/inner/${run.runId}/artifacts/f`;
    await artifactFiles(deps).upload(project, path, () => Readable.from([Buffer.from("x")]));
    await deleteExperiment(db, project, outer, 1n);
    expect(await purgeNow(project)).toMatchObject({ experiments: 1, artifacts: 0 });
    await artifactFiles(deps).find(project, path);
  });

  test("is never the one of clients that name none, though its deleted runs go", async () => {
    const project = await testProject(db);
    await bareRun(db, project);
    await deleteExperiment(db, project, 0n, 1n);
    expect(await purgeNow(project)).toMatchObject({ experiments: 0, runs: 1 });
    expect(await restoreExperiment(db, project, 0n, 2n)).toBe(true);
  });
});

describe("a deleted project", () => {
  test("leaves no row in any table but the audit log, and no file; other projects keep all of theirs", async () => {
    const before = await objects();
    const [gone, kept] = [await testProject(db), await testProject(db)];
    for (const project of [gone, kept]) {
      await fullRun(deps, project, await newExperiment(db, project));
      await fullRun(deps, project);
      await createRegisteredModel(db, project, {
        name: "model",
        description: "",
        tags: [{ key: "k", value: "v" }],
      });
      await artifactFiles(deps).upload(project, "stray", () => Readable.from([Buffer.from("x")]));
    }
    const keptRows = await rowsWith(db, kept, "project_id", [kept]);
    await sql`update projects set deleted_at = now() where project_id = ${gone}`.execute(db);
    expect(await gc(deps, { project: gone })).toMatchObject({ projects: 1, runs: 2, loggedModels: 2 });
    expect(named(await rowsWith(db, gone, "project_id", [gone]), isAny)).toEqual(["audit_events"]);
    expect(await rowsWith(db, kept, "project_id", [kept])).toEqual(keptRows);
    expect((await objects()).length - before.length).toBe(7);
  });
});

describe("retention", () => {
  const retain = (project: bigint, days: number | null) =>
    sql`update projects set retention_days = ${days} where project_id = ${project}`.execute(db);
  const age = (project: bigint, days: number) =>
    sql`update runs set deleted_at = deleted_at - make_interval(days => ${days}::int)
      where project_id = ${project}`.execute(db);

  test("purges what was deleted longer ago than the project says, and nothing of a project that says nothing", async () => {
    const [project, other] = [await testProject(db), await testProject(db)];
    await retain(project, 7);
    for (const of of [project, other]) await remove(of, await bareRun(db, of));
    await age(project, 8);
    await age(other, 8);
    const young = await bareRun(db, project);
    await remove(project, young);
    expect(await gc(deps)).toMatchObject({ runs: 1 });
    expect(await findRun(db, project, young.runId)).toBeDefined();
    expect((await findUsage(db, other))?.runs).toBe(1n);
    await retain(project, null);
  });

  test("counts from when it notices a deletion of which the time is not known", async () => {
    const project = await testProject(db);
    await retain(project, 1);
    const run = await bareRun(db, project);
    await remove(project, run);
    await sql`update runs set deleted_at = null where project_id = ${project}`.execute(db);
    expect(await gc(deps)).toMatchObject({ runs: 0 });
    expect((await findRun(db, project, run.runId))?.deleted_at).toBeInstanceOf(Date);
    await age(project, 2);
    expect(await gc(deps)).toMatchObject({ runs: 1 });
    await retain(project, null);
  });

  test("is told in the project's audit log", async () => {
    const project = await testProject(db);
    await remove(project, await bareRun(db, project));
    await purgeNow(project);
    const events = await db
      .selectFrom("audit_events")
      .select(["actor", "action", "details"])
      .where("project_id", "=", project)
      .where("action", "=", "deleted.purge")
      .execute();
    expect(events).toEqual([
      { actor: "retention sweep", action: "deleted.purge", details: { runs: 1, artifactBytes: "0" } },
    ]);
  });

  test("is not carried out by a dry run, which says what it would be", async () => {
    const project = await testProject(db);
    const experiment = await newExperiment(db, project);
    const inside = await fullRun(deps, project, experiment);
    const beside = await bareRun(db, project);
    await remove(project, beside);
    await deleteExperiment(db, project, experiment, 1n);
    await deleteLoggedModel(db, project, inside.modelId);
    expect(await purgeNow(project, { dryRun: true })).toMatchObject({
      experiments: 1,
      runs: 2,
      loggedModels: 1,
    });
    expect(await findRun(db, project, beside.runId)).toBeDefined();
    expect(await purgeNow(project)).toMatchObject({ experiments: 1, runs: 2, loggedModels: 1 });
  });
});

describe("usage", () => {
  test("of artifacts is the sum of their sizes, whoever replaces, deletes and purges at the same time", async () => {
    const project = await testProject(db);
    const runs = [await fullRun(deps, project), await fullRun(deps, project)];
    const all = [artifactFiles(deps), artifactFiles({ ...deps, db: another() })];
    const work = Array.from({ length: 60 }, async (_, i) => {
      const files = all[i % 2] ?? artifactFiles(deps);
      const path = `0/${runs[i % 3 === 0 ? 0 : 1]?.runId}/artifacts/f${i % 4}`;
      if (i % 5 === 4) await files.remove(callIn(project), path);
      else await files.upload(project, path, () => Readable.from([Buffer.alloc(i * 7)]));
    });
    await Promise.all(work);
    await countsMatch(project);
    await remove(project, runs[0] ?? { runId: "" });
    await purgeNow(project);
    await countsMatch(project);
    expect(await artifactBytes(db, project)).toBeGreaterThan(0n);
  });

  test("of points is exact as far as it counts, and near the truth beyond", async () => {
    const [project, other] = [await testProject(db), await testProject(db)];
    for (const [of, points] of [
      [project, 30_000],
      [other, 10_000],
    ] as const)
      await sql`
        insert into metrics (project_id, run_key, key, step, "timestamp", value)
        select ${of}, 1, 'm', i, i, i from generate_series(1, ${points}::int) i`.execute(db);
    await sql`analyze metrics`.execute(owner);
    expect(await countPoints(db, project)).toEqual({ points: 30_000n, isEstimate: false });
    const { points, isEstimate } = await countPoints(db, project, { counted: 1_000, pages: 200 });
    expect(isEstimate).toBe(true);
    expect(Number(points)).toBeGreaterThan(20_000);
    expect(Number(points)).toBeLessThan(40_000);
  });
});
