import type { Database } from "../store/database.ts";
import type { ModelMetric } from "../store/logged-model-data.ts";
import { findAbsentModel } from "../store/logged-models.ts";
import { checkDataset, modelIdText, modelNotFound } from "./logged-model-checks.ts";

const none = {};

/**
 * Those of the metrics that speak of a logged model, as a part of a batch. Metrics that speak of none, as ordinary ones do,
 * cost nothing here; the others one query, since a batch with a model that does not exist is refused as a whole.
 * @throws RESOURCE_DOES_NOT_EXIST, INVALID_PARAMETER_VALUE
 */
export function existingModels(
  db: Database,
  project: bigint,
  metrics: readonly ModelMetric[],
): { modelMetrics?: readonly ModelMetric[] } | Promise<{ modelMetrics: readonly ModelMetric[] }> {
  const given = metrics.filter((metric) => metric.modelId !== "");
  return given.length === 0 ? none : checked(db, project, given);
}

async function checked(db: Database, project: bigint, given: readonly ModelMetric[]) {
  const modelMetrics = given.map(({ key, value, timestamp, step, modelId, datasetName, datasetDigest }) => {
    checkDataset(datasetName, datasetDigest);
    return { key, value, timestamp, step, modelId: modelIdText(modelId), datasetName, datasetDigest };
  });
  const absent = await findAbsentModel(
    db,
    project,
    modelMetrics.map((metric) => metric.modelId),
  );
  if (absent !== undefined) throw modelNotFound(absent);
  return { modelMetrics };
}
