import { type SqlBool, sql } from "kysely";
import { numberArray } from "./array-literals.ts";
import { type Database, transaction } from "./database.ts";
import { isHeldExperiment } from "./held.ts";
import { sqlState } from "./postgres-errors.ts";
import { deleteRows, partSize } from "./purge-part.ts";
import { purgeTables } from "./purge-tables.ts";

/** `Default`, without which a client that names no experiment could not begin (behaviour.md §5). */
export const defaultExperiment = 0n;

/** An experiment, as a caller who wants to purge it has to know it. */
export interface ExperimentState {
  experiment: bigint;
  stage: "active" | "deleted";
  isHeld: boolean;
}

/** Those of the experiments that exist. */
export async function findExperimentStates(
  db: Database,
  project: bigint,
  experiments: readonly bigint[],
): Promise<ExperimentState[]> {
  const { rows } = await sql<{ experiment_id: bigint; stage: "active" | "deleted"; is_held: boolean }>`
    select experiment_id, lifecycle_stage as stage, ${isHeldExperiment} as is_held
    from experiments
    where project_id = ${project} and experiment_id = any(${numberArray(experiments)}::bigint[])
      and not is_purged`.execute(db);
  return rows.map((row) => ({ experiment: row.experiment_id, stage: row.stage, isHeld: row.is_held }));
}

/** The experiments that were deleted so many days ago, at least, and may be purged. */
export async function findDeletedExperiments(db: Database, project: bigint, days: number): Promise<bigint[]> {
  const { rows } = await sql<{ experiment_id: bigint }>`
    select experiment_id from experiments
    where project_id = ${project} and lifecycle_stage = 'deleted' and not is_purged
      and deleted_at <= now() - make_interval(days => ${days}::int)
      and experiment_id <> ${defaultExperiment} and not ${isHeldExperiment}
    order by deleted_at`.execute(db);
  return rows.map((row) => row.experiment_id);
}

/**
 * Lets experiments vanish that are deleted: no caller finds them any more, nothing brings them back, and their names are
 * free. Their runs and all else are left to remove.
 * @param alongside is done in the same transaction, if it was any.
 * @returns those that it was.
 */
export function hideExperiments(
  db: Database,
  project: bigint,
  experiments: readonly bigint[],
  alongside: (tx: Database) => Promise<void> = async () => {},
): Promise<bigint[]> {
  return transaction(db, async (tx) => {
    const { rows } = await sql<{ experiment_id: bigint }>`
      update experiments
      set is_purged = true, name = 'purged ' || gen_random_uuid()
      where project_id = ${project} and experiment_id = any(${numberArray(experiments)}::bigint[])
        and lifecycle_stage = 'deleted' and not is_purged
      returning experiment_id`.execute(tx);
    if (rows.length > 0) await alongside(tx);
    return rows.map((row) => row.experiment_id);
  });
}

/** The experiments of a project that have vanished and of which something is left. */
export async function hiddenExperiments(db: Database, project: bigint): Promise<bigint[]> {
  const rows = await db
    .selectFrom("experiments")
    .select("experiment_id")
    .where("project_id", "=", project)
    .where("is_purged", "=", true)
    .orderBy("experiment_id")
    .execute();
  return rows.map((row) => row.experiment_id);
}

/** Where an experiment's artifacts are; undefined for a place that it shares, or that a caller chose. */
export async function ownLocation(
  db: Database,
  project: bigint,
  experiment: bigint,
): Promise<string | undefined> {
  const { rows } = await sql<{ artifact_location: string }>`
    select artifact_location from experiments as own
    where project_id = ${project} and experiment_id = ${experiment}
      and artifact_location = 'mlflow-artifacts:/' || experiment_id
      and not exists (
        select from experiments as other
        where other.project_id = own.project_id and other.experiment_id <> own.experiment_id
          and regexp_replace(other.artifact_location, '^mlflow-artifacts:/*', '') || '/'
            ^@ (own.experiment_id || '/')
      )`.execute(db);
  return rows[0]?.artifact_location;
}

/** Removes an experiment of which no runs and models are left. @returns false when some are, after all. */
export async function removeExperiment(db: Database, project: bigint, experiment: bigint): Promise<boolean> {
  const { ofExperiment } = await purgeTables(db);
  const where = sql<SqlBool>`project_id = ${project} and experiment_id = ${experiment}`;
  try {
    for (const table of ofExperiment)
      while ((await transaction(db, (tx) => deleteRows(tx, table, where, partSize))) === partSize);
    return true;
  } catch (error) {
    if (sqlState(error) === "23503") return false;
    throw error;
  }
}
