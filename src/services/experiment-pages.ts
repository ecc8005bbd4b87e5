import type { MessageInitShape } from "@bufbuild/protobuf";
import type { ServiceImpl } from "@connectrpc/connect";
import type { ExperimentSchema, ExperimentService } from "../../gen/loggia/v1/experiments_pb.js";
import { invalid } from "../errors.ts";
import {
  countExperiments,
  type ListedExperiment,
  type ListOrder,
  listExperiments,
  loadExperiments,
} from "../store/experiment-list.ts";
import { project, required } from "./context.ts";
import type { Deps } from "./deps.ts";
import { experimentKey, experimentNotFound } from "./ids.ts";
import { checkStorable } from "./names.ts";
import { pagesOf } from "./pages.ts";
import { between } from "./request-limits.ts";
import { stageOf } from "./views.ts";

const usualResults = 100;
const mostResults = 1_000;

/** The tag in which MLflow's pages keep what people write about an experiment. */
const noteTag = "mlflow.note.content";

/** Experiments with what happens in them. */
export const experimentPages = ({ db }: Deps) =>
  ({
    async listExperiments(req, ctx) {
      const { search, view } = req;
      checkStorable("search", search);
      const order = orderOf(req.orderBy);
      const limit = between("max_results", req.maxResults || usualResults, 1, mostResults);
      const listing = { search, ...stageOf(view), ...order, limit };
      const pages = await pagesOf(db, ["experiments/page", project(ctx), search, view, order]);
      const at = pages.open(req.pageToken);
      const [{ rows, next }, count] = await Promise.all([
        listExperiments(db, project(ctx), { ...listing, ...(at !== undefined && { at }) }),
        at === undefined ? countExperiments(db, project(ctx), listing) : undefined,
      ]);
      return {
        experiments: rows.map(toExperiment),
        ...pages.token(next),
        ...(count !== undefined && { totalCount: count }),
      };
    },

    async getExperiment(req, ctx) {
      const id = required(req, "experiment_id");
      const [row] = await loadExperiments(db, project(ctx), [experimentKey(id)]);
      if (row === undefined) throw experimentNotFound(id);
      return { experiment: toExperiment(row) };
    },
  }) satisfies Partial<ServiceImpl<typeof ExperimentService>>;

const orders: readonly string[] = [
  "name",
  "creation_time",
  "last_activity_time",
  "candidate_count",
] satisfies ListOrder[];

const isOrder = (text: string): text is ListOrder => orders.includes(text);

/** @throws INVALID_PARAMETER_VALUE */
function orderOf(text: string): { order: ListOrder; descending: boolean } {
  if (text === "") return { order: "last_activity_time", descending: true };
  const [, order = "", direction = "asc"] = /^(\w+)(?: +(asc|desc))?$/i.exec(text) ?? [];
  if (!isOrder(order))
    throw invalid(
      `Invalid value for parameter 'order_by': it must be one of ${orders.join(", ")}, then asc or desc.`,
    );
  return { order, descending: direction.toLowerCase() === "desc" };
}

const toExperiment = (row: ListedExperiment): MessageInitShape<typeof ExperimentSchema> => ({
  experimentId: String(row.experiment_id),
  name: row.name,
  lifecycleStage: row.lifecycle_stage,
  description: row.tags.find(({ key }) => key === noteTag)?.value ?? "",
  tags: row.tags,
  candidateCount: row.active_runs,
  deletedCandidateCount: row.deleted_runs,
  lastActivityTime: row.last_activity,
  creationTime: row.creation_time,
  lastUpdateTime: row.last_update_time,
  creator: row.created_by,
  artifactLocation: row.artifact_location,
});
