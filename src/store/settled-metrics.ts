/**
 * Latest values of metrics are in the index of searches once they are settled. A series is born settled, `settled_value`
 * being `value`; its next point makes that null, and as long as it stays so a further point changes nothing that is indexed.
 * A sweep settles what has been quiet for a while. Searches read both kinds (search-facts.ts), so no answer depends on when.
 */
import { sql } from "kysely";
import type { Database } from "./database.ts";

/** A moment, as Postgres counts transactions. */
export type Mark = string;

/** This moment: who writes from now on does so after it. */
export async function mark(db: Database): Promise<Mark> {
  const { rows } = await sql<{ mark: string }>`
    select pg_snapshot_xmax(pg_current_snapshot())::text as mark`.execute(db);
  return rows[0]?.mark ?? "0";
}

/** Rows that one statement settles at most. */
const most = 5_000;

/** Settles the series of the scope to which nobody wrote who began after `mark`. Never waits for a writer. @returns how many. */
export async function settle(db: Database, mark: Mark): Promise<number> {
  let settled = 0;
  for (;;) {
    // xmin is the transaction that wrote the row.
    const { numAffectedRows = 0n } = await sql`
      with quiet as materialized (
        select project_id, run_key, key
        from latest_metrics
        where settled_value is null and age(xmin) > age(${mark}::xid8::xid)
        order by project_id, experiment_id, key
        limit ${most}
        for update skip locked
      )
      update latest_metrics
      set settled_value = value
      from quiet
      where latest_metrics.project_id = quiet.project_id and latest_metrics.run_key = quiet.run_key
        and latest_metrics.key = quiet.key`.execute(db);
    settled += Number(numAffectedRows);
    if (numAffectedRows < most) return settled;
  }
}
