import { type Kysely, sql } from "kysely";

/**
 * What makes charts of long histories quick (docs/performance.md, "Sampled histories").
 *
 * - `metric_buckets`: of some hundred points of a series that lie next to each other, what a chart needs. The buckets of a
 *   series do not overlap; each lies within 2^n steps from a multiple of 2^n, with an n of its own.
 * - `metric_rollups`: how far a series is in buckets. Steps below `rolled` are, but for what `late_metrics` says. Steps
 *   below `announced` may be at any moment, so whoever writes a point there also writes a row of `late_metrics`.
 * - `late_metrics`: ranges of steps in which there may be points that no bucket has counted. A row is only ever inserted
 *   and deleted: a writer's row can thus be neither merged into one that is being deleted, nor delay another writer.
 * - `runs.has_rollups` spares the writers of all other runs a look into `metric_rollups`.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    create table metric_rollups (
      project_id bigint not null,
      run_key bigint not null,
      key text collate "C" not null,
      announced bigint not null,
      rolled bigint not null,
      primary key (project_id, run_key, key)
    )`.execute(db);
  await sql`
    create table metric_buckets (
      project_id bigint not null,
      run_key bigint not null,
      key text collate "C" not null,
      first_step bigint not null,
      first_timestamp bigint not null,
      first_value float8 not null,
      last_step bigint not null,
      last_timestamp bigint not null,
      last_value float8 not null,
      min_step bigint,
      min_timestamp bigint,
      min_value float8,
      max_step bigint,
      max_timestamp bigint,
      max_value float8,
      count bigint not null,
      nan_count bigint not null,
      primary key (project_id, run_key, key, first_step)
    )`.execute(db);
  await sql`
    create table late_metrics (
      project_id bigint not null,
      run_key bigint not null,
      key text collate "C" not null,
      first_step bigint not null,
      last_step bigint not null,
      id uuid not null default gen_random_uuid(),
      primary key (project_id, run_key, key, id)
    )`.execute(db);
  await sql`alter table runs add column has_rollups boolean not null default false`.execute(db);
}
