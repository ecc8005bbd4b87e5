import { sql } from "kysely";
import { numberArray, textArray } from "./array-literals.ts";
import { type Database, transaction } from "./database.ts";
import type { KeyValue, MetricPoint } from "./run-data.ts";

/** A point of a metric that speaks of a logged model; the dataset's texts are "" where none was named. */
export interface ModelMetric extends MetricPoint {
  modelId: string;
  datasetName: string;
  datasetDigest: string;
}

/** The latest point of a metric of a model, as one run logged it for one dataset. */
export interface LatestModelMetric extends Omit<ModelMetric, "modelId"> {
  /** As Postgres prints a uuid, with dashes. */
  runId: string;
}

/** What belongs to a logged model, each list by key. */
export interface LoggedModelData {
  params: KeyValue[];
  tags: KeyValue[];
  metrics: LatestModelMetric[];
}

/** The data of many models, by id. Three queries at once, whatever the number of models. */
export async function loadModelData(
  db: Database,
  project: bigint,
  modelIds: readonly string[],
): Promise<Map<string, LoggedModelData>> {
  const data = new Map<string, LoggedModelData>(
    modelIds.map((id) => [id, { params: [], tags: [], metrics: [] }]),
  );
  const keyValues = (table: "logged_model_params" | "logged_model_tags") =>
    db
      .selectFrom(table)
      .select(["model_id", "key", "value"])
      .where("project_id", "=", project)
      .where("model_id", "=", (eb) => eb.fn.any(eb.val(modelIds)))
      .orderBy("model_id")
      .orderBy("key")
      .execute();
  const [params, tags, metrics] = await Promise.all([
    keyValues("logged_model_params"),
    keyValues("logged_model_tags"),
    db
      .selectFrom("logged_model_metrics as metric")
      .innerJoin("runs", (join) =>
        join.onRef("runs.project_id", "=", "metric.project_id").onRef("runs.run_key", "=", "metric.run_key"),
      )
      .select([
        "model_id",
        "key",
        "value",
        "timestamp",
        "step",
        "run_id as runId",
        "dataset_name as datasetName",
        "dataset_digest as datasetDigest",
      ])
      .where("metric.project_id", "=", project)
      .where("model_id", "=", (eb) => eb.fn.any(eb.val(modelIds)))
      .orderBy("model_id")
      .orderBy("key")
      .orderBy("metric.run_key")
      .orderBy("dataset_name")
      .orderBy("dataset_digest")
      .execute(),
  ]);
  for (const { model_id, ...param } of params) data.get(model_id)?.params.push(param);
  for (const { model_id, ...tag } of tags) data.get(model_id)?.tags.push(tag);
  for (const { model_id, ...metric } of metrics) data.get(model_id)?.metrics.push(metric);
  return data;
}

/** Sets tags, with distinct keys, over earlier values. @returns whether the model exists. */
export async function setModelTags(
  db: Database,
  project: bigint,
  modelId: string,
  tags: readonly KeyValue[],
): Promise<boolean> {
  const { rows } = await sql`
    with model as materialized (${activeModel(project, modelId)}),
    new_tag as (
      insert into logged_model_tags (project_id, model_id, key, value)
      select project_id, model_id, key, value
      from model, unnest(
        ${textArray(tags.map((tag) => tag.key))}::text[],
        ${textArray(tags.map((tag) => tag.value))}::text[]
      ) as given (key, value)
      order by key collate "C"
      on conflict (project_id, model_id, key) do update set value = excluded.value
    )
    select from model`.execute(db);
  return rows.length > 0;
}

const activeModel = (project: bigint, modelId: string) => sql`
      select project_id, model_id
      from logged_models
      where project_id = ${project} and model_id = ${modelId} and lifecycle_stage = 'active'`;

/** Deletes a tag. @returns whether it was there; undefined when the model does not exist. */
export async function deleteModelTag(
  db: Database,
  project: bigint,
  modelId: string,
  key: string,
): Promise<boolean | undefined> {
  const { rows } = await sql<{ deleted: boolean }>`
    with model as materialized (${activeModel(project, modelId)}),
    gone as (
      delete from logged_model_tags as tag
      using model
      where tag.project_id = model.project_id and tag.model_id = model.model_id and key = ${key}
      returning 1
    )
    select exists (select from gone) as deleted from model`.execute(db);
  return rows[0]?.deleted;
}

/** `changed`: a param exists with another value, and nothing of the request is stored. */
export type ParamsOutcome =
  | { state: "logged" | "absent" }
  | { state: "changed"; param: KeyValue; stored: string };

/** Adds params, with distinct keys; those that exist with the same value may be repeated. All or nothing. */
export function logModelParams(
  db: Database,
  project: bigint,
  modelId: string,
  params: readonly KeyValue[],
): Promise<ParamsOutcome> {
  return transaction(db, async (tx): Promise<ParamsOutcome> => {
    const model = await tx
      .selectFrom("logged_models")
      .select("model_id")
      .where("project_id", "=", project)
      .where("model_id", "=", modelId)
      .where("lifecycle_stage", "=", "active")
      .forUpdate()
      .executeTakeFirst();
    if (model === undefined) return { state: "absent" };
    if (params.length === 0) return { state: "logged" };
    const stored = await tx
      .selectFrom("logged_model_params")
      .select(["key", "value"])
      .where("project_id", "=", project)
      .where("model_id", "=", modelId)
      .where("key", "=", (eb) => eb.fn.any(eb.val(params.map((param) => param.key))))
      .execute();
    const values = new Map(stored.map(({ key, value }) => [key, value]));
    for (const param of params) {
      const value = values.get(param.key);
      if (value !== undefined && value !== param.value) return { state: "changed", param, stored: value };
    }
    await tx
      .insertInto("logged_model_params")
      .values(params.map((param) => ({ project_id: project, model_id: modelId, ...param })))
      .onConflict((conflict) => conflict.doNothing())
      .execute();
    return { state: "logged" };
  });
}

/** The points of one group of batches: `places[i]` is the place, from 1, of the batch that `points[i]` came with. */
export interface ModelPoints {
  places: readonly number[];
  items: readonly ModelMetric[];
}

/**
 * The part of log-batch.ts's statement that keeps the latest points of logged models, which must exist. Rows of `writable`
 * are the batches that are written.
 */
export const modelMetricParts = ({ places, items }: ModelPoints) => sql`
  model_metric as (
    insert into logged_model_metrics (
      project_id, model_id, key, run_key, dataset_name, dataset_digest, step, "timestamp", value
    )
    select distinct on (project_id, model_id, key collate "C", run_key, dataset_name, dataset_digest)
      project_id, model_id, key, run_key, dataset_name, dataset_digest, step, "timestamp", value
    from unnest(
      ${numberArray(places)}::bigint[],
      ${textArray(items.map((item) => item.modelId))}::text[],
      ${textArray(items.map((item) => item.key))}::text[],
      ${textArray(items.map((item) => item.datasetName))}::text[],
      ${textArray(items.map((item) => item.datasetDigest))}::text[],
      ${numberArray(items.map((item) => item.step))}::bigint[],
      ${numberArray(items.map((item) => item.timestamp))}::bigint[],
      ${numberArray(items.map((item) => item.value))}::float8[]
    ) as given (n, model_id, key, dataset_name, dataset_digest, step, "timestamp", value)
    join writable using (n)
    order by project_id, model_id, key collate "C", run_key, dataset_name, dataset_digest,
      step desc, "timestamp" desc, value desc
    on conflict (project_id, model_id, key, run_key, dataset_hash) do update
    set step = excluded.step, "timestamp" = excluded."timestamp", value = excluded.value
    where (excluded.step, excluded."timestamp", excluded.value)
      > (logged_model_metrics.step, logged_model_metrics."timestamp", logged_model_metrics.value)
  )`;
