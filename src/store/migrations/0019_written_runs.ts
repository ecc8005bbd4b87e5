import { type Kysely, sql } from "kysely";
import { secureTables } from "../row-security.ts";

/**
 * When runs were written to, about once a minute: see store/written-runs.ts. Rows are added and, a day later, removed; no
 * writer waits for another here, nor locks the row of its project for a foreign key. The run's number is not called `run_key`, since a purge of runs needs not look for it.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    create table written_runs (
      project_id bigint not null,
      experiment_id bigint not null,
      noted_at timestamptz not null,
      run bigint not null,
      primary key (project_id, experiment_id, noted_at, run)
    )`.execute(db);
  await secureTables(db);
}
