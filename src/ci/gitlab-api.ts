import { fetchJson, UnexpectedStatus } from "./fetch-json.ts";
import { type CiJob, type JobFacts, mergeRequestOf, textOf, timeOf } from "./job.ts";

/** Times are milliseconds. */
export interface ApiLimits {
  /** For an answer of GitLab. */
  timeout: number;
  /** After a failure, until GitLab is asked again. */
  pause: number;
  /** For which a job that GitLab does not know is not asked for again. */
  absent: number;
}

export const apiLimits: ApiLimits = { timeout: 3_000, pause: 30_000, absent: 600_000 };

const mostBytes = 2 ** 20;
const mostAbsent = 10_000;

export interface GitLabApi {
  /** The address of the GitLab that is asked. */
  source: string;
  /**
   * The facts of a job, now. Never throws: undefined when GitLab does not know the job, may not tell, or does not answer in
   * time. Calls for the same job at the same time share a question.
   */
  readJob(repository: string, jobId: string): Promise<JobFacts | undefined>;
}

/**
 * Reads facts of jobs from the API of one GitLab and of no other host.
 * @param failed hears of a GitLab that could not be asked, or refused the token.
 */
export function gitLabApi(
  { url, token }: { url: string; token: string },
  limits: Partial<ApiLimits> = {},
  failed: (error: unknown) => void = () => {},
): GitLabApi {
  const { timeout, pause, absent } = { ...apiLimits, ...limits };
  const asking = new Map<string, Promise<JobFacts | undefined>>();
  const unknown = new Map<string, number>();
  let pausedUntil = 0;

  async function ask(repository: string, jobId: string, key: string): Promise<JobFacts | undefined> {
    const address = new URL(`${url}/api/v4/projects/${encodeURIComponent(repository)}/jobs/${jobId}`);
    try {
      const job = await fetchJson(address, { timeout, most: mostBytes, headers: { "private-token": token } });
      return factsOf({ source: url, jobId }, repository, job);
    } catch (error) {
      if (error instanceof UnexpectedStatus && error.status === 404) {
        unknown.set(key, performance.now() + absent);
        const [oldest] = unknown.keys();
        if (unknown.size > mostAbsent && oldest !== undefined) unknown.delete(oldest);
      } else {
        pausedUntil = performance.now() + pause;
        failed(error);
      }
      return undefined;
    }
  }

  return {
    source: url,
    async readJob(repository, jobId) {
      // A path with a slash, which is encoded, cannot lead elsewhere in the API.
      if (!/^\d{1,20}$/.test(jobId) || !repository.includes("/")) return undefined;
      const key = `${repository}\n${jobId}`;
      const now = performance.now();
      if (pausedUntil > now || (unknown.get(key) ?? 0) > now) return undefined;
      unknown.delete(key);
      let answer = asking.get(key);
      if (answer === undefined) {
        answer = ask(repository, jobId, key).finally(() => asking.delete(key));
        asking.set(key, answer);
      }
      return answer;
    },
  };
}

type Json = Readonly<Record<string, unknown>>;

const objectOf = (value: unknown): Json =>
  typeof value === "object" && value !== null ? (value as Json) : {};

/** Reads the answer of `GET /projects/:id/jobs/:job_id`; undefined when it is about another job. */
function factsOf(job: CiJob, repository: string, answer: unknown): JobFacts | undefined {
  const found = objectOf(answer);
  if (textOf(found.id) !== job.jobId) return undefined;
  const commit = objectOf(found.commit);
  const user = objectOf(found.user);
  const pipeline = objectOf(found.pipeline);
  const ref = textOf(found.ref);
  return {
    ...job,
    provider: "gitlab",
    repository,
    name: textOf(found.name),
    stage: textOf(found.stage),
    url: `${job.source}/${repository}/-/jobs/${job.jobId}`,
    status: textOf(found.status),
    pipelineId: textOf(pipeline.id),
    ref,
    refType: found.tag === true ? "tag" : "branch",
    commitSha: textOf(commit.id) ?? textOf(pipeline.sha),
    commitTitle: textOf(commit.title),
    mergeRequest: mergeRequestOf(ref),
    username: textOf(user.username),
    userName: textOf(user.name),
    createdAt: timeOf(found.created_at),
    startedAt: timeOf(found.started_at),
    finishedAt: timeOf(found.finished_at),
  };
}
