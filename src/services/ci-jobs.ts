import type { ServiceImpl } from "@connectrpc/connect";
import type { CiService } from "../../gen/loggia/v1/ci_pb.js";
import type { GitLabApi } from "../ci/gitlab-api.ts";
import { jobTag, over, progressOf } from "../ci/job.ts";
import { provenRepository, recordJob } from "../store/ci-jobs.ts";
import { findRunJobs, type RunJob } from "../store/ci-runs.ts";
import { findProjectByReference } from "../store/ci-trusts.ts";
import type { Database } from "../store/database.ts";
import { findRun } from "../store/runs.ts";
import { toJob } from "./ci-job-messages.ts";
import { project, required } from "./context.ts";
import type { Deps } from "./deps.ts";
import { runKeyText, runNotFound } from "./ids.ts";
import { named } from "./request-limits.ts";

const mostRuns = 1_000;

/** Jobs that GitLab is asked about for one answer. */
const mostAsked = 20;

/** Milliseconds for which what was told of a job that goes on is not asked for again. */
const fresh = 15_000;

/** Which CI job a run belongs to. Docs/ci.md. */
export const ciJobs = ({ db, ci }: Pick<Deps, "db" | "ci">) =>
  ({
    async getJob(req, ctx) {
      const id = runKeyText(required(req, "run_id"));
      const [found] = await jobsOf(db, ci?.gitlab, project(ctx), [id]);
      if (found !== undefined) return { job: toJob(found) };
      if ((await findRun(db, project(ctx), id)) === undefined) throw runNotFound(id);
      return {};
    },

    async getRunJobs(req, ctx) {
      const runIds = named("run_ids", req.runIds, mostRuns);
      // Other text is no run's id.
      const ids = runIds.filter((id) => /^[0-9a-f]{32}$/.test(id));
      return { jobs: (await jobsOf(db, ci?.gitlab, project(ctx), ids)).map(toJob) };
    },
  }) satisfies Partial<ServiceImpl<typeof CiService>>;

async function jobsOf(
  db: Database,
  gitlab: GitLabApi | undefined,
  projectId: bigint,
  runIds: readonly string[],
): Promise<RunJob[]> {
  const found = await findRunJobs(db, projectId, jobTag, runIds);
  if (gitlab === undefined) return found;
  const due = found.filter((one) => isDue(one, gitlab.source)).slice(0, mostAsked);
  if (due.length === 0) return found;
  const learned = await readJobs(db, gitlab, projectId, due);
  return learned ? findRunJobs(db, projectId, jobTag, runIds) : found;
}

/** Whether GitLab may know more of a job than is known here. */
function isDue({ verified, job }: RunJob, source: string): boolean {
  if (job === undefined) return !verified;
  if (job.source !== source || (job.progress >= over && job.name !== null)) return false;
  const told = Math.max(job.fetched_at?.getTime() ?? 0, job.name === null ? 0 : job.updated_at.getTime());
  return told < Date.now() - fresh;
}

/**
 * Asks GitLab about jobs, each once, and notes the answers. Its token may see more than who asks here: only jobs of a
 * repository are read that is this project's, because it showed an id-token here or has its path.
 * @returns whether there was any answer.
 */
async function readJobs(db: Database, gitlab: GitLabApi, projectId: bigint, due: readonly RunJob[]) {
  const usual =
    (await provenRepository(db, projectId, gitlab.source)) ??
    (await findProjectByReference(db, String(projectId)))?.path;
  const wanted = new Map(
    due.map(({ job_id, job }) => [job_id, (job?.verified_at ? job.repository : undefined) ?? usual]),
  );
  const answers = await Promise.all(
    Array.from(wanted, async ([jobId, repository]) => {
      const facts = repository === undefined ? undefined : await gitlab.readJob(repository, jobId);
      if (facts === undefined) return false;
      await recordJob(db, projectId, { ...facts, progress: progressOf(facts.status), from: "api" });
      return true;
    }),
  );
  return answers.includes(true);
}
