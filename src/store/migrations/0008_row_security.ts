import type { Kysely } from "kysely";
import { grantRights, secureTables } from "../row-security.ts";

/**
 * Isolation a second time, by Postgres (docs/security.md, "Projects apart"). `migrateToLatest` has made the role.
 *
 * - Every table with a `project_id` is secured alike, those too that are read before the project of a call is known
 *   (`projects`, `members`, `tokens`): that is done in the scope `all`, by the few lines that say who calls (gate.ts).
 * - `users` and `secrets` are nobody's rows; the server's role may only read `secrets`.
 * - `audit_events`: it may add and read.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  await secureTables(db);
  await grantRights(db);
}
