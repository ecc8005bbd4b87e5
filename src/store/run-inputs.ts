import { type SqlBool, sql } from "kysely";
import { numberArray, textArray } from "./array-literals.ts";
import type { Database } from "./database.ts";
import type { KeyValue } from "./run-data.ts";
import type { RunRow } from "./runs.ts";

/** A dataset as an input of a run; `tags` say what for, such as `mlflow.data.context`. */
export interface DatasetInput {
  name: string;
  digest: string;
  sourceType: string;
  source: string;
  schema: string | undefined;
  profile: string | undefined;
  tags: readonly KeyValue[];
}

/** A logged model that a run took in or put out; `step` counts for outputs. */
export interface RunModel {
  role: "input" | "output";
  modelId: string;
  step: bigint;
}

/** What a run took in and put out: datasets by name and digest, models by id and step. */
export interface RunInputs {
  datasets: DatasetInput[];
  models: RunModel[];
}

/** What one request says about the inputs and outputs of one run; no dataset is in it twice. */
export interface NewInputs {
  project: bigint;
  /** 32 lower-case hex digits. */
  runId: string;
  datasets: readonly DatasetInput[];
  models: readonly RunModel[];
}

/** All is stored, or nothing. `absent` and `deleted` speak of the run; `modelId` is that of a model that does not exist. */
export type InputsOutcome =
  | { state: "logged" }
  | { state: "absent" }
  | { state: "deleted" }
  | { state: "absent model"; modelId: string };

/**
 * Adds inputs and outputs to an active run, in one statement; what is there already stays as it is, so it may be repeated.
 * Of a dataset that the experiment knows by name and digest, the description that came first is kept.
 */
export async function logInputs(db: Database, inputs: NewInputs): Promise<InputsOutcome> {
  const { rows } = await inputsStatement(inputs).execute(db);
  const [found] = rows;
  if (found === undefined) return { state: "absent" };
  if (found.lifecycle_stage === "deleted") return { state: "deleted" };
  return found.absent_model === null
    ? { state: "logged" }
    : { state: "absent model", modelId: found.absent_model };
}

const inputsStatement = ({ project, runId, datasets, models }: NewInputs) => sql<{
  lifecycle_stage: RunRow["lifecycle_stage"];
  absent_model: string | null;
}>`
  with run as materialized (
    select project_id, run_key, experiment_id, lifecycle_stage
    from runs
    where project_id = ${project} and run_id = ${runId}
  ),
  model as materialized (
    select role, given.model_id, step, logged_models.model_id is not null as known
    from unnest(
      ${textArray(models.map((model) => model.role))}::text[],
      ${textArray(models.map((model) => model.modelId))}::text[],
      ${numberArray(models.map((model) => model.step))}::bigint[]
    ) as given (role, model_id, step)
    left join logged_models on logged_models.project_id = ${project}
      and logged_models.model_id = given.model_id and lifecycle_stage = 'active'
  ),
  ready as materialized (
    select * from run where lifecycle_stage = 'active' and not exists (select from model where not known)
  ),
  dataset as materialized (
    select ready.*, given.*
    from ready, unnest(
      ${textArray(datasets.map((dataset) => dataset.name))}::text[],
      ${textArray(datasets.map((dataset) => dataset.digest))}::text[],
      ${textArray(datasets.map((dataset) => dataset.sourceType))}::text[],
      ${textArray(datasets.map((dataset) => dataset.source))}::text[],
      ${datasets.map((dataset) => dataset.schema ?? null)}::text[],
      ${datasets.map((dataset) => dataset.profile ?? null)}::text[],
      ${textArray(datasets.map((dataset) => JSON.stringify(dataset.tags)))}::json[]
    ) as given (name, digest, source_type, source, schema, profile, tags)
  ),
  new_dataset as (
    insert into datasets (project_id, experiment_id, name, digest, source_type, source, schema, profile)
    select project_id, experiment_id, name, digest, source_type, source, schema, profile
    from dataset
    order by name collate "C", digest collate "C"
    on conflict do nothing
  ),
  new_input as (
    insert into run_datasets (project_id, run_key, name, digest, experiment_id, tags)
    select project_id, run_key, name, digest, experiment_id, tags
    from dataset
    order by name collate "C", digest collate "C"
    on conflict do nothing
  ),
  new_model as (
    insert into run_models (project_id, run_key, role, model_id, step)
    select project_id, run_key, role, model_id, step
    from ready, model
    order by role collate "C", model_id collate "C", step
    on conflict do nothing
  ),
  marked as (
    update runs set has_inputs = true
    from ready
    where runs.project_id = ready.project_id and runs.run_key = ready.run_key and not has_inputs
      and ${datasets.length + models.length} > 0
  )
  select lifecycle_stage, (select model_id from model where not known limit 1) as absent_model
  from run`;

/** The inputs and outputs of those of the runs that have any, by run key; no query when none has. */
export async function findRunInputs(
  db: Database,
  project: bigint,
  runs: readonly Pick<RunRow, "run_key" | "has_inputs">[],
): Promise<Map<bigint, RunInputs>> {
  const marked = runs.filter((run) => run.has_inputs).map((run) => run.run_key);
  const inputs = new Map<bigint, RunInputs>(marked.map((runKey) => [runKey, { datasets: [], models: [] }]));
  if (inputs.size === 0) return inputs;
  const wanted = sql<SqlBool>`run_key = any(${numberArray(marked)}::bigint[])`;
  const [datasets, models] = await Promise.all([
    db
      .selectFrom("run_datasets")
      .innerJoin("datasets", (join) =>
        join
          .onRef("datasets.project_id", "=", "run_datasets.project_id")
          .onRef("datasets.experiment_id", "=", "run_datasets.experiment_id")
          .onRef("datasets.name", "=", "run_datasets.name")
          .onRef("datasets.digest", "=", "run_datasets.digest"),
      )
      .select(["run_key", "datasets.name", "datasets.digest", "source_type", "source", "schema", "profile"])
      .select(sql<KeyValue[]>`tags`.as("tags"))
      .where("run_datasets.project_id", "=", project)
      .where(wanted)
      .orderBy("run_key")
      .orderBy("run_datasets.name")
      .orderBy("run_datasets.digest")
      .execute(),
    db
      .selectFrom("run_models")
      .select(["run_key", "role", "model_id", "step"])
      .where("project_id", "=", project)
      .where(wanted)
      .orderBy("run_key")
      .orderBy("role")
      .orderBy("model_id")
      .orderBy("step")
      .execute(),
  ]);
  for (const { run_key, source_type, schema, profile, ...dataset } of datasets)
    inputs.get(run_key)?.datasets.push({
      ...dataset,
      sourceType: source_type,
      schema: schema ?? undefined,
      profile: profile ?? undefined,
    });
  for (const { run_key, model_id, ...model } of models)
    inputs.get(run_key)?.models.push({ ...model, modelId: model_id });
  return inputs;
}
