import { queryOptions } from "@tanstack/react-query";
import { MlflowService, type Run, RunStatus, ViewType } from "../../../gen/mlflow/service_pb.js";
import { queries } from "./queries.ts";
import { client } from "./transport.ts";

export interface Candidate {
  /** The MLflow run id. */
  id: string;
  /** The number within the project. */
  iid?: string;
  name: string;
  /** RUNNING, SCHEDULED, FINISHED, FAILED or KILLED. */
  status: string;
  /** Milliseconds since the epoch. */
  startedAt?: number;
  endedAt?: number;
  user: string;
  stage: "active" | "deleted";
  /** The latest value by key. */
  metrics: ReadonlyMap<string, number>;
  params: ReadonlyMap<string, string>;
  tags: ReadonlyMap<string, string>;
  artifactUri: string;
  hasArtifacts: boolean;
  /** The run id of its parent. */
  parent?: string;
  /** How many runs name it as their parent; counted to 1,000. */
  children: number;
  /** Logged models and versions of registered models made from it. */
  models: number;
  job?: CandidateJob;
}

export interface CandidateJob {
  name: string;
  url?: string;
  /** Whether the CI system vouches for it; else the client said so. */
  isVerified: boolean;
}

/** Which candidates of an experiment, in which order. */
export interface CandidatesOf {
  project: string;
  experiment: string;
  filter: string;
  /** A part of the name, whatever the case. */
  name: string;
  /** MLflow's order_by: ``metrics.`loss` DESC``. */
  orderBy: string;
  stage: "active" | "deleted" | "all";
}

export interface CandidatesPage {
  rows: readonly Candidate[];
  /** How many there are in all. */
  total: number;
  /** Whether there may be more than `total`. */
  more: boolean;
}

/** Rows of one page; offsets of pages are multiples of it. */
export const pageSize = 100;

export const candidatesKey = (of: CandidatesOf) => ["candidates", of.project, of.experiment, of] as const;

export const candidatesQuery = (of: CandidatesOf, page: number) =>
  queryOptions({
    queryKey: [...candidatesKey(of), page],
    queryFn: ({ signal }) => findCandidates(of, page * pageSize, signal),
    staleTime: Number.POSITIVE_INFINITY,
  });

const views = { active: ViewType.ACTIVE_ONLY, deleted: ViewType.DELETED_ONLY, all: ViewType.ALL };

/** Page tokens by query and offset: the search of MLflow goes from page to page. */
async function findCandidates(
  of: CandidatesOf,
  offset: number,
  signal: AbortSignal,
): Promise<CandidatesPage> {
  const named = of.name === "" ? [] : [`attributes.run_name ILIKE '%${of.name.replaceAll("'", "''")}%'`];
  let pageToken = "";
  for (let at = 0; ; at += pageSize) {
    const page = await client(MlflowService, of.project).searchRuns(
      {
        experimentIds: [of.experiment],
        filter: [of.filter, ...named].filter(Boolean).join(" and "),
        orderBy: of.orderBy === "" ? [] : [of.orderBy],
        runViewType: views[of.stage],
        maxResults: pageSize,
        pageToken,
      },
      { signal },
    );
    const rows = page.runs.map(toCandidate);
    const more = page.nextPageToken !== "";
    if (at >= offset || !more) return { rows, total: at + rows.length + (more ? pageSize : 0), more };
    pageToken = page.nextPageToken;
  }
}

export function toCandidate({ info, data }: Run): Candidate {
  return {
    id: info?.runId ?? "",
    name: info?.runName ?? "",
    status: RunStatus[info?.status ?? RunStatus.RUNNING] ?? "",
    ...(info?.startTime ? { startedAt: Number(info.startTime) } : {}),
    ...(info?.endTime ? { endedAt: Number(info.endTime) } : {}),
    user: info?.userId ?? "",
    stage: info?.lifecycleStage === "deleted" ? "deleted" : "active",
    metrics: new Map(data?.metrics.map(({ key, value }) => [key, value])),
    params: new Map(data?.params.map(({ key, value }) => [key, value])),
    tags: new Map(data?.tags.map(({ key, value }) => [key, value])),
    artifactUri: info?.artifactUri ?? "",
    hasArtifacts: false,
    children: 0,
    models: 0,
  };
}

/** Changes to candidates; the pages look again when all are done. */
export const changes = (project: string) => {
  const service = client(MlflowService, project);
  const each = async (ids: readonly string[], change: (runId: string) => Promise<unknown>) => {
    await Promise.all(ids.map(change));
    await queries.invalidateQueries({ queryKey: ["candidates", project] });
  };
  return {
    delete: (ids: readonly string[]) => each(ids, (runId) => service.deleteRun({ runId })),
    restore: (ids: readonly string[]) => each(ids, (runId) => service.restoreRun({ runId })),
    setTag: (ids: readonly string[], key: string, value: string) =>
      each(ids, (runId) => service.setTag({ runId, key, value })),
  };
};
