import { sql } from "kysely";
import { textArray } from "./array-literals.ts";
import { countBytes } from "./artifact-usage.ts";
import type { Database } from "./database.ts";

/** Follows every path, none of which has more than 1024 bytes. One bound for both cases, for an index takes no `or`. */
const beyondAll = "\u{10ffff}".repeat(257);

/**
 * Makes garbage of up to `most` files at or below `paths`; "" is the project's root. They were artifacts and are none any
 * more, so nothing has to be waited for before their bytes go: they count as garbage of old.
 */
export async function releaseArtifacts(
  db: Database,
  project: bigint,
  paths: readonly string[],
  most: number,
): Promise<{ files: number; bytes: bigint }> {
  const { rows } = await sql<{ files: bigint; bytes: bigint }>`
    with chosen as materialized (
      select found.path
      from unnest(${textArray(paths)}::text[]) as root (path)
      cross join lateral (
        select path from artifacts
        where project_id = ${project} and path = root.path collate "C"
        union all
        (
          select path from artifacts
          where project_id = ${project}
            and path >= (case root.path when '' then '' else root.path || '/' end) collate "C"
            and path < (case root.path when '' then ${beyondAll} else root.path || '0' end) collate "C"
          limit ${most}
        )
      ) as found
      limit ${most}
    ),
    deleted as (
      delete from artifacts
      where project_id = ${project} and path = any(array(select path from chosen))
      returning project_id, object_id, size
    ),
    garbage as (
      insert into artifact_garbage (project_id, object_id, since)
      select project_id, object_id, 'epoch' from deleted
    ),
    ${countBytes(project, sql`(select -coalesce(sum(size), 0)::bigint from deleted)`)}
    select count(*) as files, coalesce(sum(size), 0)::bigint as bytes from deleted`.execute(db);
  const [released] = rows;
  return { files: Number(released?.files ?? 0n), bytes: released?.bytes ?? 0n };
}
