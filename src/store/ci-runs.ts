import { type Selectable, sql } from "kysely";
import type { CiJobs } from "../../gen/db.ts";
import { numberArray, textArray } from "./array-literals.ts";
import type { JobKey } from "./ci-jobs.ts";
import type { Database } from "./database.ts";

/** Which run belongs to which CI job (docs/ci.md). */

export interface RunJob {
  /** As Postgres prints a uuid, with dashes. */
  run_id: string;
  job_id: string;
  /** Whether the job provably made or wrote the run; otherwise the run's tag claims it. */
  verified: boolean;
  /** undefined when nothing is known of the job. */
  job: Selectable<CiJobs> | undefined;
}

/**
 * The jobs of runs, of each the one that its tag names. Without a tag, or with one that can be no job's id, it is the last
 * one that provably made or wrote the run. Runs without any are left out.
 * @param tag the key of the tag.
 * @param runIds each 32 lower-case hex digits.
 */
export async function findRunJobs(
  db: Database,
  project: bigint,
  tag: string,
  runIds: readonly string[],
): Promise<RunJob[]> {
  const { rows } = await sql<
    {
      run_id: string;
      of_job: string;
      verified: boolean;
    } & { [column in keyof Selectable<CiJobs>]: Selectable<CiJobs>[column] | null }
  >`
    select wanted.run_id, coalesce(proven.job_id, claimed.job_id) as of_job, proven.job_id is not null as verified, job.*
    from unnest(${textArray(runIds)}::uuid[]) with ordinality as wanted (run_id, place)
    cross join lateral (
      select project_id, run_key from runs
      where runs.project_id = ${project} and runs.run_id = wanted.run_id
      limit 1
    ) as run
    left join lateral (
      select value as job_id from tags
      where tags.project_id = run.project_id and tags.run_key = run.run_key and tags.key = ${tag}
        and value ~ '^[0-9]{1,20}$'
    ) as claimed on true
    left join lateral (
      select job_id, source from ci_runs
      where ci_runs.project_id = run.project_id and ci_runs.run_key = run.run_key
        and (claimed.job_id is null or ci_runs.job_id = claimed.job_id)
      order by at desc, job_id desc
      limit 1
    ) as proven on true
    left join lateral (
      select * from ci_jobs
      where ci_jobs.project_id = run.project_id and ci_jobs.job_id = coalesce(proven.job_id, claimed.job_id)
        and case when proven.source is null then provider = 'gitlab' else source = proven.source end
      order by verified_at is null, updated_at desc
      limit 1
    ) as job on true
    where coalesce(proven.job_id, claimed.job_id) is not null
    order by place`.execute(db);
  return rows.map(({ run_id, of_job, verified, ...job }) => ({
    run_id,
    job_id: of_job,
    verified,
    job: job.job_id === null ? undefined : (job as Selectable<CiJobs>),
  }));
}

/**
 * The part of a statement that notes which job made or wrote a run.
 * @param from the name of the part that has `n`, project_id and run_key of the runs.
 * @param places to which `n` each of `jobs` belongs.
 */
export const provenParts = (from: string, places: readonly number[], jobs: readonly JobKey[]) => sql`
  proven_job as (
    insert into ci_runs (project_id, run_key, job_id, source)
    select distinct project_id, run_key, job_id collate "C" as job_id, source collate "C" as source
    from unnest(
      ${numberArray(places)}::bigint[],
      ${textArray(jobs.map((job) => job.jobId))}::text[],
      ${textArray(jobs.map((job) => job.source))}::text[]
    ) as given (n, job_id, source)
    join ${sql.table(from)} using (n)
    order by project_id, run_key, job_id, source
    on conflict do nothing
  )`;
