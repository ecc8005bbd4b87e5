import type { ServiceImpl } from "@connectrpc/connect";
import type { MlflowService } from "../../gen/mlflow/service_pb.js";
import { directoryPath, joinPath, ownArtifactPath } from "../artifacts/path.ts";
import { invalid, notFound } from "../errors.ts";
import { parseLoggedModelFilter, parseLoggedModelOrderBy } from "../search/logged-models.ts";
import { listDirectory } from "../store/artifacts.ts";
import { deleteModelTag, logModelParams, setModelTags } from "../store/logged-model-data.ts";
import * as store from "../store/logged-models.ts";
import { searchLoggedModels } from "../store/search-logged-models.ts";
import { toFileInfo } from "./artifacts.ts";
import { recorded } from "./audit-trail.ts";
import { missing, project, required } from "./context.ts";
import type { Deps } from "./deps.ts";
import { experimentKey, experimentNotActive, experimentNotFound } from "./ids.ts";
import {
  changedParam,
  checkDataset,
  checkModelName,
  distinctModelParams,
  distinctModelTags,
  modelIdText,
  modelNotFound,
  newModelId,
} from "./logged-model-checks.ts";
import { finalStatus, toLoggedModel } from "./logged-model-messages.ts";
import { checkStorable, checkText } from "./names.ts";
import { pagesOf } from "./pages.ts";
import { pythonString } from "./python-text.ts";

const mostResults = 50_000;
const longestType = 500;
const longestRunId = 32;

/** Logged models, which MLflow 3 clients make where earlier ones only stored files with a run (behaviour.md §13). */
export const loggedModels = ({ db }: Deps) => {
  const find = async (projectId: bigint, id: string) => {
    const found = await store.findLoggedModel(db, projectId, modelIdText(id));
    if (found === undefined) throw modelNotFound(id);
    return toLoggedModel(found);
  };

  return {
    async createLoggedModel(req, ctx) {
      const experimentId = required(req, "experiment_id");
      const experiment = experimentKey(experimentId);
      const modelId = newModelId();
      // MLflow invents a name for a model that has none.
      const name = Object.hasOwn(req, "name") ? req.name : `model-${modelId.slice(-8)}`;
      checkModelName(name);
      checkText("model_type", req.modelType, longestType);
      checkText("source_run_id", req.sourceRunId, longestRunId);
      const params = distinctModelParams(req.params);
      const tags = distinctModelTags(req.tags);
      const row = await store.createLoggedModel(db, {
        project: project(ctx),
        experiment,
        modelId,
        name,
        modelType: req.modelType || undefined,
        sourceRunId: req.sourceRunId || undefined,
        params,
        tags,
      });
      if (row === undefined) throw experimentNotFound(experimentId);
      if (row === "deleted") throw experimentNotActive(experimentId);
      return { model: toLoggedModel({ row, params, tags, metrics: [] }) };
    },

    async getLoggedModel(req, ctx) {
      return { model: await find(project(ctx), required(req, "model_id")) };
    },

    async finalizeLoggedModel(req, ctx) {
      const id = required(req, "model_id");
      if (!Object.hasOwn(req, "status")) throw missing("status");
      const status = finalStatus(req.status);
      if (!(await store.finalizeLoggedModel(db, project(ctx), modelIdText(id), status)))
        throw modelNotFound(id);
      return { model: await find(project(ctx), id) };
    },

    async deleteLoggedModel(req, ctx) {
      const id = required(req, "model_id");
      const [event, model] = [{ action: "logged_model.delete", object: id }, modelIdText(id)];
      if (!(await recorded(db, ctx, event, (tx) => store.deleteLoggedModel(tx, project(ctx), model))))
        throw modelNotFound(id);
      return {};
    },

    async setLoggedModelTags(req, ctx) {
      const id = required(req, "model_id");
      const tags = distinctModelTags(req.tags);
      if (!(await setModelTags(db, project(ctx), modelIdText(id), tags))) throw modelNotFound(id);
      return { model: await find(project(ctx), id) };
    },

    async deleteLoggedModelTag(req, ctx) {
      const id = required(req, "model_id");
      const key = required(req, "tag_key");
      checkStorable("tag_key", key);
      const deleted = await deleteModelTag(db, project(ctx), modelIdText(id), key);
      if (deleted === undefined) throw modelNotFound(id);
      if (!deleted)
        throw notFound(`No tag with key ${pythonString(key)} found for model with ID ${pythonString(id)}.`);
      return {};
    },

    async logLoggedModelParams(req, ctx) {
      const id = required(req, "model_id");
      const params = distinctModelParams(req.params);
      const outcome = await logModelParams(db, project(ctx), modelIdText(id), params);
      if (outcome.state === "absent") throw modelNotFound(id);
      if (outcome.state === "changed")
        throw changedParam(outcome.param.key, outcome.stored, outcome.param.value);
      return {};
    },

    async listLoggedModelArtifacts(req, ctx) {
      const id = required(req, "model_id");
      const directory = directoryPath(req.artifactDirectoryPath, "artifact_directory_path");
      const uri = await store.findModelArtifactUri(db, project(ctx), modelIdText(id));
      if (uri === undefined) throw modelNotFound(id);
      const root = ownArtifactPath(uri);
      if (root === undefined)
        throw invalid(
          `The artifacts of logged model '${id}' are not kept by this server but at '${uri}'. Use a client that has access to that location.`,
        );
      const entries = await listDirectory(db, project(ctx), joinPath(root, directory));
      return { rootUri: uri, files: entries.map((entry) => toFileInfo(entry, directory)) };
    },

    async searchLoggedModels(req, ctx) {
      if (req.experimentIds.length === 0) throw missing("experiment_ids");
      checkResults(req.maxResults);
      const datasets = req.datasets.map(({ datasetName, datasetDigest }) => {
        if (datasetName === "") throw invalid("`dataset_name` in the `datasets` clause must be specified.");
        checkDataset(datasetName, datasetDigest);
        return { name: datasetName, ...(datasetDigest === "" ? {} : { digest: datasetDigest }) };
      });
      const experiments = [...new Set(req.experimentIds.map(experimentKey))].sort((a, b) => (a < b ? -1 : 1));
      const conditions = parseLoggedModelFilter(req.filter);
      const orders = parseLoggedModelOrderBy(req.orderBy);
      const pages = await pagesOf(db, [
        "logged-models/search",
        project(ctx),
        experiments,
        req.filter,
        datasets,
        orders,
      ]);
      const after = pages.open(req.pageToken);
      const { rows, next } = await searchLoggedModels(db, {
        project: project(ctx),
        experiments,
        conditions,
        datasets,
        orders,
        limit: req.maxResults,
        ...(after === undefined ? {} : { after }),
      });
      const models = await store.loadLoggedModels(db, project(ctx), rows);
      return { models: models.map(toLoggedModel), ...pages.token(next) };
    },
  } satisfies Partial<ServiceImpl<typeof MlflowService>>;
};

function checkResults(given: number): void {
  const wrong = "Invalid value for request parameter max_results. It must be at";
  if (given < 1) throw invalid(`${wrong} least 1, but got value ${given}`);
  if (given > mostResults) throw invalid(`${wrong} most ${mostResults}, but got value ${given}`);
}
