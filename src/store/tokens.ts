import { type Selectable, sql } from "kysely";
import type { Tokens } from "../../gen/db.ts";
import { notifyAccessChanged } from "./access.ts";
import { recordEvent, type Trail } from "./audit.ts";
import { type Database, transaction } from "./database.ts";
import { userNamed } from "./users.ts";

/** A token as it is stored, but for its hash, claims and parent, and the name of its user. */
export type TokenRow = Omit<Selectable<Tokens>, "hash" | "claims" | "parent_id"> & {
  username: string | null;
};

/** What the database keeps of a secret (auth/token.ts). */
export interface Fingerprint {
  hash: Buffer;
  hint: string;
}

export interface NewToken extends Fingerprint {
  kind: "personal" | "project";
  name: string;
  /** Whose it is, if it is personal; made when it is the first time that they are named. */
  username?: string;
  /** The only project in which it is of use. */
  project?: bigint;
  /** What it may do at most. */
  role?: string;
  scopes: readonly string[];
  /** Absent: when it is revoked. */
  expiresAt?: Date;
}

/** Whose tokens are meant: a user's, maybe only those bound to a project; all users'; a project's own; or all there are. */
export type TokenHolder = { user: bigint | "any"; boundTo?: bigint } | { project: bigint } | "anyone";

/** undefined when there is none. */
export const findToken = (db: Database, id: bigint): Promise<TokenRow | undefined> =>
  selectTokens(db, "anyone").where("tokens.token_id", "=", id).executeTakeFirst();

export interface TokenPage {
  /** Whether to list also what was revoked or has expired. */
  inactive: boolean;
  /** The id of the last token of the page before. */
  before?: bigint;
  /** Tokens at most. */
  limit: number;
}

/** The newest first. */
export const listTokens = (
  db: Database,
  holder: TokenHolder,
  { inactive, before, limit }: TokenPage,
): Promise<TokenRow[]> =>
  selectTokens(db, holder)
    .$if(!inactive, (query) =>
      query
        .where("tokens.revoked_at", "is", null)
        .where((eb) =>
          eb.or([eb("tokens.expires_at", "is", null), eb("tokens.expires_at", ">", sql<Date>`now()`)]),
        ),
    )
    .$if(before !== undefined, (query) => query.where("tokens.token_id", "<", before ?? 0n))
    .orderBy("tokens.token_id", "desc")
    .limit(limit)
    .execute();

export const createToken = (db: Database, token: NewToken, trail: Trail): Promise<TokenRow> =>
  transaction(db, async (tx) => {
    const { username, ...rest } = token;
    const about = { ...trail, project: token.project ?? 0n };
    const user = username === undefined ? null : (await userNamed(tx, username, about)).user_id;
    const created = await insertToken(tx, { ...rest, user }, trail.actor);
    await recordEvent(tx, { ...trail, ...eventOf("create", created) });
    return created;
  });

/**
 * Ends a token; one that was revoked already stays as it is.
 * @returns undefined when the holder has no such token.
 */
export const revokeToken = (
  db: Database,
  holder: TokenHolder,
  id: bigint,
  trail: Trail,
): Promise<TokenRow | undefined> =>
  transaction(db, async (tx) => {
    const token = await lockToken(tx, holder, id);
    if (token === undefined || token.revoked_at !== null) return token;
    await revoke(tx, id);
    await recordEvent(tx, { ...trail, ...eventOf("revoke", token) });
    await notifyAccessChanged(tx);
    return token;
  });

/** What becomes of a token that is rotated. @throws whatever says that it may not be. */
export type Renewal = (old: TokenRow) => Fingerprint & { expiresAt: Date | undefined };

/**
 * Ends a token and adds one with the same rights, both or neither.
 * @param renew called with the old token locked, maybe more than once.
 * @returns undefined when the holder has no such token.
 */
export const rotateToken = (
  db: Database,
  holder: TokenHolder,
  id: bigint,
  renew: Renewal,
  trail: Trail,
): Promise<TokenRow | undefined> =>
  transaction(db, async (tx) => {
    const old = await lockToken(tx, holder, id);
    if (old === undefined) return undefined;
    const { hash, hint, expiresAt } = renew(old);
    const token = await insertToken(
      tx,
      {
        hash,
        hint,
        kind: old.kind as NewToken["kind"],
        name: old.name,
        user: old.user_id,
        ...(old.project_id !== null && { project: old.project_id }),
        ...(old.role !== null && { role: old.role }),
        scopes: old.scopes,
        ...(expiresAt !== undefined && { expiresAt }),
      },
      trail.actor,
    );
    await revoke(tx, id);
    const event = eventOf("rotate", old);
    await recordEvent(tx, {
      ...trail,
      ...event,
      details: { ...event.details, new_token: String(token.token_id) },
    });
    await notifyAccessChanged(tx);
    return token;
  });

const columns = [
  "token_id",
  "hint",
  "kind",
  "name",
  "user_id",
  "project_id",
  "role",
  "scopes",
  "created_at",
  "created_by",
  "expires_at",
  "revoked_at",
  "last_used_at",
  "last_used_address",
] as const;

function selectTokens(db: Database, holder: TokenHolder) {
  const all = db
    .selectFrom("tokens")
    .leftJoin("users", "users.user_id", "tokens.user_id")
    .select(columns.map((column) => `tokens.${column}` as const))
    .select("users.username");
  if (holder === "anyone") return all;
  // A session is no token that anyone holds: its cookie ends it, or the token with which it began.
  const held = all.where("tokens.kind", "<>", "session");
  if ("project" in holder)
    return held.where("tokens.project_id", "=", holder.project).where("tokens.user_id", "is", null);
  const { user, boundTo } = holder;
  const personal =
    user === "any" ? held.where("tokens.user_id", "is not", null) : held.where("tokens.user_id", "=", user);
  return boundTo === undefined ? personal : personal.where("tokens.project_id", "=", boundTo);
}

const lockToken = (tx: Database, holder: TokenHolder, id: bigint): Promise<TokenRow | undefined> =>
  selectTokens(tx, holder).where("tokens.token_id", "=", id).forUpdate("tokens").executeTakeFirst();

async function insertToken(
  tx: Database,
  token: Omit<NewToken, "username"> & { user: bigint | null },
  createdBy: string,
): Promise<TokenRow> {
  const { hash, hint, kind, name, user, project, role, scopes, expiresAt } = token;
  const { token_id } = await tx
    .insertInto("tokens")
    .values({
      hash,
      hint,
      kind,
      name,
      user_id: user,
      project_id: project ?? null,
      role: role ?? null,
      scopes: [...scopes],
      created_by: createdBy,
      expires_at: expiresAt ?? null,
    })
    .returning("token_id")
    .executeTakeFirstOrThrow();
  return selectTokens(tx, "anyone").where("tokens.token_id", "=", token_id).executeTakeFirstOrThrow();
}

const revoke = (tx: Database, id: bigint) =>
  tx.updateTable("tokens").set({ revoked_at: sql<Date>`now()` }).where("token_id", "=", id).execute();

/** What the audit log says of a token: all but the secret. */
const eventOf = (verb: "create" | "revoke" | "rotate", token: TokenRow) => ({
  project: token.project_id ?? 0n,
  action: `token.${verb}`,
  object: token.name,
  result: "ok",
  details: {
    token: String(token.token_id),
    kind: token.kind,
    scopes: token.scopes.join(" "),
    ...(token.username !== null && { user: token.username }),
    ...(token.role !== null && { role: token.role }),
    expires: token.expires_at?.toISOString() ?? "never",
  },
});
