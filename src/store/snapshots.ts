/**
 * Moments of the database, and what was committed since. Postgres keeps with each row which transaction wrote it (`xmin`) and
 * which one locked it last (`xmax`), and can tell of a moment which transactions had committed by then (a snapshot).
 */
import { type RawBuilder, sql } from "kysely";
import type { Database } from "./database.ts";

/**
 * As `pg_current_snapshot()` prints it: which transactions have committed. Behind `@` a time that is not later, by the database's
 * clock, in milliseconds since the epoch; snapshots of before it was kept have none.
 */
export type Snapshot = string;

/** This moment. What is committed later is new since then, and so is what was under way. */
export async function currentSnapshot(db: Database): Promise<Snapshot> {
  // The statement's time is taken before its snapshot.
  const { rows } = await sql<{ snapshot: string }>`
    select pg_current_snapshot() || '@' || floor(extract(epoch from statement_timestamp()) * 1000)::bigint as snapshot`.execute(
    db,
  );
  return rows[0]?.snapshot ?? "";
}

export const isSnapshot = (text: string): boolean =>
  /^\d{1,20}:\d{1,20}:(\d{1,20}(,\d{1,20})*)?(@\d{1,15})?$/.test(text);

/** Whether transactions had begun by the one moment that had not by the other. */
export const isAfter = (one: Snapshot, other: Snapshot): boolean => nextOf(one) > nextOf(other);

/** Whether nothing at all was committed between two moments, in the whole of Postgres. */
export const isSame = (one: Snapshot, other: Snapshot): boolean => bareOf(one) === bareOf(other);

/** The number of the first transaction that had not begun. */
const nextOf = (snapshot: Snapshot): bigint => BigInt(snapshot.split(":")[1] ?? "");

/** As Postgres reads it. */
export const bareOf = (snapshot: Snapshot): string => snapshot.replace(/@.*/, "");

/** Its time in milliseconds since the epoch, where it has one. */
export function timeOf(snapshot: Snapshot): number | undefined {
  const [, time] = /@(\d+)$/.exec(snapshot) ?? [];
  return time === undefined ? undefined : Number(time);
}

/**
 * Whether a transaction is new since `moment.told`; for queries that have a row `moment`. Row versions name 32 bits of its
 * number: it is the greatest with these bits that has been given out. The age alone, which is cheap, sorts out most.
 */
export const isNewSince = (xid: RawBuilder<unknown>) => sql`(
  age(${xid}) <= reach
  and not pg_visible_in_snapshot((now - ((now - ${xid}::text::bigint) & 4294967295))::text::xid8, told)
)`;

export const reachOf = (told: RawBuilder<unknown>) => sql`
  least(2147483646, now - pg_snapshot_xmin(${told})::text::bigint + 100000)::int`;

export const nowSql = sql`pg_snapshot_xmax(pg_current_snapshot())::text::bigint`;

/** The row `moment` of isNewSince; undefined: one since which everything is new. */
export const momentOf = (told: Snapshot | undefined) => sql`
  select told, now, ${reachOf(sql`told`)} as reach
  from (select ${told === undefined ? "1:1:" : bareOf(told)}::pg_snapshot as told, ${nowSql} as now) as given`;
