import { setTimeout as sleep } from "node:timers/promises";
import { sql } from "kysely";
import type { Database } from "./database.ts";

/** Milliseconds to wait at most. */
const longestWait = 10_000;

/**
 * Waits for the transactions that are writing to one of `tables` at this moment. A statement locks the tables it writes
 * before it takes its snapshot, so what is not among them sees all that is committed by now. (CREATE INDEX CONCURRENTLY
 * waits so.)
 * @returns false when they take too long.
 */
export async function writersAreDone(db: Database, tables: readonly string[]): Promise<boolean> {
  const writing = async () => {
    const { rows } = await sql<{ id: string }>`
      select distinct virtualtransaction as id
      from pg_locks
      where locktype = 'relation' and mode = 'RowExclusiveLock' and granted
        and relation = any(${tables}::text[]::regclass[])
        and database = (select oid from pg_database where datname = current_database())`.execute(db);
    return rows.map(({ id }) => id);
  };
  const end = performance.now() + longestWait;
  const before = new Set(await writing());
  for (let left = [...before]; left.length > 0; left = (await writing()).filter((id) => before.has(id))) {
    if (performance.now() > end) return false;
    await sleep(10);
  }
  return true;
}
