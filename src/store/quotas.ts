import type { Database } from "./database.ts";

/** What a project may take up at most; undefined: no limit. */
export interface Quotas {
  /** Runs that are not purged. */
  runs: bigint | undefined;
  pointsPerMinute: bigint | undefined;
  artifactBytes: bigint | undefined;
}

/** The quotas of every project that has any. */
export async function loadQuotas(db: Database): Promise<Map<bigint, Quotas>> {
  const rows = await db
    .selectFrom("projects")
    .select(["project_id", "quota_runs", "quota_points_per_minute", "quota_artifact_bytes"])
    .where((eb) =>
      eb.or([
        eb("quota_runs", "is not", null),
        eb("quota_points_per_minute", "is not", null),
        eb("quota_artifact_bytes", "is not", null),
      ]),
    )
    .execute();
  return new Map(
    rows.map((row) => [
      row.project_id,
      {
        runs: row.quota_runs ?? undefined,
        pointsPerMinute: row.quota_points_per_minute ?? undefined,
        artifactBytes: row.quota_artifact_bytes ?? undefined,
      },
    ]),
  );
}
