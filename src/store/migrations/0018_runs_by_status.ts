import { type Kysely, sql } from "kysely";

/**
 * Runs in the order of their status, the newest of each first: pages sort by it, and to look for the few that failed among a
 * million was to read them all (docs/performance.md, "Pages").
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    create index runs_by_status on runs (project_id, experiment_id, status, start_time desc, run_id)
    include (lifecycle_stage)`.execute(db);
}
