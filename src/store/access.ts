import { sql } from "kysely";
import type { Database } from "./database.ts";
import { isReferredTo } from "./project-reference.ts";

/** What every call asks: whose token is this, and what is its holder in the project addressed? */

/** The channel on which every process hears that tokens, members, users or projects have changed. */
export const accessChannel = "loggia_tokens";

/**
 * A token, its holder, and the project addressed with it, in one query; undefined when there is no such token. Without such
 * a project, or with one that is deleted, `project_id` is null.
 * @param reference a numeric id or a path; undefined means the token's own project, or else `defaultPath`.
 */
export async function findAccess(
  db: Database,
  hash: Buffer,
  reference: string | undefined,
  defaultPath: string,
) {
  return db
    .selectFrom("tokens")
    .leftJoin("tokens as parents", "parents.token_id", "tokens.parent_id")
    .leftJoin("users", "users.user_id", "tokens.user_id")
    .leftJoin("projects", (join) =>
      join.on("projects.deleted_at", "is", null).on((eb) => {
        if (reference === undefined)
          return eb(
            "projects.project_id",
            "=",
            eb.fn.coalesce(
              "tokens.project_id",
              eb
                .selectFrom("projects as usual")
                .select("usual.project_id")
                .where("usual.path", "=", defaultPath),
            ),
          );
        return isReferredTo(reference);
      }),
    )
    .leftJoin("members", (join) =>
      join
        .onRef("members.project_id", "=", "projects.project_id")
        .onRef("members.user_id", "=", "tokens.user_id"),
    )
    .select([
      "tokens.token_id",
      "tokens.kind",
      "tokens.name",
      "tokens.scopes",
      "tokens.role",
      "tokens.project_id as bound_to",
      "tokens.claims",
      "tokens.last_used_at",
      "tokens.user_id",
      "users.username",
      "users.is_admin",
      "users.blocked_at",
      "projects.project_id",
      "projects.visibility",
      "projects.archived_at",
      "members.role as member_role",
      sessionEnd.as("expires_at"),
      sessionRevoked.as("revoked_at"),
    ])
    .where("tokens.hash", "=", hash)
    .executeTakeFirst();
}

/** A session ends with the token with which it began, at the latest. */
const sessionEnd = sql<Date | null>`least(tokens.expires_at, parents.expires_at)`;
const sessionRevoked = sql<Date | null>`coalesce(tokens.revoked_at, parents.revoked_at)`;

/** A project by its numeric id or path, with what decides who may use it; undefined when there is none. */
export async function findAddressedProject(db: Database, reference: string) {
  return db
    .selectFrom("projects")
    .select(["project_id", "visibility", "archived_at"])
    .where("deleted_at", "is", null)
    .where(isReferredTo(reference))
    .executeTakeFirst();
}

/**
 * Notes that a token is in use, at most once a minute however many processes say so: the row is a hot spot otherwise
 * (security.md §3).
 */
export async function recordUse(db: Database, token: bigint, address: string): Promise<void> {
  await db
    .updateTable("tokens")
    .set({ last_used_at: sql`now()`, last_used_address: address })
    .where("token_id", "=", token)
    .where((eb) =>
      eb.or([
        eb("last_used_at", "is", null),
        eb("last_used_at", "<", sql<Date>`now() - interval '1 minute'`),
      ]),
    )
    .execute();
}

/**
 * Tells every process to forget what it remembers of tokens and projects, once the transaction commits. To be called where a
 * token, a member, a user, or a project's path, visibility or archiving changes.
 */
export async function notifyAccessChanged(db: Database): Promise<void> {
  await sql`select pg_notify(${accessChannel}, '')`.execute(db);
}
