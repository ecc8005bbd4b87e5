import type { Role } from "../../src/auth/roles.ts";
import type { Database } from "../../src/store/database.ts";
import { issueToken, makeUser, type TestTokenOptions } from "./tokens.ts";

/** A user with a token. */
export interface Person {
  username: string;
  token: string;
}

/** Someone new, who is a member of `projects` with these roles. */
export async function person(
  db: Database,
  {
    isAdmin = false,
    projects = [],
    ...token
  }: { isAdmin?: boolean; projects?: readonly (readonly [bigint, Role])[] } & Omit<
    TestTokenOptions,
    "kind" | "user"
  > = {},
): Promise<Person> {
  const user = await makeUser(db, { isAdmin, projects });
  const { username } = await db
    .selectFrom("users")
    .select("username")
    .where("user_id", "=", user)
    .executeTakeFirstOrThrow();
  return { username, token: await issueToken(db, { ...token, kind: "personal", user }) };
}
