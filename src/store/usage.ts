import { sql } from "kysely";
import type { Database } from "./database.ts";

/** What a project takes up, and what it may. */
export interface Usage {
  /** Not purged, deleted ones among them. */
  runs: bigint;
  deletedRuns: bigint;
  artifactBytes: bigint;
  registeredModels: bigint;
  quotaRuns: bigint | null;
  quotaPointsPerMinute: bigint | null;
  quotaArtifactBytes: bigint | null;
  retentionDays: number | null;
}

/** Undefined when there is no such project. */
export async function findUsage(db: Database, project: bigint): Promise<Usage | undefined> {
  const counter = (name: string) => sql<bigint>`
    coalesce((select value from counters where counters.project_id = projects.project_id and name = ${name}), 0)`;
  const { rows } = await sql<Usage>`
    select ${counter("run")} - ${counter("purged_run")} as runs,
      (
        select count(*) from runs
        where runs.project_id = projects.project_id and lifecycle_stage = 'deleted'
      ) as "deletedRuns",
      ${counter("artifact_bytes")} as "artifactBytes",
      (
        select count(*) from registered_models where registered_models.project_id = projects.project_id
      ) as "registeredModels",
      quota_runs as "quotaRuns", quota_points_per_minute as "quotaPointsPerMinute",
      quota_artifact_bytes as "quotaArtifactBytes", retention_days as "retentionDays"
    from projects
    where project_id = ${project}`.execute(db);
  return rows[0];
}

/** Points that are counted one by one, at most; and pages of the table that are looked at instead beyond that. */
const mostCounted = 250_000;
const pagesSampled = 4_000;

/**
 * How many metric points a project has: exactly, up to a quarter of a million; beyond, as estimated from a sample of pages of
 * the table, which is the same from call to call. Takes a fraction of a second, however many there are.
 */
export async function countPoints(
  db: Database,
  project: bigint,
  { counted = mostCounted, pages = pagesSampled } = {},
): Promise<{ points: bigint; isEstimate: boolean }> {
  const { rows } = await sql<{ count: bigint }>`
    select count(*) as count
    from (select from metrics where project_id = ${project} limit ${counted + 1}) as first`.execute(db);
  const count = rows[0]?.count ?? 0n;
  if (count <= counted) return { points: count, isEstimate: false };
  // Repeatable: who asks twice should not wonder.
  const { rows: sampled } = await sql<{ estimate: bigint }>`
    with share as materialized (
      select least(100, 100.0 * ${pages}::int / greatest(1, pg_relation_size('metrics') / 8192))::real as percent
    )
    select (count(*) * 100 / (select percent from share))::bigint as estimate
    from metrics tablesample system ((select percent from share)) repeatable (1)
    where project_id = ${project}`.execute(db);
  const estimate = sampled[0]?.estimate ?? 0n;
  return { points: estimate > count ? estimate : count, isEstimate: true };
}
