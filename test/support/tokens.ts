import type { Role } from "../../src/auth/roles.ts";
import type { Scope } from "../../src/auth/scopes.ts";
import { hashOf, hintOf, newToken, type TokenKind } from "../../src/auth/token.ts";
import { notifyAccessChanged } from "../../src/store/access.ts";
import type { Database } from "../../src/store/database.ts";

export interface TestTokenOptions {
  kind?: TokenKind;
  /** What the token may be at most; a project token's role. */
  role?: Role | undefined;
  scopes?: readonly Scope[];
  /** The only project it is of use in. */
  project?: bigint;
  user?: bigint;
  expiresAt?: Date;
  revokedAt?: Date;
}

/** Puts a token where the server finds tokens. @returns the secret. */
export async function issueToken(
  db: Database,
  { kind = "project", role, scopes = ["api"], project, user, expiresAt, revokedAt }: TestTokenOptions,
): Promise<string> {
  const token = newToken(kind);
  await db
    .insertInto("tokens")
    .values({
      hash: hashOf(token),
      hint: hintOf(token),
      kind,
      name: "test",
      user_id: user ?? null,
      project_id: project ?? null,
      role: role ?? null,
      scopes: [...scopes],
      created_by: "test",
      expires_at: expiresAt ?? null,
      revoked_at: revokedAt ?? null,
    })
    .execute();
  return token;
}

/** As whoever revokes a token has to: at once in every process. */
export async function revokeToken(db: Database, token: string): Promise<void> {
  await db.transaction().execute(async (tx) => {
    await tx
      .updateTable("tokens")
      .set({ revoked_at: new Date() })
      .where("hash", "=", hashOf(token))
      .execute();
    await notifyAccessChanged(tx);
  });
}

let users = 0;

/** A user, who is a member of `projects` with these roles. @returns the user's id. */
export async function makeUser(
  db: Database,
  {
    isAdmin = false,
    projects = [],
  }: { isAdmin?: boolean; projects?: readonly (readonly [bigint, Role])[] } = {},
): Promise<bigint> {
  const { user_id } = await db
    .insertInto("users")
    .values({ username: `user-${++users}`, is_admin: isAdmin })
    .returning("user_id")
    .executeTakeFirstOrThrow();
  for (const [project_id, role] of projects)
    await db.insertInto("members").values({ project_id, user_id, role }).execute();
  return user_id;
}
