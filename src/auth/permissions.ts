import type { DescMethod, DescService } from "@bufbuild/protobuf";

/**
 * What each call needs, the one table of it: a resource and whether it is read or changed. A call without a row is refused
 * at start, so nothing is open because somebody forgot it (security.md §2). Decided by operation and not by HTTP verb: a
 * search is a read, though it is a POST. The byte routes of artifacts are calls of MlflowArtifactsService.
 */

export type Resource = "experiment" | "run" | "artifact" | "model" | "registry" | "server";
export type Action = "read" | "write";

export interface Permission {
  resource: Resource;
  action: Action;
}

type Rows = Record<string, readonly [Resource, Action]>;

const table: Record<string, Rows> = {
  "mlflow.MlflowService": {
    createExperiment: ["experiment", "write"],
    deleteExperiment: ["experiment", "write"],
    deleteExperimentTag: ["experiment", "write"],
    getExperiment: ["experiment", "read"],
    getExperimentByName: ["experiment", "read"],
    listExperiments: ["experiment", "read"],
    restoreExperiment: ["experiment", "write"],
    searchExperiments: ["experiment", "read"],
    setExperimentTag: ["experiment", "write"],
    updateExperiment: ["experiment", "write"],

    createRun: ["run", "write"],
    deleteRun: ["run", "write"],
    deleteTag: ["run", "write"],
    getMetricHistory: ["run", "read"],
    getRun: ["run", "read"],
    logBatch: ["run", "write"],
    logInputs: ["run", "write"],
    logMetric: ["run", "write"],
    logModel: ["run", "write"],
    logOutputs: ["run", "write"],
    logParam: ["run", "write"],
    restoreRun: ["run", "write"],
    searchRuns: ["run", "read"],
    setTag: ["run", "write"],
    updateRun: ["run", "write"],

    listArtifacts: ["artifact", "read"],

    LogLoggedModelParams: ["model", "write"],
    createLoggedModel: ["model", "write"],
    deleteLoggedModel: ["model", "write"],
    deleteLoggedModelTag: ["model", "write"],
    finalizeLoggedModel: ["model", "write"],
    getLoggedModel: ["model", "read"],
    listLoggedModelArtifacts: ["artifact", "read"],
    searchLoggedModels: ["model", "read"],
    setLoggedModelTags: ["model", "write"],
  },
  "mlflow.ModelRegistryService": {
    createModelVersion: ["registry", "write"],
    createRegisteredModel: ["registry", "write"],
    deleteModelVersion: ["registry", "write"],
    deleteModelVersionTag: ["registry", "write"],
    deleteRegisteredModel: ["registry", "write"],
    deleteRegisteredModelAlias: ["registry", "write"],
    deleteRegisteredModelTag: ["registry", "write"],
    getLatestVersions: ["registry", "read"],
    getModelVersion: ["registry", "read"],
    getModelVersionByAlias: ["registry", "read"],
    getModelVersionDownloadUri: ["registry", "read"],
    getRegisteredModel: ["registry", "read"],
    listRegisteredModels: ["registry", "read"],
    renameRegisteredModel: ["registry", "write"],
    searchModelVersions: ["registry", "read"],
    searchRegisteredModels: ["registry", "read"],
    setModelVersionTag: ["registry", "write"],
    setRegisteredModelAlias: ["registry", "write"],
    setRegisteredModelTag: ["registry", "write"],
    transitionModelVersionStage: ["registry", "write"],
    updateModelVersion: ["registry", "write"],
    updateRegisteredModel: ["registry", "write"],
  },
  "mlflow.artifacts.MlflowArtifactsService": {
    deleteArtifact: ["artifact", "write"],
    downloadArtifact: ["artifact", "read"],
    listArtifacts: ["artifact", "read"],
    uploadArtifact: ["artifact", "write"],
  },
  "loggia.v1.MetricService": {
    SampleHistory: ["run", "read"],
  },
  "grpc.reflection.v1.ServerReflection": {
    ServerReflectionInfo: ["server", "read"],
  },
};

const permissions = new Map(
  Object.entries(table).flatMap(([service, rows]) =>
    Object.entries(rows).map(([method, [resource, action]]): [string, Permission] => [
      `${service}/${method}`,
      { resource, action },
    ]),
  ),
);

const nameOf = (method: DescMethod) => `${method.parent.typeName}/${method.name}`;

/** What a call of `method` needs; undefined when the table has no row, in which case nobody may make it. */
export const permissionOf = (method: DescMethod): Permission | undefined => permissions.get(nameOf(method));

/** @throws Error naming every method of `services` that the table does not declare. */
export function requirePermissions(services: Iterable<DescService>): void {
  const open = [...services].flatMap((service) =>
    service.methods.filter((m) => permissionOf(m) === undefined),
  );
  if (open.length > 0)
    throw new Error(
      `No permission is declared in src/auth/permissions.ts for ${open.map(nameOf).join(", ")}`,
    );
}
