import { type Kysely, sql } from "kysely";

/** Paths of projects and names of users are unique whatever their case: `Team/Vision` must not pass for `team/vision`. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`create unique index projects_path_folded on projects (lower(path))`.execute(db);
  await sql`create unique index users_username_folded on users (lower(username))`.execute(db);
}
