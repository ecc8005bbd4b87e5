import type { HandlerContext } from "@connectrpc/connect";
import { RunDataSchema, RunInfoSchema, RunStatus } from "../../gen/mlflow/service_pb.js";
import { type KeyValue, type RunText, runNameTag } from "../store/run-data.ts";
import type { RunInputs } from "../store/run-inputs.ts";
import type { RunRow } from "../store/runs.ts";
import { fromUuid } from "./ids.ts";
import { jsonMessage } from "./json-text.ts";

/** The message of a run that has just been made. */
export const toNewRun = (row: RunRow, tags: readonly KeyValue[]) => ({
  info: toRunInfo(row, tags.find((tag) => tag.key === runNameTag)?.value),
  data: { tags: [...tags] },
});

/** The message, for the caller of `ctx`, of a run with what it has logged, and with its inputs and outputs if it has any. */
export const toRun = (ctx: HandlerContext, { info, data }: RunText, inputs?: RunInputs) => ({
  info: jsonMessage(ctx, RunInfoSchema, info),
  data: jsonMessage(ctx, RunDataSchema, data),
  ...(inputs === undefined ? {} : toInputs(inputs)),
});

const toInputs = ({ datasets, models }: RunInputs) => ({
  inputs: {
    datasetInputs: datasets.map(({ tags, schema, profile, ...dataset }) => ({
      tags: [...tags],
      dataset: {
        ...dataset,
        ...(schema === undefined ? {} : { schema }),
        ...(profile === undefined ? {} : { profile }),
      },
    })),
    modelInputs: models.filter(({ role }) => role === "input").map(({ modelId }) => ({ modelId })),
  },
  outputs: {
    modelOutputs: models
      .filter(({ role }) => role === "output")
      .map(({ modelId, step }) => ({ modelId, step })),
  },
});

/** The message of a run without its data. `name` is the tag mlflow.runName; end_time 0 counts as unset (behaviour.md §6). */
export function toRunInfo(row: RunRow, name: string | undefined) {
  const id = fromUuid(row.run_id);
  return {
    runUuid: id,
    runId: id,
    experimentId: String(row.experiment_id),
    userId: row.user_id,
    status: RunStatus[row.status],
    startTime: row.start_time,
    lifecycleStage: row.lifecycle_stage,
    ...(row.end_time ? { endTime: row.end_time } : {}),
    ...(row.artifact_uri === "" ? {} : { artifactUri: row.artifact_uri }),
    ...(name === undefined ? {} : { runName: name }),
  };
}
