import type { ServiceImpl } from "@connectrpc/connect";
import type { DatasetInput as DatasetMessage, MlflowService } from "../../gen/mlflow/service_pb.js";
import { invalid } from "../errors.ts";
import * as store from "../store/run-inputs.ts";
import { missing, project, required } from "./context.ts";
import type { Deps } from "./deps.ts";
import { runKeyText, runNotFound, runNotInState } from "./ids.ts";
import { checkDataset, modelIdText, modelNotFound } from "./logged-model-checks.ts";
import { checkText } from "./names.ts";

/** The limits of MLflow 3.17; in code points, but for the number of datasets. */
const longest = {
  sourceType: 36,
  source: 65_535,
  schema: 1_048_575,
  profile: 16_777_215,
  tagKey: 255,
  tagValue: 500,
};
const mostItems = 1000;

/** What a run took in and put out: datasets since MLflow 2.4, models since MLflow 3 (behaviour.md §13). May be repeated. */
export const runInputs = ({ db }: Deps) => {
  async function log(id: string, inputs: store.NewInputs): Promise<void> {
    const outcome = await store.logInputs(db, inputs);
    if (outcome.state === "absent") throw runNotFound(id);
    if (outcome.state === "deleted") throw runNotInState(id, "active");
    if (outcome.state === "absent model") throw modelNotFound(outcome.modelId);
  }

  return {
    async logInputs(req, ctx) {
      const id = required(req, "run_id");
      checkCount("datasets", req.datasets.length);
      checkCount("models", req.models.length);
      await log(id, {
        project: project(ctx),
        runId: runKeyText(id),
        datasets: distinct(req.datasets.map(toDatasetInput)),
        models: req.models.map(({ modelId }) => ({ role: "input", modelId: modelIdText(modelId), step: 0n })),
      });
      return {};
    },

    async logOutputs(req, ctx) {
      const id = required(req, "run_id");
      checkCount("models", req.models.length);
      await log(id, {
        project: project(ctx),
        runId: runKeyText(id),
        datasets: [],
        models: req.models.map(({ modelId, step }) => ({
          role: "output",
          modelId: modelIdText(modelId),
          step,
        })),
      });
      return {};
    },
  } satisfies Partial<ServiceImpl<typeof MlflowService>>;
};

function checkCount(what: string, count: number): void {
  if (count > mostItems)
    throw invalid(`A request can contain at most ${mostItems} ${what}. Got ${count} ${what}.`);
}

function toDatasetInput({ dataset, tags }: DatasetMessage): store.DatasetInput {
  if (dataset === undefined) throw missing("dataset");
  if (dataset.name === "") throw missing("dataset.name");
  if (dataset.digest === "") throw missing("dataset.digest");
  checkDataset(dataset.name, dataset.digest);
  checkText("source_type", dataset.sourceType, longest.sourceType);
  checkText("source", dataset.source, longest.source);
  checkText("schema", dataset.schema, longest.schema);
  checkText("profile", dataset.profile, longest.profile);
  const values = new Map<string, string>();
  for (const { key, value } of tags) {
    if (key === "") throw missing("tags.key");
    checkText("key", key, longest.tagKey);
    checkText("value", value, longest.tagValue);
    values.set(key, value);
  }
  return {
    name: dataset.name,
    digest: dataset.digest,
    sourceType: dataset.sourceType,
    source: dataset.source,
    schema: Object.hasOwn(dataset, "schema") ? dataset.schema : undefined,
    profile: Object.hasOwn(dataset, "profile") ? dataset.profile : undefined,
    tags: Array.from(values, ([key, value]) => ({ key, value })),
  };
}

/** Of a dataset that is given twice, the first. */
function distinct(inputs: readonly store.DatasetInput[]): store.DatasetInput[] {
  const known = new Set<string>();
  return inputs.filter(({ name, digest }) => known.size < known.add(JSON.stringify([name, digest])).size);
}
