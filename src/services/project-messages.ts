import type { Role } from "../auth/roles.ts";
import type { ProjectRow } from "../store/projects.ts";

/** @param role what the caller is in the project. */
export const toProject = (row: ProjectRow, role: Role | undefined) => ({
  projectId: row.project_id,
  path: row.path,
  name: row.name,
  description: row.description,
  visibility: row.visibility,
  createdAt: BigInt(row.created_at.getTime()),
  ...(row.archived_at !== null && { archivedAt: BigInt(row.archived_at.getTime()) }),
  ...(row.retention_days !== null && { retentionDays: row.retention_days }),
  ...(row.quota_runs !== null && { quotaRuns: row.quota_runs }),
  ...(row.quota_points_per_minute !== null && { quotaPointsPerMinute: row.quota_points_per_minute }),
  ...(row.quota_artifact_bytes !== null && { quotaArtifactBytes: row.quota_artifact_bytes }),
  ...(role !== undefined && { role }),
});
