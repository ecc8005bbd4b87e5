import { sql } from "kysely";
import { type Database, transaction } from "./database.ts";
import { hintRuns } from "./run-hints.ts";
import { notePart, noteRuns } from "./written-runs.ts";

type Stage = "active" | "deleted";

/**
 * Replaces a tag of an active run by what `change` makes of its old value (undefined: there was none), with no other such
 * change between. `change` may be called more than once, and may throw.
 * @returns the run's stage; undefined when there is none.
 */
export async function changeTag(
  db: Database,
  project: bigint,
  runId: string,
  key: string,
  change: (old: string | undefined) => string,
): Promise<Stage | undefined> {
  const stage = await transaction(db, async (tx) => {
    const run = await tx
      .selectFrom("runs")
      .select(["run_key", "experiment_id", "lifecycle_stage"])
      .where("project_id", "=", project)
      .where("run_id", "=", runId)
      .forUpdate()
      .executeTakeFirst();
    if (run?.lifecycle_stage !== "active") return run?.lifecycle_stage;
    const old = await tx
      .selectFrom("tags")
      .select("value")
      .where("project_id", "=", project)
      .where("run_key", "=", run.run_key)
      .where("key", "=", key)
      .executeTakeFirst();
    const value = change(old?.value);
    await tx
      .insertInto("tags")
      .values({ project_id: project, run_key: run.run_key, key, experiment_id: run.experiment_id, value })
      .onConflict((conflict) => conflict.columns(["project_id", "run_key", "key"]).doUpdateSet({ value }))
      .execute();
    await noteRuns(tx, project, [run]);
    return run.lifecycle_stage;
  });
  hintRuns(db, project, [runId]);
  return stage;
}

/**
 * Deletes a tag of an active run, and writes the run's row anew: whoever watches finds what is written, not what is gone
 * (run-changes.ts).
 * @returns the run's stage, undefined when there is none; and whether the tag was there.
 */
export async function deleteTag(
  db: Database,
  project: bigint,
  runId: string,
  key: string,
): Promise<{ stage: Stage | undefined; deleted: boolean }> {
  const { rows } = await sql<{ lifecycle_stage: Stage; deleted: boolean }>`
    with run as materialized (
      select project_id, run_key, experiment_id, lifecycle_stage
      from runs
      where project_id = ${project} and run_id = ${runId}
    ),
    gone as (
      delete from tags
      using run
      where tags.project_id = run.project_id and tags.run_key = run.run_key
        and run.lifecycle_stage = 'active' and tags.key = ${key}
      returning 1
    ),
    touched as (
      update runs set status = status
      where project_id = ${project} and run_id = ${runId} and exists (select from gone)
    ),
    ${notePart(sql`run`)}
    select lifecycle_stage, exists (select from gone) as deleted from run`.execute(db);
  hintRuns(db, project, [runId]);
  return { stage: rows[0]?.lifecycle_stage, deleted: rows[0]?.deleted ?? false };
}
