import { type Kysely, sql } from "kysely";

/**
 * What MLflow 3 clients add (behaviour.md §13): logged models with their params, tags and metrics; the datasets and models
 * that a run took in, and the models that it put out.
 *
 * - Of a logged model's metric the latest point is kept, one for each run and dataset; its history is the run's own.
 * - A dataset is stored once per experiment, however many runs take it in.
 * - `runs.has_inputs` is the cheap sign that a run has inputs or outputs at all: only then are they asked for.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    create table logged_models (
      project_id bigint not null,
      model_id text collate "C" not null,
      experiment_id bigint not null,
      name text collate "C" not null,
      model_type text collate "C",
      source_run_id text collate "C",
      artifact_uri text collate "C" not null,
      status text collate "C" not null default 'PENDING' check (status in ('PENDING', 'READY', 'FAILED')),
      lifecycle_stage text collate "C" not null default 'active' check (lifecycle_stage in ('active', 'deleted')),
      creation_time bigint not null,
      last_updated_time bigint not null,
      primary key (project_id, model_id),
      foreign key (project_id, experiment_id) references experiments
    )`.execute(db);
  await sql`
    create index logged_models_by_creation on logged_models (project_id, experiment_id, creation_time desc, model_id)`.execute(
    db,
  );
  await sql`
    create index logged_models_by_name on logged_models (project_id, experiment_id, name, creation_time desc, model_id)`.execute(
    db,
  );
  await sql`
    create index logged_models_by_source_run on logged_models (project_id, source_run_id)
    where source_run_id is not null`.execute(db);

  for (const table of ["logged_model_params", "logged_model_tags"])
    await sql`
      create table ${sql.table(table)} (
        project_id bigint not null,
        model_id text collate "C" not null,
        key text collate "C" not null,
        value text collate "C" not null,
        primary key (project_id, model_id, key),
        foreign key (project_id, model_id) references logged_models on delete cascade
      )`.execute(db);

  // A dataset's name and digest are too long for a key beside the metric's, so a hash of them stands for both.
  await sql`
    create table logged_model_metrics (
      project_id bigint not null,
      model_id text collate "C" not null,
      key text collate "C" not null,
      run_key bigint not null,
      dataset_name text collate "C" not null default '',
      dataset_digest text collate "C" not null default '',
      dataset_hash uuid not null generated always as (
        md5(octet_length(dataset_name) || ' ' || dataset_name || dataset_digest)::uuid
      ) stored,
      step bigint not null,
      "timestamp" bigint not null,
      value float8 not null,
      primary key (project_id, model_id, key, run_key, dataset_hash),
      foreign key (project_id, model_id) references logged_models on delete cascade
    )`.execute(db);

  await sql`
    create table datasets (
      project_id bigint not null,
      experiment_id bigint not null,
      name text collate "C" not null,
      digest text collate "C" not null,
      source_type text not null,
      source text not null,
      schema text,
      profile text,
      primary key (project_id, experiment_id, name, digest),
      foreign key (project_id, experiment_id) references experiments
    )`.execute(db);
  await sql`
    create table run_datasets (
      project_id bigint not null,
      run_key bigint not null,
      name text collate "C" not null,
      digest text collate "C" not null,
      experiment_id bigint not null,
      tags json not null,
      primary key (project_id, run_key, name, digest),
      foreign key (project_id, run_key) references runs,
      foreign key (project_id, experiment_id, name, digest) references datasets
    )`.execute(db);
  await sql`
    create table run_models (
      project_id bigint not null,
      run_key bigint not null,
      role text collate "C" not null check (role in ('input', 'output')),
      model_id text collate "C" not null,
      step bigint not null default 0,
      primary key (project_id, run_key, role, model_id, step),
      foreign key (project_id, run_key) references runs,
      foreign key (project_id, model_id) references logged_models
    )`.execute(db);
  await sql`alter table runs add column has_inputs boolean not null default false`.execute(db);
}
