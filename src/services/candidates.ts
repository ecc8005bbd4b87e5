import type { HandlerContext, ServiceImpl } from "@connectrpc/connect";
import type { CandidateService } from "../../gen/loggia/v1/candidates_pb.js";
import { invalid } from "../errors.ts";
import type { RunCondition } from "../search/ast.ts";
import { parseRunFilter, parseRunOrderBy } from "../search/runs.ts";
import { patternOf } from "../store/candidate-keys.ts";
import {
  type Columns,
  findChildren,
  findModelsOfRun,
  findVersionsOfRun,
  parentTag,
} from "../store/candidates.ts";
import type { Database } from "../store/database.ts";
import { findExperiment, findExperimentNames } from "../store/experiments.ts";
import { loadModelVersions } from "../store/model-versions.ts";
import { findRun, findRunByKey, findRunKeys, findRunsByKey, type RunRow } from "../store/runs.ts";
import { countRuns, findPlace } from "../store/search-places.ts";
import { type Page, searchRuns } from "../store/search-runs.ts";
import { toCandidates } from "./candidate-messages.ts";
import { missing, project } from "./context.ts";
import type { Deps } from "./deps.ts";
import { fromUuid, runKeyText, runNotFound } from "./ids.ts";
import { listPage } from "./listings.ts";
import { checkStorable } from "./names.ts";
import { pagesOf } from "./pages.ts";
import { between, named, tooMany } from "./request-limits.ts";
import { experimentKeys } from "./search.ts";
import { stageOf } from "./views.ts";

const mostExperiments = 50;
const mostKeys = 200;
const usualResults = 100;
const mostResults = 1_000;
const mostSkipped = 1_000_000;
const mostCounted = 1_000_000;
const mostRuns = 100;
const childrenShown = 100;

/** Runs as candidates: tables of them, and all about one. */
export const candidates = ({ db }: Deps) =>
  ({
    async searchCandidates(req, ctx) {
      const { filter, orderBy, name, view, topLevel, offset, countLimit, countOnly } = req;
      const experiments = chosenExperiments(req.experimentIds);
      const columns: Columns = req.includeAll ? "all" : columnsOf(req);
      checkStorable("name", name);
      const limit = between("max_results", req.maxResults || usualResults, 1, mostResults);
      between("offset", offset, 0, mostSkipped);
      between("count_limit", countLimit, 0, mostCounted);
      if (offset > 0 && req.pageToken !== "")
        throw invalid("Invalid value for parameter 'offset': a page_token says where the page begins.");
      if (countOnly && countLimit === 0) throw missing("count_limit");
      const search = {
        project: project(ctx),
        experiments,
        ...stageOf(view),
        conditions: [...parseRunFilter(filter), ...quick(name, topLevel)],
        orders: parseRunOrderBy(orderBy),
      };
      const about = ["candidates/search", project(ctx), experiments, filter, orderBy, view, name, topLevel];
      const pages = await pagesOf(db, about);
      const page = async (): Promise<Page<RunRow>> => {
        const after = offset > 0 ? await findPlace(db, search, offset) : pages.open(req.pageToken);
        if (offset > 0 && after === undefined) return { rows: [] };
        const found = await searchRuns(db, { ...search, limit, ...(after !== undefined && { after }) });
        const runKeys = found.rows.map((row) => row.run_key);
        return { ...found, rows: await findRunsByKey(db, project(ctx), runKeys) };
      };
      const [{ rows, next }, count] = await Promise.all([
        countOnly ? { rows: [], next: undefined } : page(),
        countLimit > 0 ? countRuns(db, search, countLimit) : undefined,
      ]);
      return {
        candidates: await toCandidates(db, project(ctx), rows, columns),
        ...pages.token(next),
        ...(count !== undefined && { count: count.count, countIsExact: count.isExact }),
      };
    },

    async getCandidate(req, ctx) {
      const row = await chosenRun(db, ctx, req);
      const id = fromUuid(row.run_id);
      const [[candidate], experiment, children, models, versionKeys] = await Promise.all([
        toCandidates(db, project(ctx), [row], "all", "active"),
        findExperiment(db, project(ctx), row.experiment_id),
        pageOfChildren(db, ctx, row, { view: "", maxResults: childrenShown, pageToken: "" }),
        findModelsOfRun(db, project(ctx), id),
        findVersionsOfRun(db, project(ctx), id),
      ]);
      if (candidate === undefined) throw runNotFound(id);
      const [parents, shown, versions] = await Promise.all([
        parentOf(db, ctx, candidate.parentRunId),
        toCandidates(db, project(ctx), children.rows, noColumns),
        loadModelVersions(db, project(ctx), versionKeys),
      ]);
      const [parent] = parents;
      const { nextPageToken } = children.token;
      return {
        candidate,
        experimentName: experiment?.name ?? "",
        ...(parent !== undefined && { parent }),
        children: shown,
        ...(nextPageToken !== undefined && { nextChildrenToken: nextPageToken }),
        loggedModels: models.map((model) => ({
          modelId: model.model_id,
          name: model.name,
          modelType: model.model_type ?? "",
          status: model.status,
          artifactUri: model.artifact_uri,
          creationTime: model.creation_time,
        })),
        modelVersions: versions.map((version) => ({
          name: version.name,
          version: String(version.version),
          stage: version.current_stage,
          source: version.source,
          aliases: version.aliases,
          creationTime: version.creation_time,
        })),
      };
    },

    async getCandidates(req, ctx) {
      // What is no run's id is no run's.
      const ids = named("run_ids", req.runIds, mostRuns).filter((id) => /^[0-9a-f]{32}$/.test(id));
      const keys = await findRunKeys(db, project(ctx), ids);
      const runKeys = keys.map(({ run_key }) => run_key);
      const rows = await findRunsByKey(db, project(ctx), runKeys);
      const [candidates, experiments] = await Promise.all([
        toCandidates(db, project(ctx), rows, "all"),
        findExperimentNames(db, project(ctx), [...new Set(rows.map((row) => row.experiment_id))]),
      ]);
      return {
        candidates,
        experiments: experiments.map(({ experiment_id, name }) => ({
          experimentId: String(experiment_id),
          name,
        })),
      };
    },

    async listChildren(req, ctx) {
      if (req.runId === "") throw missing("run_id");
      const columns = columnsOf(req);
      const row = await chosenRun(db, ctx, { iid: 0n, runId: req.runId });
      const { rows, token } = await pageOfChildren(db, ctx, row, req);
      return { children: await toCandidates(db, project(ctx), rows, columns), ...token };
    },
  }) satisfies Partial<ServiceImpl<typeof CandidateService>>;

const noColumns: Columns = { metrics: [], params: [], tags: [] };

/** The ids that can exist, each once. @throws INVALID_PARAMETER_VALUE for none, and for too many */
export function chosenExperiments(ids: readonly string[]): bigint[] {
  return experimentKeys(named("experiment_ids", ids, mostExperiments));
}

function columnsOf(req: {
  metricKeys: readonly string[];
  paramKeys: readonly string[];
  tagKeys: readonly string[];
}): Columns {
  const keys = (name: string, given: readonly string[]) => {
    if (given.length > mostKeys) throw tooMany(name, mostKeys, given.length);
    for (const key of given) checkStorable(name, key);
    return given;
  };
  return {
    metrics: keys("metric_keys", req.metricKeys),
    params: keys("param_keys", req.paramKeys),
    tags: keys("tag_keys", req.tagKeys),
  };
}

/** What the fields beside the filter ask for, as conditions of the filter's language. */
const quick = (name: string, topLevel: boolean): RunCondition[] => [
  ...(name === ""
    ? []
    : [
        {
          kind: "attribute",
          type: "text",
          key: "run_name",
          op: "ILIKE",
          value: patternOf(name),
        } satisfies RunCondition,
      ]),
  ...(topLevel ? [{ kind: "tag", key: parentTag, op: "IS NULL" } satisfies RunCondition] : []),
];

/** @throws RESOURCE_DOES_NOT_EXIST; INVALID_PARAMETER_VALUE unless exactly one is given */
async function chosenRun(
  db: Database,
  ctx: HandlerContext,
  { iid, runId }: { iid: bigint; runId: string },
): Promise<RunRow> {
  if (iid === 0n && runId === "") throw missing("iid");
  if (iid !== 0n && runId !== "") throw invalid("Only one of 'iid' and 'run_id' may be given.");
  const row =
    runId === ""
      ? await findRunByKey(db, project(ctx), iid)
      : await findRun(db, project(ctx), runKeyText(runId));
  if (row === undefined) throw runNotFound(runId || String(iid));
  return row;
}

/** A tag may name anything: what is no run's id, or no run's of this project, is no parent. */
async function parentOf(db: Database, ctx: HandlerContext, id: string | undefined) {
  if (id === undefined || !/^[0-9a-f]{32}$/.test(id)) return [];
  const row = await findRun(db, project(ctx), id);
  return row === undefined ? [] : await toCandidates(db, project(ctx), [row], noColumns);
}

function pageOfChildren(
  db: Database,
  ctx: HandlerContext,
  row: RunRow,
  request: { view: string; maxResults: number; pageToken: string },
) {
  const id = fromUuid(row.run_id);
  return listPage(db, request, {
    about: ["candidates/children", project(ctx), id, request.view],
    key: (child: RunRow) => child.run_key,
    find: ({ after, limit }) =>
      findChildren(db, project(ctx), {
        parent: row,
        id,
        ...stageOf(request.view),
        ...(after !== undefined && { before: after }),
        limit,
      }),
  });
}
