import { type Kysely, sql } from "kysely";
import { secureTables } from "../row-security.ts";

/**
 * Delete that deletes, and what a project takes up (docs/admin.md).
 *
 * - `deleted_at` says since when a run or an experiment is deleted. A server of the release before leaves it null; the
 *   sweep of services/retention.ts then counts from the moment it notices.
 * - `purged_runs`: runs that are gone from `runs` for good while rows and artifacts of theirs still have to go. No writer
 *   finds such a run, so what is removed of it stays removed.
 * - `experiments.is_purged`: it is gone for every caller, its name is free, and its runs are on their way out.
 * - `counters`: beside the numbers given out, what quotas are compared with: `purged_run`, of the numbers in `run` those
 *   whose run is purged; and `artifact_bytes`, the size of all artifacts.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`alter table runs add column deleted_at timestamptz`.execute(db);
  await sql`
    alter table experiments
      add column deleted_at timestamptz,
      add column is_purged boolean not null default false`.execute(db);
  for (const table of ["runs", "experiments"])
    await sql`update ${sql.table(table)} set deleted_at = now() where lifecycle_stage = 'deleted'`.execute(
      db,
    );

  await sql`
    create index runs_by_deletion on runs (project_id, deleted_at, run_key)
    where lifecycle_stage = 'deleted'`.execute(db);
  await sql`
    create index experiments_by_deletion on experiments (project_id, deleted_at)
    where lifecycle_stage = 'deleted'`.execute(db);
  await sql`
    create index experiments_purged on experiments (project_id, experiment_id) where is_purged`.execute(db);
  // A deleted model is not changed any more, so this is when it was deleted.
  await sql`
    create index logged_models_by_deletion on logged_models (project_id, last_updated_time)
    where lifecycle_stage = 'deleted'`.execute(db);

  // What refers to a row that goes is looked up by that row.
  await sql`create index run_models_by_model on run_models (project_id, model_id)`.execute(db);
  await sql`
    create index run_datasets_by_dataset on run_datasets (project_id, experiment_id, name, digest)`.execute(
    db,
  );
  await sql`create index logged_model_metrics_by_run on logged_model_metrics (project_id, run_key)`.execute(
    db,
  );
  await sql`
    create index model_versions_by_location on model_versions (project_id, (coalesce(location, source)) collate "C")
    where octet_length(coalesce(location, source)) <= 1000`.execute(db);

  await sql`
    create table purged_runs (
      project_id bigint not null,
      run_key bigint not null,
      run_id uuid not null,
      artifact_uri text collate "C" not null,
      purged_at timestamptz not null default now(),
      primary key (project_id, run_key)
    )`.execute(db);

  await sql`
    alter table counters
      drop constraint counters_name_check,
      add constraint counters_name_check
        check (name in ('experiment', 'run', 'purged_run', 'artifact_bytes'))`.execute(db);
  await sql`
    insert into counters (project_id, name, value)
    select project_id, 'artifact_bytes', sum(size) from artifacts group by project_id`.execute(db);

  await secureTables(db);
}
