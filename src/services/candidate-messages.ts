import type { MessageInitShape } from "@bufbuild/protobuf";
import type { CandidateSchema } from "../../gen/loggia/v1/candidates_pb.js";
import { ownArtifactPath } from "../artifacts/path.ts";
import { jobTag } from "../ci/job.ts";
import { type CandidateData, type Columns, loadCandidates } from "../store/candidates.ts";
import { findRunJobs, type RunJob } from "../store/ci-runs.ts";
import type { Database } from "../store/database.ts";
import type { RunRow } from "../store/runs.ts";
import { given, toJob } from "./ci-job-messages.ts";
import { fromUuid } from "./ids.ts";

export type Candidate = MessageInitShape<typeof CandidateSchema>;

/**
 * Runs as candidates, in their order, with the columns that are asked for.
 * @param stage of the children that are counted; each run's own when absent.
 */
export async function toCandidates(
  db: Database,
  project: bigint,
  rows: readonly RunRow[],
  columns: Columns,
  stage?: RunRow["lifecycle_stage"],
): Promise<Candidate[]> {
  if (rows.length === 0) return [];
  const ids = rows.map((row) => fromUuid(row.run_id));
  const keys = rows.map((row, i) => ({
    run_key: row.run_key,
    experiment_id: row.experiment_id,
    stage: stage ?? row.lifecycle_stage,
    id: ids[i] ?? "",
    root: ownArtifactPath(row.artifact_uri),
  }));
  const [data, jobs] = await Promise.all([
    loadCandidates(db, project, keys, columns),
    findRunJobs(db, project, jobTag, ids),
  ]);
  const jobOf = new Map(jobs.map((job) => [fromUuid(job.run_id), job]));
  return rows.flatMap((row, i) => {
    const found = data[i];
    return found === undefined ? [] : toCandidate(row, found, jobOf.get(ids[i] ?? ""));
  });
}

function toCandidate(row: RunRow, data: CandidateData, job: RunJob | undefined): Candidate {
  return {
    iid: row.run_key,
    runId: fromUuid(row.run_id),
    experimentId: String(row.experiment_id),
    name: data.name ?? "",
    user: row.user_id,
    status: row.status,
    startTime: row.start_time,
    lifecycleStage: row.lifecycle_stage,
    artifactUri: row.artifact_uri,
    // As MLflow has it, an end at 0 is none (behaviour.md §6).
    ...given({
      endTime: row.end_time || null,
      parentRunId: data.parentId,
      job: job && toJob(job),
    }),
    childCount: data.children,
    hasArtifacts: data.hasArtifacts,
    loggedModelCount: data.loggedModels,
    modelVersionCount: data.modelVersions,
    metrics: data.metrics.map(({ key, value, step, timestamp }) => ({ key, value, step, timestamp })),
    params: data.params.map(({ key, value }) => ({ key, value })),
    tags: data.tags.map(({ key, value }) => ({ key, value })),
  };
}
