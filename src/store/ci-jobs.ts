import { sql } from "kysely";
import type { CiJobs } from "../../gen/db.ts";
import type { Database } from "./database.ts";

/** What is known of CI jobs (docs/ci.md). */

/** A job by what no other has: the address of its CI server, and its id there. */
export interface JobKey {
  source: string;
  jobId: string;
}

/** What is told of a job; what is not told stays as it is. */
export interface JobReport extends JobKey {
  provider: "gitlab" | "github";
  repository?: string | undefined;
  name?: string | undefined;
  stage?: string | undefined;
  url?: string | undefined;
  status?: string | undefined;
  /** How far the job is, greater for later; 0 for a report without a status. */
  progress: number;
  pipelineId?: string | undefined;
  ref?: string | undefined;
  refType?: string | undefined;
  commitSha?: string | undefined;
  commitTitle?: string | undefined;
  mergeRequest?: string | undefined;
  username?: string | undefined;
  userName?: string | undefined;
  environment?: string | undefined;
  createdAt?: Date | undefined;
  startedAt?: Date | undefined;
  finishedAt?: Date | undefined;
  /** `id-token`: the job itself proved who it is. `api`: the CI server was asked. */
  from: "id-token" | "event" | "api";
}

/**
 * Notes what is told of a job. A status never goes back, whatever the order in which reports arrive: of one that is behind
 * what is known, only what was not known at all is kept.
 */
export async function recordJob(db: Database, project: bigint, job: JobReport): Promise<void> {
  const now = sql<Date>`now()`;
  await db
    .insertInto("ci_jobs")
    .values({
      project_id: project,
      job_id: job.jobId,
      source: job.source,
      provider: job.provider,
      repository: job.repository ?? null,
      name: job.name ?? null,
      stage: job.stage ?? null,
      url: job.url ?? null,
      status: job.status ?? null,
      progress: job.progress,
      pipeline_id: job.pipelineId ?? null,
      ref: job.ref ?? null,
      ref_type: job.refType ?? null,
      commit_sha: job.commitSha ?? null,
      commit_title: job.commitTitle ?? null,
      merge_request: job.mergeRequest ?? null,
      username: job.username ?? null,
      user_name: job.userName ?? null,
      environment: job.environment ?? null,
      created_at: job.createdAt ?? null,
      started_at: job.startedAt ?? null,
      finished_at: job.finishedAt ?? null,
      verified_at: job.from === "id-token" ? now : null,
      fetched_at: job.from === "api" ? now : null,
    })
    .onConflict((conflict) =>
      conflict.columns(["project_id", "job_id", "source"]).doUpdateSet((eb) => {
        const isBehind = sql<boolean>`excluded.progress < ci_jobs.progress`;
        const latest = <C extends keyof CiJobs & string>(column: C) =>
          eb
            .case()
            .when(isBehind)
            .then(eb.fn.coalesce(eb.ref(`ci_jobs.${column}`), eb.ref(`excluded.${column}`)))
            .else(eb.fn.coalesce(eb.ref(`excluded.${column}`), eb.ref(`ci_jobs.${column}`)))
            .end();
        return {
          provider: eb.ref("excluded.provider"),
          progress: sql<number>`greatest(excluded.progress, ci_jobs.progress)`,
          ...Object.fromEntries(reported.map((column) => [column, latest(column)])),
          // What a job once proved stays proven, and was proven first at that time.
          verified_at: eb.fn.coalesce(eb.ref("ci_jobs.verified_at"), eb.ref("excluded.verified_at")),
          fetched_at: eb.fn.coalesce(eb.ref("excluded.fetched_at"), eb.ref("ci_jobs.fetched_at")),
          updated_at: now,
        };
      }),
    )
    .execute();
}

const reported = [
  "repository",
  "name",
  "stage",
  "url",
  "status",
  "pipeline_id",
  "ref",
  "ref_type",
  "commit_sha",
  "commit_title",
  "merge_request",
  "username",
  "user_name",
  "environment",
  "created_at",
  "started_at",
  "finished_at",
] as const satisfies (keyof CiJobs)[];

/** The repository whose jobs at `source` showed this project an id-token last; undefined when none ever did. */
export async function provenRepository(
  db: Database,
  project: bigint,
  source: string,
): Promise<string | undefined> {
  const found = await db
    .selectFrom("ci_jobs")
    .select("repository")
    .where("project_id", "=", project)
    .where("source", "=", source)
    .where("verified_at", "is not", null)
    .where("repository", "is not", null)
    .orderBy("verified_at", "desc")
    .limit(1)
    .executeTakeFirst();
  return found?.repository ?? undefined;
}
