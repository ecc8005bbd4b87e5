import { sql } from "kysely";
import { numberArray } from "./array-literals.ts";
import type { Database } from "./database.ts";

/**
 * How many runs each project has that are not purged. The counter of its runs is locked until the transaction ends, so that
 * nobody makes another one; in order, against deadlocks.
 */
export async function lockRunCounts(tx: Database, projects: readonly bigint[]): Promise<Map<bigint, bigint>> {
  const { rows } = await sql<{ project_id: bigint; runs: bigint }>`
    with made as materialized (
      select project_id, value from counters
      where project_id = any(${numberArray(projects)}::bigint[]) and name = 'run'
      order by project_id
      for update
    )
    select made.project_id, made.value - coalesce(purged.value, 0) as runs
    from made
    left join counters as purged on purged.project_id = made.project_id and purged.name = 'purged_run'`.execute(
    tx,
  );
  return new Map(rows.map((row) => [row.project_id, row.runs]));
}
