import { sql } from "kysely";
import { type Database, transaction } from "./database.ts";

/** Whether a server asks for tokens: since the first one was made, also when none is left (migrations/0012_tokens_required.ts). */
export async function areTokensRequired(db: Database): Promise<boolean> {
  const { tokens_required_since } = await db
    .selectFrom("server_state")
    .select("tokens_required_since")
    .executeTakeFirstOrThrow();
  return tokens_required_since !== null;
}

/**
 * Forgets that there were tokens, unless there is one that nobody revoked, expired or not. To be called where all projects
 * may be seen (scope.ts).
 * @returns whether tokens are required no more.
 */
export const forgetTokens = (db: Database): Promise<boolean> =>
  transaction(db, async (tx) => {
    // Whoever makes the first token meanwhile waits for this row.
    await sql`select from server_state for update`.execute(tx);
    const left = await tx
      .selectFrom("tokens")
      .select("token_id")
      .where("revoked_at", "is", null)
      .limit(1)
      .executeTakeFirst();
    if (left !== undefined) return false;
    await tx.updateTable("server_state").set({ tokens_required_since: null }).execute();
    return true;
  });
