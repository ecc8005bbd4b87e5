import { notifyAccessChanged } from "./access.ts";
import { recordEvent, type Trail } from "./audit.ts";
import { type Database, transaction } from "./database.ts";
import { lockProject } from "./projects.ts";
import { findUser, userNamed } from "./users.ts";

/** A user's part in a project. */
export interface MemberRow {
  username: string;
  name: string;
  role: string;
  created_at: Date;
  blocked_at: Date | null;
}

/** The members of a project by username, after the one of that name. */
export const listMembers = (
  db: Database,
  project: bigint,
  { after, limit }: { after?: string; limit: number },
): Promise<MemberRow[]> =>
  selectMembers(db, project)
    .$if(after !== undefined, (query) => query.where("users.username", ">", after ?? ""))
    .orderBy("users.username")
    .limit(limit)
    .execute();

/**
 * Gives a user a role, in place of the one they had. A user who is named for the first time is made.
 * @returns the member; `last owner` when the project would be without one; undefined when there is no such project.
 */
export const setMember = (
  db: Database,
  project: bigint,
  { username, role }: { username: string; role: string },
  trail: Trail,
): Promise<MemberRow | "last owner" | undefined> =>
  transaction(db, async (tx) => {
    if ((await lockProject(tx, project)) === undefined) return undefined;
    const user = await userNamed(tx, username, { ...trail, project });
    const before = await roleOf(tx, project, user.user_id);
    if (before !== role) {
      if (before === "owner" && !(await hasOtherOwner(tx, project, user.user_id))) return "last owner";
      await tx
        .insertInto("members")
        .values({ project_id: project, user_id: user.user_id, role })
        .onConflict((conflict) => conflict.columns(["project_id", "user_id"]).doUpdateSet({ role }))
        .execute();
      await recordEvent(tx, {
        ...trail,
        project,
        action: "member.set",
        object: user.username,
        result: "ok",
        details: { role, ...(before !== undefined && { before }) },
      });
      await notifyAccessChanged(tx);
    }
    return selectMembers(tx, project).where("users.user_id", "=", user.user_id).executeTakeFirstOrThrow();
  });

/** @returns `absent` when they were no member, `last owner` when the project would be without one. */
export const removeMember = (
  db: Database,
  project: bigint,
  username: string,
  trail: Trail,
): Promise<"removed" | "absent" | "last owner"> =>
  transaction(db, async (tx) => {
    const locked = await lockProject(tx, project);
    const user = await findUser(tx, username);
    const role = user && locked && (await roleOf(tx, project, user.user_id));
    if (user === undefined || role === undefined) return "absent";
    if (role === "owner" && !(await hasOtherOwner(tx, project, user.user_id))) return "last owner";
    await tx
      .deleteFrom("members")
      .where("project_id", "=", project)
      .where("user_id", "=", user.user_id)
      .execute();
    await recordEvent(tx, {
      ...trail,
      project,
      action: "member.remove",
      object: user.username,
      result: "ok",
      details: { before: role },
    });
    await notifyAccessChanged(tx);
    return "removed";
  });

const selectMembers = (db: Database, project: bigint) =>
  db
    .selectFrom("members")
    .innerJoin("users", "users.user_id", "members.user_id")
    .select(["users.username", "users.name", "members.role", "members.created_at", "users.blocked_at"])
    .where("members.project_id", "=", project);

async function roleOf(tx: Database, project: bigint, user: bigint): Promise<string | undefined> {
  const member = await tx
    .selectFrom("members")
    .select("role")
    .where("project_id", "=", project)
    .where("user_id", "=", user)
    .executeTakeFirst();
  return member?.role;
}

/** Whether someone else owns the project who is not blocked. */
async function hasOtherOwner(tx: Database, project: bigint, user: bigint): Promise<boolean> {
  const other = await selectMembers(tx, project)
    .where("members.role", "=", "owner")
    .where("members.user_id", "<>", user)
    .where("users.blocked_at", "is", null)
    .limit(1)
    .executeTakeFirst();
  return other !== undefined;
}
