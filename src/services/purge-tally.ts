/** What a purge has removed. */
export interface Purged {
  projects: number;
  experiments: number;
  runs: number;
  loggedModels: number;
  metricPoints: number;
  /** Files. */
  artifacts: number;
  artifactBytes: bigint;
}

export const nothingPurged = (): Purged => ({
  projects: 0,
  experiments: 0,
  runs: 0,
  loggedModels: 0,
  metricPoints: 0,
  artifacts: 0,
  artifactBytes: 0n,
});

/** Whether anything was removed. */
export const isAnything = ({ artifactBytes: _, ...counts }: Purged): boolean =>
  Object.values(counts).some((count) => count > 0);

/** Adds what is in `more` to `sum`. */
export function add(sum: Purged, { artifactBytes, ...counts }: Purged): void {
  for (const [name, count] of Object.entries(counts)) sum[name as keyof typeof counts] += count;
  sum.artifactBytes += artifactBytes;
}
