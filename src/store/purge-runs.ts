/**
 * Runs on their way out. A run is purged in two steps: first it leaves `runs` for `purged_runs`, which no caller sees and
 * nothing brings back; then all that speaks of it is removed, in parts. Whoever begins after a crash finds in `purged_runs`
 * what is left to do, and may do it all again.
 */
import { type SqlBool, sql } from "kysely";
import { LoggiaError } from "../errors.ts";
import { numberArray, textArray } from "./array-literals.ts";
import { type Database, transaction } from "./database.ts";
import { isHeldRun } from "./held.ts";
import { purgeTables } from "./purge-tables.ts";
import { writersAreDone } from "./writers.ts";

/** A deleted run, at a moment. */
export interface DeletedRun {
  runKey: bigint;
  /** The moment of its deletion, as exactly as Postgres knows it: another one if it was restored meanwhile. */
  since: string;
}

/** What is left of a run that nobody can find any more. */
export interface PurgedRun {
  runKey: bigint;
  artifactUri: string;
}

/** `deletedBefore`: days since the deletion, at least. `experiment` and `all` do not ask whether a run is deleted. */
export type RunSelection = { deletedBefore: number } | { experiment: bigint } | { all: true };

/** A run by its id, as a caller who wants to purge it has to know it. */
export interface RunState {
  /** As Postgres prints a uuid. */
  runId: string;
  stage: "active" | "deleted";
  isHeld: boolean;
  run: DeletedRun;
}

const since = sql<string>`coalesce(runs.deleted_at::text, '')`;

/** Those of the runs that exist. */
export async function findRunStates(
  db: Database,
  project: bigint,
  runIds: readonly string[],
): Promise<RunState[]> {
  const { rows } = await sql<{
    run_key: bigint;
    run_id: string;
    stage: "active" | "deleted";
    since: string;
    is_held: boolean;
  }>`
    select runs.run_key, runs.run_id, runs.lifecycle_stage as stage, ${since} as since, ${isHeldRun} as is_held
    from runs
    where runs.project_id = ${project} and runs.run_id = any(${textArray(runIds)}::uuid[])`.execute(db);
  return rows.map((row) => ({
    runId: row.run_id,
    stage: row.stage,
    isHeld: row.is_held,
    run: { runKey: row.run_key, since: row.since },
  }));
}

/** Up to `most` runs that are to be purged. Those of a selection that asks for more than deleted ones are deleted now. */
export async function nextRuns(
  db: Database,
  project: bigint,
  selection: RunSelection,
  most: number,
): Promise<DeletedRun[]> {
  if ("deletedBefore" in selection) {
    const { rows } = await sql<{ run_key: bigint; since: string }>`
      select runs.run_key, ${since} as since
      from runs
      where ${wasDeleted(project, selection.deletedBefore)} and not ${isHeldRun}
      order by runs.deleted_at, runs.run_key
      limit ${most}`.execute(db);
    return rows.map((row) => ({ runKey: row.run_key, since: row.since }));
  }
  const ofExperiment =
    "experiment" in selection ? sql`and runs.experiment_id = ${selection.experiment}` : sql``;
  const { rows } = await sql<{ run_key: bigint; since: string }>`
    update runs
    set lifecycle_stage = 'deleted', deleted_at = coalesce(runs.deleted_at, now())
    where runs.project_id = ${project} and runs.run_key = any(array(
      select run_key from runs where runs.project_id = ${project} ${ofExperiment} limit ${most}
    ))
    returning runs.run_key, ${since} as since`.execute(db);
  return rows.map((row) => ({ runKey: row.run_key, since: row.since }));
}

const wasDeleted = (project: bigint, days: number) => sql<SqlBool>`
  runs.project_id = ${project} and runs.lifecycle_stage = 'deleted'
  and runs.deleted_at <= now() - make_interval(days => ${days}::int)`;

/** How many runs would be purged by age, or with one of the experiments. */
export async function countRuns(
  db: Database,
  project: bigint,
  days: number,
  experiments: readonly bigint[],
): Promise<number> {
  const { rows } = await sql<{ count: bigint }>`
    select count(*) as count from (
      select run_key from runs where ${wasDeleted(project, days)} and not ${isHeldRun}
      union
      select run_key from runs
      where runs.project_id = ${project} and runs.experiment_id = any(${numberArray(experiments)}::bigint[])
    ) as due`.execute(db);
  return Number(rows[0]?.count ?? 0n);
}

/** Of the tables that speak of runs, those that no caller writes to, but metric-rollups.ts, which looks for its own row. */
const background = ["metric_rollups", "metric_buckets"];

/**
 * Takes the runs out of `runs` that are still deleted as they were: they are gone for every caller.
 *
 * A writer looks whether its run is active and then writes, in one statement, without a lock on the run. So the statements
 * are waited for that may have seen it active; one that begins later does not, unless it was restored, which `since` tells.
 * @param alongside is done in the same transaction, if any was taken.
 * @returns those that were taken.
 * @throws TEMPORARILY_UNAVAILABLE when a write takes too long.
 */
export async function takeOut(
  db: Database,
  project: bigint,
  runs: readonly DeletedRun[],
  alongside: (tx: Database) => Promise<void> = async () => {},
): Promise<PurgedRun[]> {
  if (runs.length === 0) return [];
  const { ofRun } = await purgeTables(db);
  const written = ofRun.filter((name) => !background.includes(name));
  if (!(await writersAreDone(db, written)))
    throw new LoggiaError(
      "TEMPORARILY_UNAVAILABLE",
      "Runs are being written to that could be the ones to purge. Try again.",
      { retryAfter: 10 },
    );
  return transaction(db, async (tx) => {
    const { rows } = await sql<{ run_key: bigint; artifact_uri: string }>`
      with chosen as materialized (
        select runs.run_key
        from unnest(
          ${numberArray(runs.map((run) => run.runKey))}::bigint[],
          ${textArray(runs.map((run) => run.since))}::text[]
        ) as given (run_key, since)
        join runs on runs.project_id = ${project} and runs.run_key = given.run_key
        where runs.lifecycle_stage = 'deleted' and ${since} = given.since
        order by runs.run_key
        for update of runs
      ),
      dataset as (
        delete from run_datasets
        where project_id = ${project} and run_key = any(array(select run_key from chosen))
      ),
      model as (
        delete from run_models
        where project_id = ${project} and run_key = any(array(select run_key from chosen))
      ),
      gone as (
        delete from runs
        where project_id = ${project} and run_key = any(array(select run_key from chosen))
        returning project_id, run_key, run_id, artifact_uri
      ),
      counted as (
        insert into counters (project_id, name, value)
        select project_id, 'purged_run', count(*) from gone group by project_id
        on conflict (project_id, name) do update set value = counters.value + excluded.value
      )
      insert into purged_runs (project_id, run_key, run_id, artifact_uri)
      select project_id, run_key, run_id, artifact_uri from gone
      returning run_key, artifact_uri`.execute(tx);
    if (rows.length > 0) await alongside(tx);
    return rows.map((row) => ({ runKey: row.run_key, artifactUri: row.artifact_uri }));
  });
}

/** Up to `most` runs of which something may be left, from a run on. */
export async function leftovers(
  db: Database,
  project: bigint,
  after: bigint,
  most: number,
): Promise<PurgedRun[]> {
  const rows = await db
    .selectFrom("purged_runs")
    .select(["run_key", "artifact_uri"])
    .where("project_id", "=", project)
    .where("run_key", ">", after)
    .orderBy("run_key")
    .limit(most)
    .execute();
  return rows.map((row) => ({ runKey: row.run_key, artifactUri: row.artifact_uri }));
}
