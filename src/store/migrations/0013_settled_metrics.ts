import { type Kysely, sql } from "kysely";

/**
 * Takes the latest values of metrics that are being logged out of the index that searches use: where an indexed column
 * changes, Postgres writes an entry into every index of the table, and while none does, into none (a HOT update).
 *
 * `settled_value` is `value`, or null while the value changes (store/settled-metrics.ts). Fillfactor 70 leaves a page room for
 * the versions of its rows; nothing but `settled_value` may be indexed of what a point changes, not even in a predicate.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`alter table latest_metrics add column settled_value float8`.execute(db);
  await sql`drop index latest_metrics_by_value`.execute(db);
  await sql`update latest_metrics set settled_value = value`.execute(db);
  await sql`
    create index latest_metrics_by_value on latest_metrics (project_id, experiment_id, key, settled_value, run_key)
    where settled_value is not null`.execute(db);
  await sql`
    create index latest_metrics_unsettled on latest_metrics (project_id, experiment_id, key)
    where settled_value is null`.execute(db);
}
