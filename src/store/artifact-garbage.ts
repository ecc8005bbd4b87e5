/**
 * The objects that are in the artifact store although no artifact names them. Each is written down here before its first
 * byte is stored, and in the transaction that takes an artifact from it; the transaction that makes it an artifact strikes
 * it out. So whatever happens in between, its bytes are known, and nothing else is ever deleted: other databases may keep
 * theirs in the same place.
 */
import { sql } from "kysely";
import { type Database, transaction } from "./database.ts";

/** Hours after which an object is not expected to become an artifact any more: longer than any upload takes. */
const patience = 24;

/** How many objects are removed in one transaction. */
const most = 200;

// A crash that loses what these two statements did costs nothing but bytes to sweep: they need not wait for the disk.
const unhurried = sql`unhurried as materialized (select set_config('synchronous_commit', 'off', true))`;

/** Writes down an object that is about to be stored. */
export async function expectObject(db: Database, project: bigint, objectId: string): Promise<void> {
  await sql`
    with ${unhurried}
    insert into artifact_garbage (project_id, object_id)
    select ${project}::bigint, ${objectId}::uuid from unhurried`.execute(db);
}

/** Strikes out objects whose bytes are gone. */
export async function forgetObjects(
  db: Database,
  project: bigint,
  objectIds: readonly string[],
): Promise<void> {
  await sql`
    with ${unhurried}
    delete from artifact_garbage
    using unhurried
    where project_id = ${project} and object_id = any(${objectIds}::uuid[])`.execute(db);
}

/**
 * Removes what has been garbage for a day, of all projects, in parts. What another server is removing is left to it; an
 * upload that comes to its end just now finds its object taken, and fails.
 * @param remove deletes the bytes of objects; those already gone are no error.
 * @returns how many objects it was.
 */
export async function clearGarbage(
  db: Database,
  remove: (objectIds: string[]) => Promise<void>,
): Promise<number> {
  for (let cleared = 0; ; ) {
    const count = await transaction(db, async (tx) => {
      const { rows } = await sql<{ project_id: bigint; object_id: string }>`
        select project_id, object_id
        from artifact_garbage
        where since < now() - make_interval(hours => ${patience})
        limit ${most}
        for update skip locked`.execute(tx);
      if (rows.length === 0) return 0;
      await remove(rows.map((row) => row.object_id));
      await sql`
        delete from artifact_garbage
        where (project_id, object_id) in (
          select * from unnest(
            ${rows.map((row) => row.project_id)}::bigint[],
            ${rows.map((row) => row.object_id)}::uuid[]
          )
        )`.execute(tx);
      return rows.length;
    });
    cleared += count;
    if (count < most) return cleared;
  }
}
