import { type Kysely, sql } from "kysely";

/**
 * Where the files of a version are whose source is itself the address of a model, `models:/…`; null when the source says
 * it. It is found when the version is made, so that the version outlives the one it was copied from.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`alter table model_versions add column location text collate "C"`.execute(db);
}
