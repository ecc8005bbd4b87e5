import { type Kysely, sql } from "kysely";
import { expect, test } from "vitest";
import { hashOf } from "../../src/auth/token.ts";
import { findAccess, recordUse } from "../../src/store/access.ts";
import { recordEvent } from "../../src/store/audit.ts";
import { up } from "../../src/store/migrations/0012_tokens_required.ts";
import { areTokensRequired, forgetTokens } from "../../src/store/token-requirement.ts";
import { testDatabase, testProject } from "../support/database.ts";
import { issueToken, revokeToken } from "../support/tokens.ts";

const { db, owner } = await testDatabase();

test("a server asks for tokens from the first one that is made, also when all are revoked or gone, until it forgets them", async () => {
  expect(await areTokensRequired(db)).toBe(false);
  expect(await forgetTokens(db)).toBe(true);
  const project = await testProject(db);
  const first = await issueToken(db, { project, role: "guest" });
  expect(await areTokensRequired(db)).toBe(true);
  const expired = await issueToken(db, { project, role: "guest", expiresAt: new Date(0) });
  await revokeToken(db, first);
  expect([await forgetTokens(db), await areTokensRequired(db)]).toEqual([false, true]);
  await revokeToken(db, expired);
  expect(await areTokensRequired(db)).toBe(true);
  await db.deleteFrom("tokens").execute();
  expect(await areTokensRequired(db)).toBe(true);
  expect([await forgetTokens(db), await areTokensRequired(db)]).toEqual([true, false]);
});

test("a server that had a token before this was noted asks for tokens", async () => {
  const migrateAnew = async () => {
    await sql`drop trigger note_first_token on tokens`.execute(owner);
    await sql`drop function note_first_token`.execute(owner);
    await sql`drop table server_state`.execute(owner);
    await up(owner as unknown as Kysely<unknown>);
    return areTokensRequired(db);
  };
  expect(await migrateAnew()).toBe(false);
  await revokeToken(db, await issueToken(db, { project: await testProject(db), role: "guest" }));
  expect(await migrateAnew()).toBe(true);
  await db.deleteFrom("tokens").execute();
  expect(await migrateAnew()).toBe(false);
  const about = { actor: "ann", object: "token", address: "", requestId: "", project: 0n };
  await recordEvent(db, { ...about, action: "token.create", result: "ok" });
  expect(await migrateAnew()).toBe(true);
  expect(await forgetTokens(db)).toBe(true);
});

test("the use of a token is written down at most once a minute", async () => {
  const secret = await issueToken(db, { project: await testProject(db), role: "guest" });
  const row = () =>
    db.selectFrom("tokens").selectAll().where("hash", "=", hashOf(secret)).executeTakeFirstOrThrow();
  const { token_id, last_used_at } = await row();
  expect(last_used_at).toBeNull();
  await recordUse(db, token_id, "192.0.2.1");
  const first = await row();
  expect(first.last_used_address).toBe("192.0.2.1");
  await recordUse(db, token_id, "192.0.2.2");
  expect(await row()).toEqual(first);
  await db
    .updateTable("tokens")
    .set({ last_used_at: new Date(Date.now() - 61_000) })
    .where("token_id", "=", token_id)
    .execute();
  await recordUse(db, token_id, "192.0.2.3");
  expect((await row()).last_used_address).toBe("192.0.2.3");
});

test("a project is found by its number, by its path, and as the token's own", async () => {
  const [own, other] = [await testProject(db), await testProject(db)];
  const { path } = await db
    .selectFrom("projects")
    .select("path")
    .where("project_id", "=", other)
    .executeTakeFirstOrThrow();
  const hash = hashOf(await issueToken(db, { project: own, role: "guest" }));
  const found = async (reference: string | undefined) =>
    (await findAccess(db, hash, reference, "default"))?.project_id;
  expect(await found(undefined)).toBe(own);
  expect(await found(String(other))).toBe(other);
  expect(await found(path)).toBe(other);
  expect(await found(path.toUpperCase())).toBe(other);
  expect(await found("no/such")).toBeNull();
  expect(await found("9".repeat(30))).toBeNull();
  expect(await findAccess(db, hashOf("another"), undefined, "default")).toBeUndefined();
});
