import { type Kysely, sql } from "kysely";

/**
 * Runs in the order of their user, of their end and of how long they took, with all that decides which of them a table shows:
 * to sort a million by one of these was to read them all (docs/performance.md, "Pages").
 *
 * Those that have not ended are in neither of the last two, so that who makes a run does not write them: they follow all others, and
 * are found among the newest.
 *
 * `duration` is a column, for Postgres bounds no scan of an index by an expression where row-level security holds: its functions
 * might tell of rows in their errors. A float8, since the difference of two times that a client made up may be no int8.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    alter table runs add column duration float8
    generated always as (end_time::float8 - start_time::float8) stored`.execute(db);
  await sql`
    create index runs_by_user on runs (project_id, experiment_id, user_id, start_time desc, run_id)
    include (lifecycle_stage)`.execute(db);
  for (const column of ["end_time", "duration"])
    await sql`
      create index ${sql.id(`runs_by_${column}`)} on runs
      (project_id, experiment_id, ${sql.id(column)}, start_time desc, run_id)
      include (lifecycle_stage)
      where ${sql.id(column)} is not null`.execute(db);
}
