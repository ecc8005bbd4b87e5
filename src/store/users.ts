import { type Selectable, sql } from "kysely";
import type { Users } from "../../gen/db.ts";
import { notifyAccessChanged } from "./access.ts";
import { type Details, recordEvent, type Trail } from "./audit.ts";
import { type Database, transaction } from "./database.ts";

/** Users belong to no project. Their names are unique whatever their case, and found in any. */
export type UserRow = Selectable<Users>;

/** undefined when there is none. */
export const findUser = (db: Database, username: string): Promise<UserRow | undefined> =>
  db
    .selectFrom("users")
    .selectAll()
    .where((eb) => eb.fn("lower", ["username"]), "=", sql<string>`lower(${username})`)
    .executeTakeFirst();

/** undefined when there is none. */
export const loadUser = (db: Database, id: bigint): Promise<UserRow | undefined> =>
  db.selectFrom("users").selectAll().where("user_id", "=", id).executeTakeFirst();

/** By username, after the one of that name. */
export const listUsers = (
  db: Database,
  { after, limit }: { after?: string; limit: number },
): Promise<UserRow[]> =>
  db
    .selectFrom("users")
    .selectAll()
    .$if(after !== undefined, (query) => query.where("username", ">", after ?? ""))
    .orderBy("username")
    .limit(limit)
    .execute();

export interface NewUser {
  username: string;
  name: string;
  isAdmin: boolean;
}

/** @returns the user, or undefined when the name is taken. */
export const createUser = (
  db: Database,
  { username, name, isAdmin }: NewUser,
  trail: Trail,
): Promise<UserRow | undefined> =>
  transaction(db, async (tx) => {
    const user = await insertUser(tx, { username, name, isAdmin });
    if (user === undefined) return undefined;
    await recordEvent(tx, {
      ...trail,
      project: 0n,
      action: "user.create",
      object: username,
      result: "ok",
      details: { is_admin: isAdmin },
    });
    return user;
  });

/**
 * The user of that name, who is made when it is the first time that they are named; in the caller's transaction.
 * @param project where the making is recorded; 0 for the whole server.
 */
export async function userNamed(
  tx: Database,
  username: string,
  trail: Trail & { project: bigint },
): Promise<UserRow> {
  const known = await findUser(tx, username);
  if (known !== undefined) return known;
  const made = await insertUser(tx, { username, name: "", isAdmin: false });
  // Somebody else has made them in the meantime.
  if (made === undefined) return userNamed(tx, username, trail);
  await recordEvent(tx, { ...trail, action: "user.create", object: username, result: "ok" });
  return made;
}

export interface UserChanges {
  name?: string;
  isAdmin?: boolean;
  blocked?: boolean;
}

/** @returns the user as they are now; undefined when there is none of that name. */
export const updateUser = (
  db: Database,
  username: string,
  changes: UserChanges,
  trail: Trail,
): Promise<UserRow | undefined> =>
  transaction(db, async (tx) => {
    const before = await findUser(tx, username);
    if (before === undefined) return undefined;
    const { name = before.name, isAdmin = before.is_admin } = changes;
    const { blocked = before.blocked_at !== null } = changes;
    const details: Details = {
      ...(name !== before.name && { name }),
      ...(isAdmin !== before.is_admin && { is_admin: isAdmin }),
    };
    const blocking = blocked !== (before.blocked_at !== null);
    if (Object.keys(details).length === 0 && !blocking) return before;
    const after = await tx
      .updateTable("users")
      .set({ name, is_admin: isAdmin, ...(blocking && { blocked_at: blocked ? sql<Date>`now()` : null }) })
      .where("user_id", "=", before.user_id)
      .returningAll()
      .executeTakeFirstOrThrow();
    const action = blocking ? (blocked ? "user.block" : "user.unblock") : "user.update";
    await recordEvent(tx, { ...trail, project: 0n, action, object: before.username, result: "ok", details });
    await notifyAccessChanged(tx);
    return after;
  });

const insertUser = (tx: Database, { username, name, isAdmin }: NewUser): Promise<UserRow | undefined> =>
  tx
    .insertInto("users")
    .values({ username, name, is_admin: isAdmin })
    .onConflict((conflict) => conflict.doNothing())
    .returningAll()
    .executeTakeFirst();
