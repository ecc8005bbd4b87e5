import { queryOptions } from "@tanstack/react-query";
import { type CandidateMetric, CandidateService } from "../../../gen/loggia/v1/candidates_pb.js";
import type { Job } from "../../../gen/loggia/v1/ci_pb.js";
import { byName } from "../format/by-name.ts";
import { type Candidate, toCandidate } from "./candidates.ts";
import { queries } from "./queries.ts";
import { client } from "./transport.ts";

export type { Job };

/** The latest point of a metric. */
export interface LatestMetric {
  key: string;
  /** May be NaN or an infinity. */
  value: number;
  step: bigint;
  /** Milliseconds since the epoch. */
  loggedAt: number;
}

/** A model that a run logged, as MLflow 3 keeps them apart from the run. */
export interface RunModel {
  id: string;
  name: string;
  type: string;
  /** PENDING, READY or FAILED. */
  status: string;
  artifactUri: string;
  createdAt: number;
}

/** A version of a registered model that was made from the run. */
export interface RunVersion {
  name: string;
  version: string;
  /** None, Staging, Production or Archived. */
  stage: string;
  source: string;
  aliases: readonly string[];
  createdAt: number;
}

/** A candidate with all that it has logged. */
export interface CandidateDetail {
  candidate: Candidate;
  experiment: { id: string; name: string };
  /** By key. */
  metrics: readonly LatestMetric[];
  parent: Candidate | undefined;
  /** The first 100. */
  children: readonly Candidate[];
  hasMoreChildren: boolean;
  models: readonly RunModel[];
  versions: readonly RunVersion[];
  job: Job | undefined;
}

/** Milliseconds after which a candidate that runs is asked for again. */
const heartbeat = 5_000;

/** A candidate by its number within the project, or by its run id. */
export const candidateQuery = (project: string, reference: string) =>
  queryOptions({
    queryKey: ["candidates", project, "one", reference],
    refetchInterval: (query: { state: { data?: CandidateDetail | undefined } }) =>
      query.state.data?.candidate.status === "RUNNING" ? heartbeat : false,
    async queryFn({ signal }): Promise<CandidateDetail> {
      const isNumber = /^[1-9]\d{0,17}$/.test(reference);
      const answer = await client(CandidateService, project).getCandidate(
        isNumber ? { iid: BigInt(reference) } : { runId: reference },
        { signal },
      );
      const { candidate, parent } = answer;
      if (candidate === undefined) throw new Error("The answer has no candidate.");
      return {
        candidate: toCandidate(candidate),
        experiment: { id: candidate.experimentId, name: answer.experimentName },
        metrics: candidate.metrics.map(toLatest).sort((a, b) => byName(a.key, b.key)),
        parent: parent && toCandidate(parent),
        children: answer.children.map(toCandidate),
        hasMoreChildren: answer.nextChildrenToken !== undefined,
        models: answer.loggedModels.map(
          ({ modelId, name, modelType, status, artifactUri, creationTime }) => ({
            id: modelId,
            name,
            type: modelType,
            status,
            artifactUri,
            createdAt: Number(creationTime),
          }),
        ),
        versions: answer.modelVersions.map(({ name, version, stage, source, aliases, creationTime }) => ({
          name,
          version,
          stage,
          source,
          aliases,
          createdAt: Number(creationTime),
        })),
        job: candidate.job,
      };
    },
  });

const toLatest = ({ key, value, step, timestamp }: CandidateMetric): LatestMetric => ({
  key,
  value,
  step,
  loggedAt: Number(timestamp),
});

/** Takes a tag off a run; then the pages look again. */
export async function deleteTag(project: string, runId: string, key: string): Promise<void> {
  await client(CandidateService, project).tagCandidates({ runIds: [runId], key });
  await queries.invalidateQueries({ queryKey: ["candidates", project] });
}
