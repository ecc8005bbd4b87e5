import { type ExpressionBuilder, type Selectable, sql } from "kysely";
import { jsonArrayFrom } from "kysely/helpers/postgres";
import type { DB, Experiments } from "../../gen/db.ts";
import { numberArray, textArray } from "./array-literals.ts";
import { type Database, transaction } from "./database.ts";
import { sqlState } from "./postgres-errors.ts";
import type { KeyValue } from "./run-data.ts";
import { hintManyRuns } from "./run-hints.ts";
import { noteEveryRun } from "./written-runs.ts";

/** An experiment with its tags, by key. Times are milliseconds since the epoch. */
export type ExperimentRow = Selectable<Experiments> & { tags: KeyValue[] };

type Stage = Experiments["lifecycle_stage"]["__select__"];

/** All experiments of a project but those being purged, as ExperimentRow; the caller narrows, orders and limits. */
export const selectExperiments = (db: Database, project: bigint) =>
  db
    .selectFrom("experiments")
    .selectAll("experiments")
    .select(tagsOfExperiment)
    .where("experiments.project_id", "=", project)
    .where("experiments.is_purged", "=", false);

const tagsOfExperiment = (eb: ExpressionBuilder<DB, "experiments">) =>
  jsonArrayFrom(
    eb
      .selectFrom("experiment_tags")
      .select(["experiment_tags.key", "experiment_tags.value"])
      .whereRef("experiment_tags.project_id", "=", "experiments.project_id")
      .whereRef("experiment_tags.experiment_id", "=", "experiments.experiment_id")
      .orderBy("experiment_tags.key"),
  ).as("tags");

export const findExperiment = (
  db: Database,
  project: bigint,
  experiment: bigint,
): Promise<ExperimentRow | undefined> =>
  selectExperiments(db, project).where("experiments.experiment_id", "=", experiment).executeTakeFirst();

/** The names of the experiments of these ids, by id. */
export const findExperimentNames = (db: Database, project: bigint, ids: readonly bigint[]) =>
  db
    .selectFrom("experiments")
    .select(["experiment_id", "name"])
    .where("project_id", "=", project)
    .where("experiment_id", "=", sql<bigint>`any(${numberArray(ids)}::bigint[])`)
    .orderBy("experiment_id")
    .execute();

/** By exact name, whatever the lifecycle stage. */
export const findExperimentByName = (
  db: Database,
  project: bigint,
  name: string,
): Promise<ExperimentRow | undefined> =>
  selectExperiments(db, project).where("experiments.name", "=", name).executeTakeFirst();

export interface NewExperiment {
  name: string;
  /** Absent: `mlflow-artifacts:/<id>`. */
  artifactLocation?: string;
  /** With distinct keys. */
  tags: readonly KeyValue[];
  /** Milliseconds since the epoch. */
  now: bigint;
  /** Who makes it; "" when nobody had to say who they are. */
  createdBy?: string;
}

/** @returns the new experiment's id, or undefined when the name is taken, by a deleted experiment too. */
export async function createExperiment(
  db: Database,
  project: bigint,
  { name, artifactLocation, tags, now, createdBy = "" }: NewExperiment,
): Promise<bigint | undefined> {
  const { rows } = await sql<{ experiment_id: bigint }>`
    with counter as (
      update counters
      set value = value + 1
      where project_id = ${project} and name = 'experiment'
        and not exists (select from experiments where project_id = ${project} and name = ${name})
      returning value
    ),
    created as (
      insert into experiments
        (project_id, experiment_id, name, artifact_location, creation_time, last_update_time, created_by)
      select ${project}, value, ${name}, coalesce(${artifactLocation ?? null}, 'mlflow-artifacts:/' || value), ${now}, ${now}, ${createdBy}
      from counter
      on conflict (project_id, name) do nothing
      returning experiment_id
    ),
    new_tag as (
      insert into experiment_tags (project_id, experiment_id, key, value)
      select ${project}, experiment_id, key, value
      from created, unnest(
        ${textArray(tags.map((tag) => tag.key))}::text[],
        ${textArray(tags.map((tag) => tag.value))}::text[]
      ) as given (key, value)
    )
    select experiment_id from created`.execute(db);
  return rows[0]?.experiment_id;
}

/** @returns what became of it; `inactive`: there is no active experiment of that id. Its own name is not taken. */
export async function renameExperiment(
  db: Database,
  project: bigint,
  experiment: bigint,
  name: string,
  now: bigint,
): Promise<"renamed" | "taken" | "inactive"> {
  try {
    const { numUpdatedRows } = await db
      .updateTable("experiments")
      .set({ name, last_update_time: now })
      .where("project_id", "=", project)
      .where("experiment_id", "=", experiment)
      .where("lifecycle_stage", "=", "active")
      .executeTakeFirst();
    return numUpdatedRows > 0n ? "renamed" : "inactive";
  } catch (error) {
    if (sqlState(error) === "23505") return "taken";
    throw error;
  }
}

/**
 * Deletes an active experiment and its active runs, which are marked as deleted with it.
 * @returns whether there was one.
 */
export async function deleteExperiment(
  db: Database,
  project: bigint,
  experiment: bigint,
  now: bigint,
): Promise<boolean> {
  const isDeleted = await transaction(db, async (tx) => {
    if (!(await moveExperiment(tx, project, experiment, "active", now))) return false;
    // A second statement, since it has to see the runs whose creation the first one waited for (runs.ts).
    await tx
      .updateTable("runs")
      .set({ lifecycle_stage: "deleted", deleted_with_experiment: true, deleted_at: sql`now()` })
      .where("project_id", "=", project)
      .where("experiment_id", "=", experiment)
      .where("lifecycle_stage", "=", "active")
      .execute();
    await noteEveryRun(tx, project, experiment);
    return true;
  });
  if (isDeleted) hintManyRuns(db, project);
  return isDeleted;
}

/**
 * Restores a deleted experiment and the runs that were deleted with it; runs deleted one by one stay deleted.
 * @returns whether there was one.
 */
export async function restoreExperiment(
  db: Database,
  project: bigint,
  experiment: bigint,
  now: bigint,
): Promise<boolean> {
  const isRestored = await transaction(db, async (tx) => {
    if (!(await moveExperiment(tx, project, experiment, "deleted", now))) return false;
    await tx
      .updateTable("runs")
      .set({ lifecycle_stage: "active", deleted_with_experiment: false, deleted_at: null })
      .where("project_id", "=", project)
      .where("experiment_id", "=", experiment)
      .where("deleted_with_experiment", "=", true)
      .execute();
    await noteEveryRun(tx, project, experiment);
    return true;
  });
  if (isRestored) hintManyRuns(db, project);
  return isRestored;
}

async function moveExperiment(
  db: Database,
  project: bigint,
  experiment: bigint,
  from: Stage,
  now: bigint,
): Promise<boolean> {
  const { numUpdatedRows } = await db
    .updateTable("experiments")
    .set({
      lifecycle_stage: from === "active" ? "deleted" : "active",
      deleted_at: from === "active" ? sql`now()` : null,
      last_update_time: now,
    })
    .where("project_id", "=", project)
    .where("experiment_id", "=", experiment)
    .where("lifecycle_stage", "=", from)
    .where("is_purged", "=", false)
    .executeTakeFirst();
  return numUpdatedRows > 0n;
}

/** Sets a tag of an active experiment. @returns the experiment's stage; undefined when there is none. */
export async function setExperimentTag(
  db: Database,
  project: bigint,
  experiment: bigint,
  { key, value }: KeyValue,
): Promise<Stage | undefined> {
  const { rows } = await sql<{ lifecycle_stage: Stage }>`
    with found as materialized (
      select project_id, experiment_id, lifecycle_stage
      from experiments
      where project_id = ${project} and experiment_id = ${experiment} and not is_purged
    ),
    new_tag as (
      insert into experiment_tags (project_id, experiment_id, key, value)
      select project_id, experiment_id, ${key}, ${value}
      from found
      where lifecycle_stage = 'active'
      on conflict (project_id, experiment_id, key) do update set value = excluded.value
    )
    select lifecycle_stage from found`.execute(db);
  return rows[0]?.lifecycle_stage;
}

/** @returns the experiment's stage, undefined when there is none; and whether it is active and had the tag, which is gone now. */
export async function deleteExperimentTag(
  db: Database,
  project: bigint,
  experiment: bigint,
  key: string,
): Promise<{ stage: Stage | undefined; deleted: boolean }> {
  const { rows } = await sql<{ lifecycle_stage: Stage; deleted: boolean }>`
    with found as materialized (
      select project_id, experiment_id, lifecycle_stage
      from experiments
      where project_id = ${project} and experiment_id = ${experiment} and not is_purged
    ),
    gone as (
      delete from experiment_tags
      using found
      where experiment_tags.project_id = found.project_id and experiment_tags.experiment_id = found.experiment_id
        and found.lifecycle_stage = 'active' and experiment_tags.key = ${key}
      returning 1
    )
    select lifecycle_stage, exists (select from gone) as deleted from found`.execute(db);
  return { stage: rows[0]?.lifecycle_stage, deleted: rows[0]?.deleted ?? false };
}
