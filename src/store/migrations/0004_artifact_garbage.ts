import { type Kysely, sql } from "kysely";

/**
 * The objects in the artifact store that no artifact names: not yet, or no longer (store/artifact-garbage.ts). The project
 * is no foreign key, so that what a project leaves behind is still known when it is gone.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    create table artifact_garbage (
      project_id bigint not null,
      object_id uuid not null,
      since timestamptz not null default now(),
      primary key (project_id, object_id)
    )`.execute(db);
}
