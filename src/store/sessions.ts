import { sql } from "kysely";
import { notifyAccessChanged } from "./access.ts";
import { recordEvent, type Trail } from "./audit.ts";
import { type Database, transaction } from "./database.ts";
import type { Fingerprint } from "./tokens.ts";

/** Sessions of browsers: tokens that live in a cookie, and no longer than the token with which they began. */

/** How a session begins: with a token, whose rights it has, or as a user whom an OpenID provider knows. */
export type SessionStart = { token: bigint } | { user: bigint };

export interface NewSession extends Fingerprint {
  start: SessionStart;
  /** Milliseconds that it lives at most. */
  lifetime: number;
}

/** Sessions that ended long ago and that each new one clears away: more than it adds. */
const cleared = 100;

/** @returns when it ends; undefined when the token or user is gone, ended or blocked. */
export const beginSession = (
  db: Database,
  { hash, hint, start, lifetime }: NewSession,
  trail: Trail,
): Promise<Date | undefined> =>
  transaction(db, async (tx) => {
    const end = sql`now() + make_interval(secs => ${lifetime / 1000})`;
    const of =
      "token" in start
        ? sql`
          select name, user_id, project_id, role, scopes, least(expires_at, ${end}), token_id
          from tokens
          where token_id = ${start.token} and revoked_at is null
            and (expires_at is null or expires_at > now())
          for share`
        : sql`
          select 'session', user_id, null::bigint, null, array['api'], ${end}, null::bigint
          from users
          where user_id = ${start.user} and blocked_at is null
          for share`;
    const { rows } = await sql<{
      token_id: bigint;
      expires_at: Date;
      project_id: bigint | null;
      name: string;
    }>`
      insert into tokens
        (hash, hint, kind, created_by, name, user_id, project_id, role, scopes, expires_at, parent_id)
      select ${hash}, ${hint}, 'session', ${trail.actor}, source.*
      from (${of}) as source
      returning token_id, expires_at, project_id, name`.execute(tx);
    const [session] = rows;
    if (session === undefined) return undefined;
    await recordEvent(tx, {
      ...trail,
      project: session.project_id ?? 0n,
      action: "session.begin",
      object: "token" in start ? session.name : trail.actor,
      result: "ok",
      details: {
        session: String(session.token_id),
        ...("token" in start && { token: String(start.token) }),
        expires: session.expires_at.toISOString(),
      },
    });
    await sql`
      delete from tokens
      where token_id in (
        select token_id from tokens
        where kind = 'session' and expires_at < now() - interval '1 day'
        limit ${cleared}
        for update skip locked
      )`.execute(tx);
    return session.expires_at;
  });

/** Ends a session, at once on every replica; one that has ended already stays so. */
export const endSession = (db: Database, id: bigint, trail: Trail): Promise<void> =>
  transaction(db, async (tx) => {
    const ended = await tx
      .updateTable("tokens")
      .set({ revoked_at: sql<Date>`now()` })
      .where("token_id", "=", id)
      .where("kind", "=", "session")
      .where("revoked_at", "is", null)
      .returning(["name", "project_id"])
      .executeTakeFirst();
    if (ended === undefined) return;
    await recordEvent(tx, {
      ...trail,
      project: ended.project_id ?? 0n,
      action: "session.end",
      object: ended.name,
      result: "ok",
      details: { session: String(id) },
    });
    await notifyAccessChanged(tx);
  });
