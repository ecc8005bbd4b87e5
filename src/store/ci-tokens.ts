import { sql } from "kysely";
import { notifyAccessChanged } from "./access.ts";
import { type NewEvent, recordEvent } from "./audit.ts";
import { type JobReport, recordJob } from "./ci-jobs.ts";
import { type Database, transaction } from "./database.ts";

/** Tokens of CI jobs: made in exchange for an id-token that is used up thereby. */

export interface CiToken {
  project: bigint;
  /** SHA-256 of the token, and its last characters. */
  hash: Buffer;
  hint: string;
  /** Of the job, for a person to read. */
  name: string;
  role: string;
  scopes: readonly string[];
  claims: Readonly<Record<string, unknown>>;
  /** Who said so: the issuer. */
  createdBy: string;
  expiresAt: Date;
  /** The id-token that it is given for. */
  idToken: { issuer: string; jti: string; expiresAt: Date };
  /** What the id-token tells of its job. */
  job: JobReport | undefined;
  /** For the audit log. */
  event: NewEvent;
}

/** Rows that each exchange clears away of those that are no longer needed: more than it adds. */
const cleared = 100;

/** Keeps an id-token's id this much longer than it is valid, for the clocks of replicas and of the issuer. */
const grace = "10 minutes";

/**
 * Uses up an id-token and keeps the token that is given for it, in one transaction: of the same id-token shown twice, at
 * whatever replicas and for whatever projects, one succeeds.
 * @returns the new token's id; undefined when the id-token was used before.
 */
export function exchange(db: Database, token: CiToken): Promise<bigint | undefined> {
  const { project, idToken } = token;
  return transaction(db, async (tx) => {
    const used = await tx
      .insertInto("ci_used_id_tokens")
      .values({
        issuer: idToken.issuer,
        jti: idToken.jti,
        expires_at: sql<Date>`${idToken.expiresAt}::timestamptz + ${grace}::interval`,
      })
      .onConflict((conflict) => conflict.doNothing())
      .executeTakeFirst();
    if (used.numInsertedOrUpdatedRows === 0n) return undefined;
    const { token_id } = await tx
      .insertInto("tokens")
      .values({
        hash: token.hash,
        hint: token.hint,
        kind: "ci",
        name: token.name,
        project_id: project,
        role: token.role,
        scopes: [...token.scopes],
        claims: JSON.stringify(token.claims),
        created_by: token.createdBy,
        expires_at: token.expiresAt,
      })
      .returning("token_id")
      .executeTakeFirstOrThrow();
    if (token.job !== undefined) await recordJob(tx, project, token.job);
    await recordEvent(tx, { ...token.event, tokenId: token_id });
    await sql`
      delete from ci_used_id_tokens
      where (issuer, jti) in (
        select issuer, jti from ci_used_id_tokens
        where expires_at < now()
        order by expires_at
        limit ${cleared}
        for update skip locked
      )`.execute(tx);
    return token_id;
  });
}

/** Revokes what a job still has of tokens, since it is over. @returns how many there were. */
export function revokeTokensOfJob(
  db: Database,
  project: bigint,
  claims: Readonly<Record<string, string>>,
): Promise<bigint> {
  return transaction(db, async (tx) => {
    const { numUpdatedRows } = await tx
      .updateTable("tokens")
      .set({ revoked_at: sql<Date>`now()` })
      .where("project_id", "=", project)
      .where("kind", "=", "ci")
      .where("revoked_at", "is", null)
      .where("expires_at", ">", sql<Date>`now()`)
      .where(sql<boolean>`claims @> ${JSON.stringify(claims)}::jsonb`)
      .executeTakeFirst();
    if (numUpdatedRows > 0n) await notifyAccessChanged(tx);
    return numUpdatedRows;
  });
}
