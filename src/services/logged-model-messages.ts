import { LoggedModelStatus } from "../../gen/mlflow/service_pb.js";
import { invalid } from "../errors.ts";
import type { LoggedModel, LoggedModelRow, LoggedModelStatus as StatusName } from "../store/logged-models.ts";
import { fromUuid } from "./ids.ts";

/** The message of a logged model, with the latest point of each of its metrics. */
export const toLoggedModel = ({ row, params, tags, metrics }: LoggedModel) => ({
  info: { ...toInfo(row), tags },
  data: {
    params,
    metrics: metrics.map(({ runId, datasetName, datasetDigest, ...point }) => ({
      ...point,
      runId: fromUuid(runId),
      modelId: row.model_id,
      ...(datasetName === "" ? {} : { datasetName }),
      ...(datasetDigest === "" ? {} : { datasetDigest }),
    })),
  },
});

const toInfo = (row: LoggedModelRow) => ({
  modelId: row.model_id,
  experimentId: String(row.experiment_id),
  name: row.name,
  creationTimestampMs: row.creation_time,
  lastUpdatedTimestampMs: row.last_updated_time,
  artifactUri: row.artifact_uri,
  status: statuses[row.status],
  ...(row.model_type === null ? {} : { modelType: row.model_type }),
  ...(row.source_run_id === null ? {} : { sourceRunId: row.source_run_id }),
});

const statuses: Record<StatusName, LoggedModelStatus> = {
  PENDING: LoggedModelStatus.LOGGED_MODEL_PENDING,
  READY: LoggedModelStatus.LOGGED_MODEL_READY,
  FAILED: LoggedModelStatus.LOGGED_MODEL_UPLOAD_FAILED,
};

/** The status in which a model ends. @throws INVALID_PARAMETER_VALUE for any other */
export function finalStatus(status: LoggedModelStatus): StatusName {
  if (status === LoggedModelStatus.LOGGED_MODEL_READY) return "READY";
  if (status === LoggedModelStatus.LOGGED_MODEL_UPLOAD_FAILED) return "FAILED";
  throw invalid(
    `Invalid value ${LoggedModelStatus[status] ?? status} for parameter 'status': a logged model is finalized as LOGGED_MODEL_READY or LOGGED_MODEL_UPLOAD_FAILED.`,
  );
}
