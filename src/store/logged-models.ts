import { type Selectable, sql } from "kysely";
import type { LoggedModels } from "../../gen/db.ts";
import { textArray } from "./array-literals.ts";
import type { Database } from "./database.ts";
import { type LoggedModelData, loadModelData } from "./logged-model-data.ts";
import type { KeyValue } from "./run-data.ts";

/** A row of `logged_models`; times are milliseconds since the epoch. */
export type LoggedModelRow = Selectable<LoggedModels>;

export type LoggedModelStatus = LoggedModelRow["status"];

/** A logged model with all that belongs to it. */
export interface LoggedModel extends LoggedModelData {
  row: LoggedModelRow;
}

/** Milliseconds since the epoch. */
const now = () => BigInt(Date.now());

/** A logged model to be made; no two params, and no two tags, have the same key. */
export interface NewLoggedModel {
  project: bigint;
  experiment: bigint;
  /** `m-` and 32 lower-case hex digits, never used before. */
  modelId: string;
  name: string;
  modelType: string | undefined;
  sourceRunId: string | undefined;
  params: readonly KeyValue[];
  tags: readonly KeyValue[];
}

/** Makes a model in an active experiment, PENDING. @returns its row; or the experiment's stage; undefined when that is not there. */
export async function createLoggedModel(
  db: Database,
  { project, experiment, modelId, name, modelType, sourceRunId, params, tags }: NewLoggedModel,
): Promise<LoggedModelRow | "deleted" | undefined> {
  const time = now();
  // The model's id goes behind the path of the experiment's location, before a query and a fragment, as a run's does.
  const { rows } = await sql<LoggedModelRow & { experiment_stage: "active" | "deleted" }>`
    with experiment as materialized (
      select project_id, experiment_id, artifact_location, lifecycle_stage as experiment_stage
      from experiments
      where project_id = ${project} and experiment_id = ${experiment}
      for share
    ),
    new_model as (
      insert into logged_models (
        project_id, model_id, experiment_id, name, model_type, source_run_id, artifact_uri, creation_time, last_updated_time
      )
      select project_id, ${modelId}::text, experiment_id, ${name}::text, ${modelType ?? null}::text, ${sourceRunId ?? null}::text,
        regexp_replace(substring(artifact_location from '^[^?#]*'), '/$', '')
          || '/models/' || ${modelId}::text || '/artifacts' || coalesce(substring(artifact_location from '[?#].*$'), ''),
        ${time}::bigint, ${time}::bigint
      from experiment
      where experiment_stage = 'active'
      returning *
    ),
    ${insertKeyValues("logged_model_params", params)},
    ${insertKeyValues("logged_model_tags", tags)}
    select experiment_stage, new_model.*
    from experiment
    left join new_model using (project_id)`.execute(db);
  const [found] = rows;
  if (found === undefined) return undefined;
  const { experiment_stage, ...row } = found;
  return experiment_stage === "active" ? row : "deleted";
}

/** The params or tags of the model in `new_model`, as a part of a WITH. */
const insertKeyValues = (
  table: "logged_model_params" | "logged_model_tags",
  items: readonly KeyValue[],
) => sql`
    ${sql.id(`new_${table}`)} as (
      insert into ${sql.table(table)} (project_id, model_id, key, value)
      select project_id, model_id, key, value
      from new_model, unnest(
        ${textArray(items.map((item) => item.key))}::text[],
        ${textArray(items.map((item) => item.value))}::text[]
      ) as given (key, value)
    )`;

/** The model with all that belongs to it; undefined when it does not exist, or is deleted and not asked for. */
export async function findLoggedModel(
  db: Database,
  project: bigint,
  modelId: string,
  { evenDeleted = false } = {},
): Promise<LoggedModel | undefined> {
  const [row, data] = await Promise.all([
    db
      .selectFrom("logged_models")
      .selectAll()
      .where("project_id", "=", project)
      .where("model_id", "=", modelId)
      .$if(!evenDeleted, (query) => query.where("lifecycle_stage", "=", "active"))
      .executeTakeFirst(),
    loadModelData(db, project, [modelId]),
  ]);
  return row && { row, ...(data.get(modelId) ?? nothing) };
}

const nothing: LoggedModelData = { params: [], tags: [], metrics: [] };

/** The models of `rows` with all that belongs to them. */
export async function loadLoggedModels(
  db: Database,
  project: bigint,
  rows: readonly LoggedModelRow[],
): Promise<LoggedModel[]> {
  if (rows.length === 0) return [];
  const data = await loadModelData(
    db,
    project,
    rows.map((row) => row.model_id),
  );
  return rows.map((row) => ({ row, ...(data.get(row.model_id) ?? nothing) }));
}

/** The first of the ids that no model has, or only a deleted one; undefined when all exist. */
export async function findAbsentModel(
  db: Database,
  project: bigint,
  modelIds: readonly string[],
): Promise<string | undefined> {
  const wanted = [...new Set(modelIds)];
  const found = await db
    .selectFrom("logged_models")
    .select("model_id")
    .where("project_id", "=", project)
    .where("model_id", "=", (eb) => eb.fn.any(eb.val(wanted)))
    .where("lifecycle_stage", "=", "active")
    .execute();
  const known = new Set(found.map((row) => row.model_id));
  return wanted.find((id) => !known.has(id));
}

/** Where the artifacts of a model are; undefined when it does not exist. */
export async function findModelArtifactUri(
  db: Database,
  project: bigint,
  modelId: string,
): Promise<string | undefined> {
  const row = await db
    .selectFrom("logged_models")
    .select("artifact_uri")
    .where("project_id", "=", project)
    .where("model_id", "=", modelId)
    .where("lifecycle_stage", "=", "active")
    .executeTakeFirst();
  return row?.artifact_uri;
}

/** Sets the status of a model. @returns whether it exists. */
export async function finalizeLoggedModel(
  db: Database,
  project: bigint,
  modelId: string,
  status: LoggedModelStatus,
): Promise<boolean> {
  const { numUpdatedRows } = await db
    .updateTable("logged_models")
    .set({ status, last_updated_time: now() })
    .where("project_id", "=", project)
    .where("model_id", "=", modelId)
    .where("lifecycle_stage", "=", "active")
    .executeTakeFirst();
  return numUpdatedRows > 0n;
}

/** Moves a model out of sight; one that is deleted already stays as it is. @returns whether it exists in either stage. */
export async function deleteLoggedModel(db: Database, project: bigint, modelId: string): Promise<boolean> {
  const { numUpdatedRows } = await db
    .updateTable("logged_models")
    .set((eb) => ({
      lifecycle_stage: "deleted",
      last_updated_time: eb
        .case()
        .when("lifecycle_stage", "=", "active")
        .then(now())
        .else(eb.ref("last_updated_time"))
        .end(),
    }))
    .where("project_id", "=", project)
    .where("model_id", "=", modelId)
    .executeTakeFirst();
  return numUpdatedRows > 0n;
}
