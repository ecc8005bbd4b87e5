import { sql } from "kysely";
import { invalid, LoggiaError } from "../errors.ts";
import { countBytes, QuotaFull } from "./artifact-usage.ts";
import { type Database, transaction } from "./database.ts";

/** A file among a project's artifacts. */
export interface Artifact {
  path: string;
  size: bigint;
  sha256: Uint8Array;
  objectId: string;
  createdAt: Date;
}

/** What a directory holds: a file with its size in bytes, or a directory. */
export interface Entry {
  name: string;
  size: bigint | undefined;
}

/** The artifact at exactly this path; undefined when there is none, or it is a directory. */
export async function findArtifact(
  db: Database,
  project: bigint,
  path: string,
): Promise<Artifact | undefined> {
  const row = await db
    .selectFrom("artifacts")
    .select(["path", "size", "sha256", "object_id", "created_at"])
    .where("project_id", "=", project)
    .where("path", "=", path)
    .executeTakeFirst();
  return (
    row && {
      path: row.path,
      size: row.size,
      sha256: row.sha256,
      objectId: row.object_id,
      createdAt: row.created_at,
    }
  );
}

/** The files below a directory ("" is the project's root), in the order of their paths, from behind one of them on. */
export async function listBelow(
  db: Database,
  project: bigint,
  directory: string,
  { after = "", limit }: { after?: string | undefined; limit: number },
): Promise<Artifact[]> {
  const rows = await db
    .selectFrom("artifacts")
    .select(["path", "size", "sha256", "object_id", "created_at"])
    .where("project_id", "=", project)
    .where("path", ">", after)
    // '0' follows '/', so it bounds a directory from above.
    .$if(directory !== "", (query) =>
      query.where("path", ">=", `${directory}/`).where("path", "<", `${directory}0`),
    )
    .orderBy("path")
    .limit(limit)
    .execute();
  return rows.map((row) => ({
    path: row.path,
    size: row.size,
    sha256: row.sha256,
    objectId: row.object_id,
    createdAt: row.created_at,
  }));
}

/**
 * Makes `path` name an expected object (artifact-garbage.ts), in place of the one it named before.
 * @param most bytes that the project's artifacts may have; without end when absent. A file in place of a larger one is
 * always taken.
 * @returns the object that it named before, which is garbage now.
 * @throws INVALID_PARAMETER_VALUE when the path is a directory, or one of its parents is a file; TEMPORARILY_UNAVAILABLE when
 * the object is not expected, or no longer; QuotaFull.
 */
export function putArtifact(
  db: Database,
  project: bigint,
  { path, size, sha256, objectId }: Omit<Artifact, "createdAt">,
  most?: bigint,
): Promise<string | undefined> {
  const parents = parentsOf(path);
  return transaction(db, async (tx) => {
    await lockPath(tx, project, path);
    const { parent, child, replaced, replacedSize } = await tx
      .selectNoFrom((eb) => {
        const own = eb.selectFrom("artifacts").where("project_id", "=", project);
        return [
          own.select("path").where("path", "=", sql<string>`any(${parents}::text[])`).limit(1).as("parent"),
          own
            .select("path")
            .where("path", ">=", `${path}/`)
            .where("path", "<", `${path}0`)
            .limit(1)
            .as("child"),
          // Locked, so that whoever deletes it meanwhile counts its bytes or those of its successor, and not both.
          own.select("object_id").where("path", "=", path).forUpdate().as("replaced"),
          own.select("size").where("path", "=", path).forUpdate().as("replacedSize"),
        ];
      })
      .executeTakeFirstOrThrow();
    if (parent !== null)
      throw invalid(`Invalid artifact path '${path}': '${parent}' is a file, so nothing can be below it.`);
    if (child !== null) throw invalid(`Invalid artifact path '${path}': it is a directory.`);
    const growth = size - (replacedSize ?? 0n);
    const { rows } = await sql<{ stored: boolean; used: bigint | null }>`
      with expected as (
        delete from artifact_garbage
        where project_id = ${project} and object_id = ${objectId}
        returning project_id, object_id
      ),
      given_up as (
        insert into artifact_garbage (project_id, object_id)
        select project_id, ${replaced}::uuid from expected where ${replaced}::uuid is not null
        on conflict do nothing
      ),
      stored as (
        insert into artifacts (project_id, path, size, sha256, object_id)
        select project_id, ${path}::text, ${size}::bigint, ${Buffer.from(sha256)}::bytea, object_id from expected
        on conflict (project_id, path) do update
        set size = excluded.size, sha256 = excluded.sha256, object_id = excluded.object_id, created_at = now()
        returning 1
      ),
      ${countBytes(project, sql`(select count(*) from stored) * ${growth}::bigint`)}
      select exists (select from stored) as stored, (select value from counted) as used`.execute(tx);
    const [outcome] = rows;
    if (!outcome?.stored) throw notExpected();
    if (most !== undefined && growth > 0n && outcome.used !== null && outcome.used > most)
      throw new QuotaFull(outcome.used - growth);
    return replaced ?? undefined;
  });
}

const notExpected = () =>
  new LoggiaError(
    "TEMPORARILY_UNAVAILABLE",
    "The upload took more than a day, after which its bytes were cleared away. Send it again.",
    { retryAfter: 1 },
  );

/**
 * Removes the file at `path`, or the directory with all that is below it; `path` "" is not one.
 * @returns the objects that they named, which are garbage now (artifact-garbage.ts).
 */
export async function deleteArtifacts(db: Database, project: bigint, path: string): Promise<string[]> {
  const { rows } = await sql<{ object_id: string }>`
    with deleted as (
      delete from artifacts
      where project_id = ${project} and (path = ${path} or (path >= ${`${path}/`} and path < ${`${path}0`}))
      returning project_id, object_id, size
    ),
    garbage as (
      insert into artifact_garbage (project_id, object_id)
      select project_id, object_id from deleted
      returning object_id
    ),
    ${countBytes(project, sql`(select -coalesce(sum(size), 0)::bigint from deleted)`)}
    select object_id from garbage`.execute(db);
  return rows.map((row) => row.object_id);
}

/**
 * What is directly below a directory ("" is the project's root), sorted by name; nothing when it is a file or absent. Skips
 * from child to child along the primary key, so the cost grows with the children and not with what is below them.
 */
export async function listDirectory(db: Database, project: bigint, directory: string): Promise<Entry[]> {
  const prefix = directory === "" ? "" : `${directory}/`;
  // '0' follows '/', so it bounds a directory from above; no path continues another with U+0001, so it steps past a file.
  const end = directory === "" ? sql`true` : sql`path < ${`${directory}0`}`;
  const next = (from: ReturnType<typeof sql>) => sql`
    select path, size,
      split_part(substr(path, length(${prefix}::text) + 1), '/', 1) as name,
      strpos(substr(path, length(${prefix}::text) + 1), '/') > 0 as is_directory
    from artifacts
    where project_id = ${project} and path >= ${from} and ${end}
    order by path
    limit 1`;
  const { rows } = await sql<{ name: string; size: bigint | null }>`
    with recursive child as (
      (${next(sql`${prefix}`)})
      union all
      select following.*
      from child, lateral (
        ${next(sql`(case when child.is_directory then ${prefix} || child.name || '0' else child.path || e'\\x01' end) collate "C"`)}
      ) following
    )
    select name, case when not is_directory then size end as size
    from child
    order by name collate "C"`.execute(db);
  return rows.map(({ name, size }) => ({ name, size: size ?? undefined }));
}

/**
 * Where the artifacts of a run are; undefined when there is no such run.
 * @param runId a UUID in any of its spellings.
 */
export async function findRunArtifactUri(
  db: Database,
  project: bigint,
  runId: string,
): Promise<string | undefined> {
  const row = await db
    .selectFrom("runs")
    .select("artifact_uri")
    .where("project_id", "=", project)
    .where("run_id", "=", runId)
    .executeTakeFirst();
  return row?.artifact_uri;
}

/** The directories above a path, the outermost first. */
const parentsOf = (path: string): string[] =>
  path
    .split("/")
    .slice(0, -1)
    .map((_, depth, segments) => segments.slice(0, depth + 1).join("/"));

/** Below this many segments, files share the lock of the directory there: one path must not take hundreds of locks. */
const deepestLock = 32;

/**
 * Keeps a path from becoming a file and a directory at once: whoever writes a file holds its path alone, and shares the
 * paths of its parents. From the root down, so that nobody waits in a circle.
 */
async function lockPath(db: Database, project: bigint, path: string): Promise<void> {
  const own = path.split("/").slice(0, deepestLock).join("/");
  await sql`
    select
      (
        select count(pg_advisory_xact_lock_shared(hashtextextended(parent, ${project})))
        from unnest(${parentsOf(own)}::text[]) parent
      ),
      pg_advisory_xact_lock(hashtextextended(${own}, ${project}))`.execute(db);
}
