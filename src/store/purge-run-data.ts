import { type RawBuilder, type SqlBool, sql, type Transaction } from "kysely";
import type { DB } from "../../gen/db.ts";
import { numberArray } from "./array-literals.ts";
import { type Database, transaction } from "./database.ts";
import { deleteRows, partSize, unhurried } from "./purge-part.ts";
import { purgeTables } from "./purge-tables.ts";

/** Where a part ended among the points: the next begins there, and need not pass the places of those that are gone. */
export interface PointCursor {
  runKey: bigint;
  key: string;
  step: bigint;
}

const leastStep = -(2n ** 63n);

/** `at` is there when points may be left. */
export interface RemovedPart {
  points: number;
  isLast: boolean;
  at?: PointCursor;
}

/**
 * Removes a part of what purged runs have logged, in a transaction of its own. The runs must be in ascending order.
 * @returns undefined when another process is at these runs, or was and is done.
 */
export async function removePart(
  db: Database,
  project: bigint,
  runKeys: readonly bigint[],
  after?: PointCursor,
): Promise<RemovedPart | undefined> {
  const { ofRun } = await purgeTables(db);
  return transaction(db, async (tx) => {
    await unhurried(tx);
    if (!(await lock(tx, project, runKeys))) return undefined;
    const mine = ofRuns(project, runKeys);
    let left = partSize;
    // Points last: a part that continues among them need not look at the rest again.
    for (const table of after === undefined ? ofRun.filter((name) => name !== "metrics") : []) {
      if (table === "metric_rollups") await sql`delete from metric_rollups where ${mine}`.execute(tx);
      else left -= await deleteRows(tx, table, mine, left);
      if (left === 0) return { points: 0, isLast: false };
    }
    const { points, at } = await removePoints(tx, project, runKeys, left, after);
    return { points, isLast: at === undefined, ...(at && { at }) };
  });
}

const ofRuns = (project: bigint, runKeys: readonly bigint[]): RawBuilder<SqlBool> =>
  sql`project_id = ${project} and run_key = any(${numberArray(runKeys)}::bigint[])`;

async function lock(tx: Transaction<DB>, project: bigint, runKeys: readonly bigint[]): Promise<boolean> {
  const { rows } = await sql`
    select from purged_runs
    where ${ofRuns(project, runKeys)}
    order by run_key
    for update skip locked`.execute(tx);
  return rows.length === runKeys.length;
}

async function removePoints(
  tx: Transaction<DB>,
  project: bigint,
  runKeys: readonly bigint[],
  most: number,
  after: PointCursor | undefined,
): Promise<{ points: number; at: PointCursor | undefined }> {
  const left = after === undefined ? runKeys : runKeys.filter((key) => key >= after.runKey);
  const isFirst = sql`run.run_key = ${after?.runKey ?? null}::bigint`;
  const from = sql`(
    (case when ${isFirst} then ${after?.key ?? ""}::text else '' end) collate "C",
    case when ${isFirst} then ${after?.step ?? leastStep}::bigint else ${leastStep}::bigint end
  )`;
  // Run by run along the primary key, as far as the limit goes; removed by their places alone (purge-part.ts).
  const { rows } = await sql<{ points: bigint; run_key: bigint | null; key: string; step: bigint }>`
    with chosen as materialized (
      select run.n, run.run_key, point.*
      from unnest(${numberArray(left)}::bigint[]) with ordinality as run (run_key, n)
      cross join lateral (
        select metrics.ctid as place, metrics.key, metrics.step
        from metrics
        where metrics.project_id = ${project} and metrics.run_key = run.run_key
          and (metrics.key, metrics.step) >= ${from}
        order by metrics.key, metrics.step, metrics."timestamp", metrics.value
        limit ${most}
      ) as point
      limit ${most}
    ),
    gone as (
      delete from metrics
      where ctid = any(array(select place from chosen))
      returning 1
    )
    select (select count(*) from gone) as points, last.run_key, last.key, last.step
    from (select) as one
    left join lateral (
      select run_key, key, step from chosen order by n desc, key desc, step desc limit 1
    ) as last on (select count(*) from chosen) = ${most}`.execute(tx);
  const [found] = rows;
  const at =
    found === undefined || found.run_key === null
      ? undefined
      : { runKey: found.run_key, key: found.key, step: found.step };
  return { points: Number(found?.points ?? 0n), at };
}

/** Strikes out runs of which nothing is left. */
export async function forgetRuns(db: Database, project: bigint, runKeys: readonly bigint[]): Promise<void> {
  await sql`delete from purged_runs where ${ofRuns(project, runKeys)}`.execute(db);
}
