import { type Selectable, sql } from "kysely";
import type { Projects } from "../../gen/db.ts";
import { notifyAccessChanged } from "./access.ts";
import { type Details, recordEvent, type Trail } from "./audit.ts";
import { type Database, transaction } from "./database.ts";
import { sqlState } from "./postgres-errors.ts";
import { isReferredTo } from "./project-reference.ts";

/** The project of local mode and of a bare tracking URI. */
export const defaultProjectPath = "default";

export type ProjectRow = Selectable<Projects>;

/** What may be set of a project; null is for never, and for no limit. */
export interface ProjectSettings {
  name: string;
  description: string;
  visibility: "public" | "members" | "disabled";
  /** Days. */
  retention_days: number | null;
  quota_runs: bigint | null;
  quota_points_per_minute: bigint | null;
  quota_artifact_bytes: bigint | null;
}

export interface NewProject {
  settings?: Partial<ProjectSettings>;
  /** A user who becomes its owner. */
  owner?: bigint;
  /** Who makes it; no event is recorded without. */
  trail?: Trail;
}

/**
 * Makes a project with its `Default` experiment (id 0), as an empty MLflow server has one (behaviour.md §5). To be called
 * where all projects may be seen (scope.ts), since the new one has no number yet.
 * @param path `group/sub/name`, unique whatever the case.
 * @returns its id, or undefined when the path is taken.
 */
export async function createProject(
  db: Database,
  path: string,
  { settings, owner, trail }: NewProject = {},
): Promise<bigint | undefined> {
  return transaction(db, async (tx) => {
    const created = await tx
      .insertInto("projects")
      .values({ ...settings, path })
      .onConflict((conflict) => conflict.doNothing())
      .returning("project_id")
      .executeTakeFirst();
    if (created === undefined) return undefined;
    const { project_id } = created;
    await tx
      .insertInto("counters")
      .values([
        { project_id, name: "experiment", value: 0n },
        { project_id, name: "run", value: 0n },
      ])
      .execute();
    const now = BigInt(Date.now());
    await tx
      .insertInto("experiments")
      .values({
        project_id,
        experiment_id: 0n,
        name: "Default",
        artifact_location: "mlflow-artifacts:/0",
        creation_time: now,
        last_update_time: now,
      })
      .execute();
    if (owner !== undefined)
      await tx.insertInto("members").values({ project_id, user_id: owner, role: "owner" }).execute();
    if (trail !== undefined)
      await recordEvent(tx, {
        ...trail,
        project: project_id,
        action: "project.create",
        object: path,
        result: "ok",
        details: detailsOf(settings ?? {}),
      });
    // A token may have looked for this path already.
    await notifyAccessChanged(tx);
    return project_id;
  });
}

/** The id of the project with this numeric id or path; undefined when there is none. */
export async function findProject(db: Database, reference: string): Promise<bigint | undefined> {
  const found = await db
    .selectFrom("projects")
    .select("project_id")
    .where("deleted_at", "is", null)
    .where(isReferredTo(reference))
    .executeTakeFirst();
  return found?.project_id;
}

/** All of a project but of a deleted one; undefined when there is none. */
export const loadProject = (db: Database, project: bigint): Promise<ProjectRow | undefined> =>
  db
    .selectFrom("projects")
    .selectAll()
    .where("project_id", "=", project)
    .where("deleted_at", "is", null)
    .executeTakeFirst();

/** @returns the project as it is now; `taken` when another has the path; undefined when there is no such project. */
export async function updateProject(
  db: Database,
  project: bigint,
  changes: Partial<ProjectSettings & { path: string }>,
  trail: Trail,
): Promise<ProjectRow | "taken" | undefined> {
  try {
    return await transaction(db, async (tx) => {
      const before = await lockProject(tx, project);
      if (before === undefined) return undefined;
      const different = Object.fromEntries(
        Object.entries(changes).filter(([column, value]) => value !== before[column as keyof ProjectRow]),
      ) as typeof changes;
      if (Object.keys(different).length === 0) return before;
      const after = await setProject(tx, project, different);
      const renamed = different.path !== undefined;
      await recordEvent(tx, {
        ...trail,
        project,
        action: renamed ? "project.rename" : "project.update",
        object: before.path,
        result: "ok",
        details: detailsOf(different),
      });
      if (renamed || different.visibility !== undefined) await notifyAccessChanged(tx);
      return after;
    });
  } catch (error) {
    if (sqlState(error) === "23505") return "taken";
    throw error;
  }
}

/** Archives a project, or ends that; what is so already stays so. @returns undefined when there is no such project. */
export const archiveProject = (
  db: Database,
  project: bigint,
  archived: boolean,
  trail: Trail,
): Promise<ProjectRow | undefined> =>
  transaction(db, async (tx) => {
    const before = await lockProject(tx, project);
    if (before === undefined || (before.archived_at !== null) === archived) return before;
    const after = await setProject(tx, project, { archived_at: archived ? sql<Date>`now()` : null });
    const action = archived ? "project.archive" : "project.unarchive";
    await recordEvent(tx, { ...trail, project, action, object: before.path, result: "ok" });
    await notifyAccessChanged(tx);
    return after;
  });

/**
 * Marks a project as deleted, which hides it, frees its path and ends its tokens. Its rows and bytes are left (store/purge.ts).
 * @returns whether there was such a project.
 */
export const deleteProject = (db: Database, project: bigint, trail: Trail): Promise<boolean> =>
  transaction(db, async (tx) => {
    const before = await lockProject(tx, project);
    if (before === undefined) return false;
    // No path has a space, so this one is in nobody's way.
    const path = `${before.path} deleted ${project}`;
    await setProject(tx, project, { path, deleted_at: sql<Date>`now()` });
    await tx
      .updateTable("tokens")
      .set({ revoked_at: sql<Date>`now()` })
      .where("project_id", "=", project)
      .where("revoked_at", "is", null)
      .execute();
    await recordEvent(tx, { ...trail, project, action: "project.delete", object: before.path, result: "ok" });
    await notifyAccessChanged(tx);
    return true;
  });

/** Waits for whoever else changes the project or its members; undefined when there is no such project. */
export const lockProject = (tx: Database, project: bigint): Promise<ProjectRow | undefined> =>
  tx
    .selectFrom("projects")
    .selectAll()
    .where("project_id", "=", project)
    .where("deleted_at", "is", null)
    .forNoKeyUpdate()
    .executeTakeFirst();

const setProject = (tx: Database, project: bigint, columns: object): Promise<ProjectRow> =>
  tx
    .updateTable("projects")
    .set(columns)
    .where("project_id", "=", project)
    .returningAll()
    .executeTakeFirstOrThrow();

/** Settings as the audit log has them: what is no limit is named so. */
const detailsOf = (settings: object): Details =>
  Object.fromEntries(
    Object.entries(settings).map(([name, value]) => [name, value === null ? "none" : String(value)]),
  );
