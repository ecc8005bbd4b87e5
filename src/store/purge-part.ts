import { type RawBuilder, type SqlBool, sql, type Transaction } from "kysely";
import type { DB } from "../../gen/db.ts";

/** Rows that one transaction removes, at most: some ten milliseconds of work, so that nobody waits for it. */
export const partSize = 10_000;

/** What a crash loses of a purge is done again, so its commits need not wait for the disk. */
export const unhurried = (tx: Transaction<DB>) => sql`set local synchronous_commit = off`.execute(tx);

/**
 * Removes up to `most` rows of a table that satisfy `where`, which names the project. Nobody else may be changing them, or
 * they are left. By their places alone: beside another condition Postgres may compare each row with each place.
 * @returns how many it was.
 */
export async function deleteRows(
  tx: Transaction<DB>,
  table: string,
  where: RawBuilder<SqlBool>,
  most: number,
): Promise<number> {
  const { numAffectedRows } = await sql`
    delete from ${sql.table(table)}
    where ctid = any(array(select ctid from ${sql.table(table)} where ${where} limit ${most}))`.execute(tx);
  return Number(numAffectedRows ?? 0n);
}
