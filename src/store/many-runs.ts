import { sql } from "kysely";
import { numberArray, textArray } from "./array-literals.ts";
import { type Database, transaction } from "./database.ts";
import { hintRuns } from "./run-hints.ts";
import { noteRuns } from "./written-runs.ts";

/** Changes of many runs at once: all or none, each safe to repeat. */

type Stage = "active" | "deleted";

/** A run that keeps a change from being made: `absent`, or in a stage in which it may not be made. */
export interface Obstacle {
  /** 32 lower-case hex digits. */
  runId: string;
  why: "absent" | "deleted" | "purging";
}

interface LockedRun {
  run_key: bigint;
  run_id: string;
  experiment_id: bigint;
  lifecycle_stage: Stage;
  is_purging: boolean;
}

/**
 * Moves runs to the lifecycle stage `to`, where some may be already. They no longer follow their experiment's deletion and
 * restoration; out of an experiment that is being purged there is no way back.
 * @param runIds each 32 lower-case hex digits, none twice.
 * @returns the ids of those that were in the other stage, or what is in the way.
 */
export const moveRuns = (
  db: Database,
  project: bigint,
  runIds: readonly string[],
  to: Stage,
): Promise<string[] | Obstacle> =>
  transaction(db, async (tx) => {
    const runs = await lockRuns(tx, project, runIds);
    const obstacle =
      absentRun(runs, runIds) ?? (to === "active" ? runs.find((run) => run.is_purging) : undefined);
    if (obstacle !== undefined)
      return "why" in obstacle ? obstacle : { runId: idOf(obstacle), why: "purging" };
    const moving = runs.filter((run) => run.lifecycle_stage !== to);
    if (moving.length > 0)
      await sql`
        update runs
        set lifecycle_stage = ${to}, deleted_with_experiment = false,
          deleted_at = ${to === "deleted" ? sql`now()` : sql`null`}
        where project_id = ${project}
          and run_key = any(${numberArray(moving.map((run) => run.run_key))}::bigint[])`.execute(tx);
    const moved = moving.map(idOf);
    await noteRuns(tx, project, moving);
    hintRuns(tx, project, moved);
    return moved;
  });

/**
 * Sets a tag of active runs, or deletes it where they have it, and writes the rows of these runs anew as deleteTag does
 * (tags.ts).
 * @param value undefined deletes.
 * @returns what is in the way, if anything.
 */
export const tagRuns = (
  db: Database,
  project: bigint,
  runIds: readonly string[],
  key: string,
  value: string | undefined,
): Promise<Obstacle | undefined> =>
  transaction(db, async (tx) => {
    const runs = await lockRuns(tx, project, runIds);
    const absent = absentRun(runs, runIds);
    if (absent !== undefined) return absent;
    const deleted = runs.find((run) => run.lifecycle_stage === "deleted");
    if (deleted !== undefined) return { runId: idOf(deleted), why: "deleted" };
    const runKeys = numberArray(runs.map((run) => run.run_key));
    if (value === undefined)
      await sql`
        with gone as (
          delete from tags
          where project_id = ${project} and run_key = any(${runKeys}::bigint[]) and key = ${key}
          returning run_key
        )
        update runs set status = status
        where project_id = ${project} and run_key in (select run_key from gone)`.execute(tx);
    else
      await sql`
        insert into tags (project_id, run_key, key, experiment_id, value)
        select ${project}, run_key, ${key}, experiment_id, ${value}
        from unnest(
          ${runKeys}::bigint[], ${numberArray(runs.map((run) => run.experiment_id))}::bigint[]
        ) as given (run_key, experiment_id)
        on conflict (project_id, run_key, key) do update set value = excluded.value`.execute(tx);
    await noteRuns(tx, project, runs);
    hintRuns(tx, project, runIds);
    return undefined;
  });

const idOf = (run: LockedRun) => run.run_id.replaceAll("-", "");

function absentRun(runs: readonly LockedRun[], runIds: readonly string[]): Obstacle | undefined {
  if (runs.length === runIds.length) return undefined;
  const found = new Set(runs.map(idOf));
  const runId = runIds.find((id) => !found.has(id)) ?? "";
  return { runId, why: "absent" };
}

/** In the order of their numbers, so that two such changes do not wait for each other. */
async function lockRuns(tx: Database, project: bigint, runIds: readonly string[]): Promise<LockedRun[]> {
  const { rows } = await sql<LockedRun>`
    select runs.run_key, runs.run_id, runs.experiment_id, runs.lifecycle_stage, exists (
      select from experiments
      where experiments.project_id = runs.project_id and experiments.experiment_id = runs.experiment_id
        and is_purged
    ) as is_purging
    from runs
    where runs.project_id = ${project} and runs.run_id = any(${textArray(runIds)}::uuid[])
    order by runs.run_key
    for update of runs`.execute(tx);
  return rows;
}
