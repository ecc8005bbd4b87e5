import { type Kysely, sql } from "kysely";
import { secureTables } from "../row-security.ts";

/** Who sends over streams, and the greatest epoch that was seen of each: see store/ordered-writes.ts. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    create table ingest_producers (
      project_id bigint not null references projects,
      producer_id text collate "C" not null,
      epoch bigint not null,
      seen_at timestamptz not null default now(),
      primary key (project_id, producer_id)
    )`.execute(db);
  await secureTables(db);
}
