/** A job by what no other has: job ids are unique at their CI server alone. */
export interface CiJob {
  /** The CI server's address, without a slash at its end. */
  source: string;
  jobId: string;
}

/** The tag by which a run claims its job, as GitLab's own tracking server reads it (gitlab.md §5). */
export const jobTag = "gitlab.CI_JOB_ID";

/** What is known of a job; what is not is absent. Texts are fit to be stored. */
export interface JobFacts extends CiJob {
  provider: "gitlab" | "github";
  /** The path of the project or repository. */
  repository?: string | undefined;
  name?: string | undefined;
  stage?: string | undefined;
  url?: string | undefined;
  status?: string | undefined;
  pipelineId?: string | undefined;
  /** A branch or a tag, by its short name. */
  ref?: string | undefined;
  refType?: string | undefined;
  commitSha?: string | undefined;
  commitTitle?: string | undefined;
  /** The number of the merge request or pull request. */
  mergeRequest?: string | undefined;
  username?: string | undefined;
  userName?: string | undefined;
  environment?: string | undefined;
  createdAt?: Date | undefined;
  startedAt?: Date | undefined;
  finishedAt?: Date | undefined;
}

const progress: Readonly<Record<string, number>> = {
  created: 1,
  scheduled: 2,
  manual: 2,
  skipped: 2,
  waiting_for_resource: 2,
  waiting_for_callback: 2,
  preparing: 2,
  pending: 3,
  running: 4,
  canceling: 5,
  success: 6,
  failed: 6,
  canceled: 6,
};

/**
 * How far a job with this status is. A job never goes back (a retry is another job), so of two reports the one with the
 * greater number is the later one, in whatever order they arrive. A skipped job may yet run, when its pipeline is retried.
 */
export const progressOf = (status: string | undefined): number =>
  status === undefined ? 0 : (progress[status] ?? 0);

/** The number from which on a job is over. */
export const over = 6;

/** Text from elsewhere, cut and made fit to be stored; undefined for what is no text, or empty. Numbers are ids. */
export function textOf(value: unknown, longest = 255): string | undefined {
  const text = typeof value === "number" || typeof value === "bigint" ? String(value) : value;
  if (typeof text !== "string") return undefined;
  return text.replaceAll("\0", "").slice(0, longest).toWellFormed() || undefined;
}

/** A time as GitLab writes it: ISO 8601, or `2024-06-11 03:02:25 UTC` in job events. */
export function timeOf(value: unknown): Date | undefined {
  if (typeof value !== "string" || value.length > 40) return undefined;
  const time = new Date(value.replace(/^(\d{4}-\d\d-\d\d) (\d\d:\d\d:\d\d(?:\.\d+)?) UTC$/, "$1T$2Z"));
  const year = time.getUTCFullYear();
  return year >= 1970 && year < 10_000 ? time : undefined;
}

/** Of `refs/merge-requests/12/head` the 12; a merge request's pipeline runs on such a ref. */
export const mergeRequestOf = (ref: string | undefined): string | undefined =>
  /^refs\/merge-requests\/(\d{1,20})\//.exec(ref ?? "")?.[1];
