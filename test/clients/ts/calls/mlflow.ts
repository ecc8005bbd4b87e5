import { expect } from "vitest";
import { MlflowArtifactsService } from "../../../../gen/mlflow/artifacts/mlflow_artifacts_pb.js";
import { LoggedModelStatus, MlflowService, RunStatus, ViewType } from "../../../../gen/mlflow/service_pb.js";
import { type Call, call } from "./call.ts";

const { method } = MlflowService;

/** Experiments and runs, in an order in which each call meets what it needs. */
export const mlflowCalls: Call[] = [
  call(
    method.createExperiment,
    () => ({ name: "trials", tags: [{ key: "of", value: "interop" }] }),
    ({ experimentId }, learned) => {
      expect(experimentId).toBe("1");
      learned.experiment = experimentId;
    },
  ),
  call(method.createExperiment, () => ({ name: "trials" }), "RESOURCE_ALREADY_EXISTS"),
  call(
    method.getExperimentByName,
    () => ({ experimentName: "trials" }),
    ({ experiment }, learned) => expect(experiment?.experimentId).toBe(learned.experiment),
  ),
  call(method.getExperimentByName, () => ({ experimentName: "none" }), "RESOURCE_DOES_NOT_EXIST"),
  call(
    method.setExperimentTag,
    ({ experiment }) => ({ experimentId: experiment, key: "more", value: "é" }),
    nothing,
  ),
  call(method.deleteExperimentTag, ({ experiment }) => ({ experimentId: experiment, key: "of" }), nothing),
  call(
    method.getExperiment,
    ({ experiment }) => ({ experimentId: experiment }),
    ({ experiment }) => expect(experiment?.tags).toMatchObject([{ key: "more", value: "é" }]),
  ),
  call(
    method.updateExperiment,
    ({ experiment }) => ({ experimentId: experiment, newName: "renamed" }),
    nothing,
  ),
  call(method.deleteExperiment, ({ experiment }) => ({ experimentId: experiment }), nothing),
  call(
    method.searchExperiments,
    () => ({ viewType: ViewType.DELETED_ONLY, maxResults: 10n }),
    ({ experiments }) => expect(experiments).toMatchObject([{ name: "renamed", lifecycleStage: "deleted" }]),
  ),
  call(method.restoreExperiment, ({ experiment }) => ({ experimentId: experiment }), nothing),
  call(
    method.listExperiments,
    () => ({ maxResults: 10n }),
    ({ experiments }) => expect(experiments.map(({ name }) => name)).toEqual(["Default", "renamed"]),
  ),
  call(
    method.createRun,
    ({ experiment }) => ({ experimentId: experiment, startTime: 7n, runName: "one", userId: "me" }),
    ({ run }, learned) => {
      expect(run?.info).toMatchObject({ startTime: 7n, runName: "one", status: RunStatus.RUNNING });
      learned.run = run?.info?.runId ?? "";
    },
  ),
  call(
    method.updateRun,
    ({ run }) => ({ runId: run, status: RunStatus.FINISHED, endTime: 9n }),
    ({ runInfo }) => expect(runInfo).toMatchObject({ status: RunStatus.FINISHED, endTime: 9n }),
  ),
  call(
    method.logMetric,
    ({ run }) => ({ runId: run, key: "loss", value: Number.NaN, timestamp: 1n, step: -(2n ** 62n) }),
    nothing,
  ),
  call(method.logParam, ({ run }) => ({ runId: run, key: "rate", value: "0.1" }), nothing),
  call(method.logParam, ({ run }) => ({ runId: run, key: "rate", value: "0.2" }), "INVALID_PARAMETER_VALUE"),
  call(method.setTag, ({ run }) => ({ runId: run, key: "gone", value: "soon" }), nothing),
  call(method.deleteTag, ({ run }) => ({ runId: run, key: "gone" }), nothing),
  call(
    method.logBatch,
    ({ run }) => ({
      runId: run,
      metrics: [{ key: "loss", value: Number.POSITIVE_INFINITY, timestamp: 2n, step: 2n ** 62n }],
      tags: [{ key: "kept", value: "ß" }],
    }),
    nothing,
  ),
  call(
    method.getRun,
    ({ run }) => ({ runId: run }),
    ({ run }) => {
      expect(run?.data?.metrics).toMatchObject([{ value: Number.POSITIVE_INFINITY, step: 2n ** 62n }]);
      expect(run?.data?.params).toMatchObject([{ key: "rate", value: "0.1" }]);
      expect(run?.data?.tags.map(({ key }) => key)).toEqual(["kept", "mlflow.runName"]);
    },
  ),
  call(method.getRun, () => ({ runId: "0".repeat(32) }), "RESOURCE_DOES_NOT_EXIST"),
  call(
    method.getMetricHistory,
    ({ run }) => ({ runId: run, metricKey: "loss" }),
    ({ metrics }) =>
      expect(metrics).toMatchObject([{ value: Number.NaN, step: -(2n ** 62n) }, { timestamp: 2n }]),
  ),
  call(
    method.searchRuns,
    ({ experiment }) => ({ experimentIds: [experiment], filter: "params.rate = '0.1'" }),
    ({ runs }, { run }) => expect(runs).toMatchObject([{ info: { runId: run } }]),
  ),
  call(
    method.searchRuns,
    ({ experiment }) => ({ experimentIds: [experiment], filter: "no filter" }),
    "INVALID_PARAMETER_VALUE",
  ),
  call(
    method.listArtifacts,
    ({ run }) => ({ runId: run }),
    ({ rootUri }) => expect(rootUri).toMatch(/^mlflow-artifacts:/),
  ),
  call(
    method.logModel,
    ({ run }) => ({
      runId: run,
      modelJson: JSON.stringify({ artifact_path: "m", flavors: {}, utc_time_created: "now", run_id: run }),
    }),
    nothing,
  ),
  call(
    method.logInputs,
    ({ run }) => ({
      runId: run,
      datasets: [{ dataset: { name: "d", digest: "1", sourceType: "local", source: "{}" } }],
    }),
    nothing,
  ),
  call(
    method.createLoggedModel,
    ({ experiment, run }) => ({ experimentId: experiment, name: "net", sourceRunId: run }),
    ({ model }, learned) => {
      expect(model?.info).toMatchObject({ name: "net", status: LoggedModelStatus.LOGGED_MODEL_PENDING });
      learned.model = model?.info?.modelId ?? "";
    },
  ),
  call(
    method.logLoggedModelParams,
    ({ model }) => ({ modelId: model, params: [{ key: "layers", value: "3" }] }),
    nothing,
  ),
  call(
    method.setLoggedModelTags,
    ({ model }) => ({
      modelId: model,
      tags: [
        { key: "a", value: "1" },
        { key: "b", value: "2" },
      ],
    }),
    ({ model }) => expect(model?.info?.tags).toHaveLength(2),
  ),
  call(method.deleteLoggedModelTag, ({ model }) => ({ modelId: model, tagKey: "a" }), nothing),
  call(
    method.finalizeLoggedModel,
    ({ model }) => ({ modelId: model, status: LoggedModelStatus.LOGGED_MODEL_READY }),
    ({ model }) => expect(model?.info?.status).toBe(LoggedModelStatus.LOGGED_MODEL_READY),
  ),
  call(
    method.logOutputs,
    ({ run, model }) => ({ runId: run, models: [{ modelId: model, step: 1n }] }),
    nothing,
  ),
  call(
    method.getLoggedModel,
    ({ model }) => ({ modelId: model }),
    ({ model }) => {
      expect(model?.data?.params).toMatchObject([{ key: "layers", value: "3" }]);
      expect(model?.info?.tags).toMatchObject([{ key: "b", value: "2" }]);
    },
  ),
  call(
    method.searchLoggedModels,
    ({ experiment }) => ({ experimentIds: [experiment] }),
    ({ models }, { model }) => expect(models).toMatchObject([{ info: { modelId: model } }]),
  ),
  call(
    method.listLoggedModelArtifacts,
    ({ model }) => ({ modelId: model }),
    ({ files }) => expect(files).toEqual([]),
  ),
  call(method.deleteLoggedModel, ({ model }) => ({ modelId: model }), nothing),
  call(method.getLoggedModel, ({ model }) => ({ modelId: model }), "RESOURCE_DOES_NOT_EXIST"),
  call(method.deleteRun, ({ run }) => ({ runId: run }), nothing),
  call(method.logParam, ({ run }) => ({ runId: run, key: "late", value: "1" }), "INVALID_PARAMETER_VALUE"),
  call(method.restoreRun, ({ run }) => ({ runId: run }), nothing),

  call(
    MlflowArtifactsService.method.listArtifacts,
    () => ({}),
    ({ files }) => expect(files).toEqual([]),
  ),
  // Bytes do not fit a message: they have HTTP routes of their own.
  call(MlflowArtifactsService.method.downloadArtifact, () => ({}), "ENDPOINT_NOT_FOUND"),
  call(MlflowArtifactsService.method.uploadArtifact, () => ({}), "ENDPOINT_NOT_FOUND"),
  call(MlflowArtifactsService.method.deleteArtifact, () => ({}), "ENDPOINT_NOT_FOUND"),
];

/** An answer without fields. */
function nothing(answer: { $typeName: string }): void {
  expect(Object.keys(answer)).toEqual(["$typeName"]);
}
