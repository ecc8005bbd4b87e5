import type { Selectable } from "kysely";
import type { CiTrusts } from "../../gen/db.ts";
import { recordEvent, type Trail } from "./audit.ts";
import { type Database, transaction } from "./database.ts";
import { isReferredTo } from "./project-reference.ts";

export interface Trust {
  id: bigint;
  issuer: string;
  conditions: Record<string, string[]>;
  role: TrustRole;
  createdAt: Date;
  createdBy: string;
}

/** `owner` is for people: a job makes no members. */
export type TrustRole = "guest" | "reporter" | "developer" | "maintainer";

/** A project by its numeric id or path; undefined when there is none, or it is deleted. */
export async function findProjectByReference(
  db: Database,
  reference: string,
): Promise<{ id: bigint; path: string } | undefined> {
  return db
    .selectFrom("projects")
    .select(["project_id as id", "path"])
    .where("deleted_at", "is", null)
    .where(isReferredTo(reference))
    .executeTakeFirst();
}

/** The trusts of a project, oldest first; those of one issuer, or all. */
export async function findTrusts(db: Database, project: bigint, issuer?: string): Promise<Trust[]> {
  const rows = await db
    .selectFrom("ci_trusts")
    .selectAll()
    .where("project_id", "=", project)
    .$if(issuer !== undefined, (query) => query.where("issuer", "=", issuer ?? ""))
    .orderBy("trust_id")
    .execute();
  return rows.map(toTrust);
}

/** What is done stands in the audit log, by the same commit. */
const record = (
  db: Database,
  project: bigint,
  action: string,
  { id, issuer, role, conditions }: Trust,
  trail: Trail,
) =>
  recordEvent(db, {
    ...trail,
    project,
    action: `ci_trust.${action}`,
    object: `trust ${id}`,
    result: "ok",
    details: { issuer, role, conditions: JSON.stringify(conditions) },
  });

/** @returns undefined when the project has `most` already. */
export async function createTrust(
  db: Database,
  project: bigint,
  { issuer, conditions, role, createdBy }: Omit<Trust, "id" | "createdAt">,
  most: number,
  trail: Trail,
): Promise<Trust | undefined> {
  return transaction(db, async (tx) => {
    // One at a time, or two could pass the limit together.
    await tx
      .selectFrom("projects")
      .select("project_id")
      .where("project_id", "=", project)
      .forUpdate()
      .execute();
    const { count } = await tx
      .selectFrom("ci_trusts")
      .select((eb) => eb.fn.countAll<bigint>().as("count"))
      .where("project_id", "=", project)
      .executeTakeFirstOrThrow();
    if (count >= most) return undefined;
    const row = await tx
      .insertInto("ci_trusts")
      .values({
        project_id: project,
        issuer,
        conditions: JSON.stringify(conditions),
        role,
        created_by: createdBy,
      })
      .returningAll()
      .executeTakeFirstOrThrow();
    const trust = toTrust(row);
    await record(tx, project, "create", trust, trail);
    return trust;
  });
}

/** Changes what is given. @returns undefined when there is no such trust. */
export function updateTrust(
  db: Database,
  project: bigint,
  id: bigint,
  { conditions, role }: Partial<Pick<Trust, "conditions" | "role">>,
  trail: Trail,
): Promise<Trust | undefined> {
  return transaction(db, async (tx) => {
    const row = await tx
      .updateTable("ci_trusts")
      .set((eb) => ({
        conditions: conditions === undefined ? eb.ref("conditions") : JSON.stringify(conditions),
        role: role ?? eb.ref("role"),
      }))
      .where("project_id", "=", project)
      .where("trust_id", "=", id)
      .returningAll()
      .executeTakeFirst();
    if (row === undefined) return undefined;
    const trust = toTrust(row);
    await record(tx, project, "update", trust, trail);
    return trust;
  });
}

/** @returns whether there was such a trust. */
export function deleteTrust(db: Database, project: bigint, id: bigint, trail: Trail): Promise<boolean> {
  return transaction(db, async (tx) => {
    const row = await tx
      .deleteFrom("ci_trusts")
      .where("project_id", "=", project)
      .where("trust_id", "=", id)
      .returningAll()
      .executeTakeFirst();
    if (row === undefined) return false;
    await record(tx, project, "delete", toTrust(row), trail);
    return true;
  });
}

const toTrust = (row: Selectable<CiTrusts>): Trust => ({
  id: row.trust_id,
  issuer: row.issuer,
  conditions: row.conditions as Record<string, string[]>,
  role: row.role as TrustRole,
  createdAt: row.created_at,
  createdBy: row.created_by,
});
