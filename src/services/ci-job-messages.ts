import type { MessageInitShape } from "@bufbuild/protobuf";
import type { JobSchema } from "../../gen/loggia/v1/ci_pb.js";
import type { RunJob } from "../store/ci-runs.ts";
import { fromUuid } from "./ids.ts";

type Job = MessageInitShape<typeof JobSchema>;

/** What is known of a run's job, with the addresses of what it names. */
export function toJob({ run_id, job_id, verified, job }: RunJob): Job {
  const known = { runId: fromUuid(run_id), jobId: job_id, verified };
  if (job === undefined) return known;
  const { source, provider, repository } = job;
  const home = repository === null ? undefined : `${source}/${repository}`;
  const page = (gitlab: string, github: string, id: string | null) =>
    home === undefined || id === null
      ? undefined
      : `${home}/${provider === "gitlab" ? `-/${gitlab}` : github}/${encodeURIComponent(id)}`;
  return {
    ...known,
    ...given({
      provider,
      serverUrl: source,
      repository,
      name: job.name,
      stage: job.stage,
      url: job.url,
      status: job.status,
      pipelineId: job.pipeline_id,
      pipelineUrl: page("pipelines", "actions/runs", job.pipeline_id),
      ref: job.ref,
      refType: job.ref_type,
      commitSha: job.commit_sha,
      commitTitle: job.commit_title,
      commitUrl: page("commit", "commit", job.commit_sha),
      mergeRequest: job.merge_request,
      mergeRequestUrl: page("merge_requests", "pull", job.merge_request),
      triggeredBy: job.username,
      triggeredByName: job.user_name,
      triggeredByUrl: job.username === null ? undefined : `${source}/${encodeURIComponent(job.username)}`,
      environment: job.environment,
      createdAt: milliseconds(job.created_at),
      startedAt: milliseconds(job.started_at),
      finishedAt: milliseconds(job.finished_at),
    }),
  };
}

export const milliseconds = (time: Date | null | undefined): bigint | undefined =>
  time == null ? undefined : BigInt(time.getTime());

/** The members that have a value: an absent one must not be set at all. */
export const given = <T extends object>(members: T): { [K in keyof T]?: NonNullable<T[K]> } =>
  Object.fromEntries(Object.entries(members).filter(([, value]) => value != null)) as {
    [K in keyof T]?: NonNullable<T[K]>;
  };
