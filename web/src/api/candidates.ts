import { queryOptions } from "@tanstack/react-query";
import {
  type Candidate as CandidateMessage,
  CandidateService,
} from "../../../gen/loggia/v1/candidates_pb.js";
import type { Job as JobMessage } from "../../../gen/loggia/v1/ci_pb.js";
import { byUse, commonOf } from "./key-use.ts";
import { queries } from "./queries.ts";
import { client } from "./transport.ts";

export interface Candidate {
  /** The MLflow run id. */
  id: string;
  /** The number within the project, which addresses have. */
  iid: string;
  name: string;
  /** RUNNING, SCHEDULED, FINISHED, FAILED or KILLED. */
  status: string;
  /** Milliseconds since the epoch. */
  startedAt?: number;
  endedAt?: number;
  user: string;
  stage: "active" | "deleted";
  /** The latest value by key, of the keys that were asked for. */
  metrics: ReadonlyMap<string, number>;
  params: ReadonlyMap<string, string>;
  tags: ReadonlyMap<string, string>;
  artifactUri: string;
  hasArtifacts: boolean;
  /** The run id of its parent. */
  parent?: string;
  /** How many runs name it as their parent; counted to 1,000. */
  children: number;
  /** Logged models, and versions of registered models made from it. */
  models: number;
  job?: CandidateJob;
}

export interface CandidateJob {
  name: string;
  url?: string;
  /** Whether the CI system vouches for it; else the client said so. */
  isVerified: boolean;
}

/** What of candidates is asked for. */
export interface Keys {
  metrics: readonly string[];
  params: readonly string[];
  tags: readonly string[];
}

/** Which candidates of an experiment, in which order. */
export interface CandidatesOf {
  project: string;
  experiment: string;
  /** MLflow's filter language. */
  filter: string;
  /** A part of the name, whatever the case. */
  name: string;
  /** MLflow's order_by: `metrics.loss DESC`; empty for the newest first. */
  orderBy: string;
  stage: "active" | "deleted" | "all";
  /** Whether only those without a parent. */
  isTopLevel: boolean;
  keys: Keys;
}

export interface CandidatesPage {
  rows: readonly Candidate[];
  /** Whether others follow. */
  hasNext: boolean;
}

/** MLflow's tag with the name of a run. */
export const runNameTag = "mlflow.runName";

/** MLflow's tag with the run id of a run's parent. */
export const parentTag = "mlflow.parentRunId";

/** Rows of one page; offsets of pages are multiples of it. */
export const pageSize = 100;

/** The server skips and counts no more. */
const mostCounted = 1_000_000;

/** More keys are not asked for one by one. */
const mostKeys = 200;

const question = ({ experiment, filter, name, orderBy, stage, isTopLevel }: CandidatesOf) => ({
  experimentIds: [experiment],
  filter,
  name,
  orderBy: orderBy === "" ? [] : [orderBy],
  view: stage,
  topLevel: isTopLevel,
});

const columns = ({ metrics, params, tags }: Keys) =>
  [metrics, params, tags].some((keys) => keys.length > mostKeys)
    ? { includeAll: true }
    : { metricKeys: [...metrics], paramKeys: [...params], tagKeys: [...tags] };

export const candidatesKey = (of: CandidatesOf) => ["candidates", of.project, of.experiment, of] as const;

/** One page of them, by its number from 0. */
export const candidatesQuery = (of: CandidatesOf, page: number) =>
  queryOptions({
    queryKey: [...candidatesKey(of), page],
    staleTime: Number.POSITIVE_INFINITY,
    async queryFn({ signal }): Promise<CandidatesPage> {
      const { candidates, nextPageToken } = await client(CandidateService, of.project).searchCandidates(
        { ...question(of), ...columns(of.keys), maxResults: pageSize, offset: page * pageSize },
        { signal },
      );
      return { rows: candidates.map(toCandidate), hasNext: nextPageToken !== undefined };
    },
  });

/** As many are plotted; the server answers with no more at once. */
export const mostPlotted = 1000;

/** The first of them, for charts that show many at once. */
export const plottedQuery = (of: CandidatesOf) =>
  queryOptions({
    // Its keys are where a page of the table has them, which is none of its pages.
    queryKey: ["candidates", of.project, of.experiment, { plotted: of, keys: of.keys }],
    async queryFn({ signal }): Promise<CandidatesPage> {
      const { candidates, nextPageToken } = await client(CandidateService, of.project).searchCandidates(
        { ...question(of), ...columns(of.keys), maxResults: mostPlotted },
        { signal },
      );
      return { rows: candidates.map(toCandidate), hasNext: nextPageToken !== undefined };
    },
  });

/** How many there are, whatever their order and columns. Asked apart from the rows, which need not wait for it. */
export const candidateCountQuery = (of: CandidatesOf) => {
  const { keys: _, orderBy: __, ...counted } = of;
  return queryOptions({
    queryKey: ["candidates", of.project, of.experiment, "count", counted],
    staleTime: Number.POSITIVE_INFINITY,
    async queryFn({ signal }) {
      const { count, countIsExact } = await client(CandidateService, of.project).searchCandidates(
        { ...question({ ...of, orderBy: "" }), countOnly: true, countLimit: mostCounted },
        { signal },
      );
      return { count: Number(count ?? 0n), isExact: countIsExact };
    },
  });
};

/** The children of a candidate; the first 1,000. */
export const childrenQuery = (of: CandidatesOf, runId: string) =>
  queryOptions({
    queryKey: ["candidates", of.project, of.experiment, "children", runId, of.stage, of.keys],
    async queryFn({ signal }) {
      const { children } = await client(CandidateService, of.project).listChildren(
        { runId, view: of.stage, maxResults: 1000, ...columns(of.keys) },
        { signal },
      );
      return children.map(toCandidate);
    },
  });

export interface Columns extends Keys {
  /** Those that are not rare. */
  common: Keys;
}

/** The keys that candidates of an experiment have, those of most candidates first. */
export const columnsQuery = (project: string, experiment: string) =>
  queryOptions({
    queryKey: ["candidates", project, experiment, "columns"],
    async queryFn({ signal }): Promise<Columns> {
      const { metrics, params, tags } = await client(CandidateService, project).listColumns(
        { experimentIds: [experiment] },
        { signal },
      );
      return {
        metrics: byUse(metrics),
        params: byUse(params),
        tags: byUse(tags),
        common: { metrics: commonOf(metrics), params: commonOf(params), tags: commonOf(tags) },
      };
    },
  });

/** Values of a param, tag or attribute that begin with a text. */
export async function findValues(
  project: string,
  experiment: string,
  wanted: { kind: "param" | "tag" | "attribute"; key: string; prefix: string },
  signal: AbortSignal,
): Promise<readonly string[]> {
  const { values } = await client(CandidateService, project).listValues(
    { experimentIds: [experiment], ...wanted, maxResults: 50 },
    { signal },
  );
  return values;
}

export function toCandidate(message: CandidateMessage): Candidate {
  const { job } = message;
  return {
    id: message.runId,
    iid: String(message.iid),
    name: message.name,
    status: message.status,
    ...(message.startTime === 0n ? {} : { startedAt: Number(message.startTime) }),
    ...(message.endTime === undefined ? {} : { endedAt: Number(message.endTime) }),
    user: message.user,
    stage: message.lifecycleStage === "deleted" ? "deleted" : "active",
    metrics: new Map(message.metrics.map(({ key, value }) => [key, value])),
    params: new Map(message.params.map(({ key, value }) => [key, value])),
    tags: new Map(message.tags.map(({ key, value }) => [key, value])),
    artifactUri: message.artifactUri,
    hasArtifacts: message.hasArtifacts,
    ...(message.parentRunId === undefined ? {} : { parent: message.parentRunId }),
    children: message.childCount,
    models: message.loggedModelCount + message.modelVersionCount,
    ...(job === undefined ? {} : { job: toJob(job) }),
  };
}

const toJob = ({ name, jobId, url, verified }: JobMessage): CandidateJob => ({
  name: name ?? `Job ${jobId}`,
  ...(url === undefined ? {} : { url }),
  isVerified: verified,
});

/** As many runs are changed by one call. */
const mostChanged = 1000;

/** Changes to candidates, all of a call or none; then the pages look again. */
export const changes = (project: string) => {
  const service = client(CandidateService, project);
  const each = async (ids: readonly string[], change: (runIds: string[]) => Promise<unknown>) => {
    for (let at = 0; at < ids.length; at += mostChanged) await change(ids.slice(at, at + mostChanged));
    await Promise.all([
      queries.invalidateQueries({ queryKey: ["candidates", project] }),
      queries.invalidateQueries({ queryKey: ["experiments", project] }),
    ]);
  };
  return {
    delete: (ids: readonly string[]) => each(ids, (runIds) => service.deleteCandidates({ runIds })),
    restore: (ids: readonly string[]) => each(ids, (runIds) => service.restoreCandidates({ runIds })),
    setTag: (ids: readonly string[], key: string, value: string) =>
      each(ids, (runIds) => service.tagCandidates({ runIds, key, value })),
  };
};
