import { type SqlBool, sql } from "kysely";
import { type Database, transaction } from "./database.ts";
import { sqlState } from "./postgres-errors.ts";
import { deleteRows, partSize, unhurried } from "./purge-part.ts";
import { purgeTables } from "./purge-tables.ts";

/** What a sweep has to do in a project. */
export interface DueProject {
  project: bigint;
  isDeleted: boolean;
  /** Days after which what was deleted is purged; undefined: never. */
  retention: number | undefined;
}

/** One project, deleted or not; undefined when there is none. */
export async function findDueProject(db: Database, project: bigint): Promise<DueProject | undefined> {
  const row = await db
    .selectFrom("projects")
    .select(["project_id", "deleted_at", "retention_days"])
    .where("project_id", "=", project)
    .executeTakeFirst();
  return row && toDue(row);
}

/** All projects, or those alone that are deleted or have a retention. */
export async function dueProjects(db: Database, which: "all" | "retaining"): Promise<DueProject[]> {
  const rows = await db
    .selectFrom("projects")
    .select(["project_id", "deleted_at", "retention_days"])
    .$if(which === "retaining", (query) =>
      query.where((eb) => eb.or([eb("deleted_at", "is not", null), eb("retention_days", "is not", null)])),
    )
    .orderBy("project_id")
    .execute();
  return rows.map(toDue);
}

const toDue = (row: {
  project_id: bigint;
  deleted_at: Date | null;
  retention_days: number | null;
}): DueProject => ({
  project: row.project_id,
  isDeleted: row.deleted_at !== null,
  retention: row.retention_days ?? undefined,
});

/** The projects in which a purge was begun and not brought to its end. */
export async function interruptedProjects(db: Database): Promise<bigint[]> {
  const { rows } = await sql<{ project_id: bigint }>`
    with recursive purging as (
      (select project_id from purged_runs order by project_id limit 1)
      union all
      select (
        select next.project_id from purged_runs as next
        where next.project_id > purging.project_id order by next.project_id limit 1
      )
      from purging where purging.project_id is not null
    )
    select project_id from purging where project_id is not null
    union
    select project_id from experiments where is_purged`.execute(db);
  return rows.map((row) => row.project_id);
}

/** A server of the release before says nothing of when it deleted something: that is taken to be now. */
export async function noteDeletions(db: Database, project: bigint): Promise<void> {
  for (const table of ["runs", "experiments"])
    await sql`
      update ${sql.table(table)} set deleted_at = now()
      where project_id = ${project} and lifecycle_stage = 'deleted' and deleted_at is null`.execute(db);
}

/**
 * Removes what is left of a deleted project that has no runs and no artifacts any more, and at last the project.
 * @returns whether it is gone; false when something came into it meanwhile, or another process is at it.
 */
export async function removeProject(db: Database, project: bigint): Promise<boolean> {
  const { ofProject } = await purgeTables(db);
  const where = sql<SqlBool>`project_id = ${project}`;
  const part = (table: string) =>
    transaction(db, async (tx) => {
      await unhurried(tx);
      return deleteRows(tx, table, where, partSize);
    });
  try {
    for (const table of ofProject) while ((await part(table)) === partSize);
    return await transaction(db, async (tx) => {
      const { numAffectedRows } = await sql`
        delete from projects where project_id = ${project} and deleted_at is not null`.execute(tx);
      return numAffectedRows === 1n;
    });
  } catch (error) {
    if (sqlState(error) === "23503") return false;
    throw error;
  }
}
