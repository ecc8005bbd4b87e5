/**
 * How many bytes a project's artifacts have, kept in the transaction that changes them: one row to read, however many
 * there are. That row is locked until the commit, so it is the last thing a transaction touches.
 */
import { type RawBuilder, sql } from "kysely";
import type { Database } from "./database.ts";

/** The count after it has been changed by `bytes`; a part of a WITH, named `counted (value)`. No bytes change nothing. */
export const countBytes = (project: bigint, bytes: RawBuilder<bigint>) => sql`
  counted as (
    insert into counters (project_id, name, value)
    select ${project}::bigint, 'artifact_bytes', change.bytes
    from (select ${bytes} as bytes) as change
    where change.bytes <> 0
    on conflict (project_id, name) do update set value = counters.value + excluded.value
    returning value
  )`;

/** Bytes of all artifacts of a project. */
export async function artifactBytes(db: Database, project: bigint): Promise<bigint> {
  const found = await db
    .selectFrom("counters")
    .select("value")
    .where("project_id", "=", project)
    .where("name", "=", "artifact_bytes")
    .executeTakeFirst();
  return found?.value ?? 0n;
}

/** The project's artifacts may not have as many bytes as they would. */
export class QuotaFull extends Error {
  /** Bytes that they have without it. */
  readonly used: bigint;

  constructor(used: bigint) {
    super("The quota of artifact bytes is full.");
    this.used = used;
  }
}
