import { invalid } from "../errors.ts";
import type { ProjectSettings } from "../store/projects.ts";
import { checkDescription, checkTitle } from "./account-names.ts";
import { between } from "./request-limits.ts";

const longestRetention = 36_500;
const greatestQuota = 2n ** 62n;
const visibilities = ["public", "members", "disabled"] as const;

/** Settings as a request gives them; what is undefined is not given. */
export interface GivenSettings {
  name?: string | undefined;
  description?: string | undefined;
  visibility?: string | undefined;
  retentionDays?: number | undefined;
  quotaRuns?: bigint | undefined;
  quotaPointsPerMinute?: bigint | undefined;
  quotaArtifactBytes?: bigint | undefined;
}

/**
 * The settings that are given, as they are stored.
 * @param least -1 where that stands for no limit, else 0.
 * @throws INVALID_PARAMETER_VALUE
 */
export function settingsOf(given: GivenSettings, least: 0 | -1): Partial<ProjectSettings> {
  const { name, description, visibility, retentionDays } = given;
  if (name !== undefined) checkTitle("name", name);
  if (description !== undefined) checkDescription("description", description);
  return {
    ...(name !== undefined && { name }),
    ...(description !== undefined && { description }),
    ...(visibility !== undefined && { visibility: visibilityOf(visibility) }),
    ...(retentionDays !== undefined && {
      retention_days: limitOf("retention_days", retentionDays, least, longestRetention),
    }),
    ...quota("quota_runs", given.quotaRuns, least),
    ...quota("quota_points_per_minute", given.quotaPointsPerMinute, least),
    ...quota("quota_artifact_bytes", given.quotaArtifactBytes, least),
  };
}

/** Whether one of the quotas is given. */
export const setsQuota = (given: GivenSettings): boolean =>
  [given.quotaRuns, given.quotaPointsPerMinute, given.quotaArtifactBytes].some(
    (value) => value !== undefined,
  );

const quota = (column: keyof ProjectSettings, value: bigint | undefined, least: 0 | -1) =>
  value === undefined ? {} : { [column]: limitOf(column, value, least, greatestQuota) };

function limitOf<T extends number | bigint>(parameter: string, value: T, least: 0 | -1, most: T): T | null {
  return between(parameter, value, least, most) < 0 ? null : value;
}

function visibilityOf(text: string): ProjectSettings["visibility"] {
  const found = visibilities.find((visibility) => visibility === text);
  if (found === undefined)
    throw invalid(
      `Invalid value '${text.slice(0, 100)}' for parameter 'visibility': it must be one of ${visibilities.join(", ")}.`,
    );
  return found;
}
