import type { DescMethod, DescService } from "@bufbuild/protobuf";
import type { Role } from "./roles.ts";

/**
 * What each call needs, the one table of it: a resource and what is done to it. A call without a row is refused at start, so
 * nothing is open because somebody forgot it (security.md §2). Decided by operation and not by HTTP verb: a search is a
 * read, though it is a POST. The byte routes of artifacts are calls of MlflowArtifactsService.
 *
 * The project is found the same way for every call (http/project-path.ts), but that calls on `server` are about none.
 */

export type Resource =
  | "experiment"
  | "run"
  | "artifact"
  | "model"
  | "registry"
  | "project"
  | "member"
  | "token"
  | "audit"
  | "server";

/**
 * What is done, and so the least role that may do it in the project: `read` guest, `write` developer, `purge` and `manage`
 * (settings) maintainer, `own` owner; `admin` is for the administrators of the server alone. On `server`, `read` and `write`
 * are for everyone with a token, and `open` is for everyone; the call itself decides about what it touches.
 */
export type Action = "read" | "write" | "purge" | "manage" | "own" | "admin" | "open";

export interface Permission {
  resource: Resource;
  action: Action;
}

/** The least role for an action in a project; `admin` is not a role in one, and `open` needs none. */
export const leastRole: Readonly<Record<Exclude<Action, "admin" | "open">, Role>> = {
  read: "guest",
  write: "developer",
  purge: "maintainer",
  manage: "maintainer",
  own: "owner",
};

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
  "loggia.v1.CandidateService": {
    DeleteCandidates: ["run", "write"],
    GetCandidate: ["run", "read"],
    GetCandidates: ["run", "read"],
    ListChildren: ["run", "read"],
    ListColumns: ["run", "read"],
    ListValues: ["run", "read"],
    RestoreCandidates: ["run", "write"],
    SearchCandidates: ["run", "read"],
    TagCandidates: ["run", "write"],
  },
  "loggia.v1.CiService": {
    CreateTrust: ["project", "own"],
    DeleteTrust: ["project", "own"],
    DeleteWebhookSecret: ["project", "own"],
    GetJob: ["run", "read"],
    GetRunJobs: ["run", "read"],
    GetSetup: ["project", "manage"],
    ListTrusts: ["project", "manage"],
    RotateWebhookSecret: ["project", "own"],
    UpdateTrust: ["project", "own"],
  },
  "loggia.v1.IngestService": {
    Ingest: ["run", "write"],
    IngestBatch: ["run", "write"],
  },
  "loggia.v1.WatchService": {
    Watch: ["run", "read"],
  },
  "loggia.v1.ExperimentService": {
    GetExperiment: ["experiment", "read"],
    ListExperiments: ["experiment", "read"],
  },
  "loggia.v1.ExportService": {
    ExportMetricHistories: ["run", "read"],
    ExportRuns: ["run", "read"],
  },
  "loggia.v1.MetricService": {
    SampleHistory: ["run", "read"],
  },
  "loggia.v1.PurgeService": {
    GetUsage: ["project", "read"],
    PurgeDeleted: ["project", "purge"],
    PurgeExperiments: ["experiment", "purge"],
    PurgeRuns: ["run", "purge"],
  },
  "loggia.v1.ProjectService": {
    ArchiveProject: ["project", "own"],
    CreateProject: ["server", "admin"],
    DeleteProject: ["project", "own"],
    GetProject: ["project", "read"],
    ListProjects: ["server", "read"],
    UnarchiveProject: ["project", "own"],
    UpdateProject: ["project", "manage"],
  },
  "loggia.v1.MemberService": {
    ListMembers: ["member", "own"],
    RemoveMember: ["member", "own"],
    SetMember: ["member", "own"],
  },
  "loggia.v1.SessionService": {
    GetViewer: ["server", "open"],
    SignIn: ["server", "read"],
    SignOut: ["server", "open"],
  },
  "loggia.v1.UserService": {
    BlockUser: ["server", "admin"],
    CreateUser: ["server", "admin"],
    ListUsers: ["server", "admin"],
    UnblockUser: ["server", "admin"],
    UpdateUser: ["server", "admin"],
  },
  "loggia.v1.TokenService": {
    CreatePersonalToken: ["server", "write"],
    CreateToken: ["token", "own"],
    GetCurrentToken: ["server", "read"],
    ListPersonalTokens: ["server", "read"],
    ListTokens: ["token", "own"],
    RevokePersonalToken: ["server", "write"],
    RevokeToken: ["token", "own"],
    RotatePersonalToken: ["server", "write"],
    RotateToken: ["token", "own"],
  },
  "loggia.v1.AuditService": {
    ExportEvents: ["audit", "own"],
    ListEvents: ["audit", "own"],
    ListServerEvents: ["server", "admin"],
  },
  "grpc.reflection.v1.ServerReflection": {
    ServerReflectionInfo: ["server", "read"],
  },
};

/**
 * Where pages are, and what they are made of: the same for everyone and without data, so open to everyone. What is not here
 * is no page. `:project` is the path of a project, `*` anything.
 */
export const pageAddresses = ["/", "/-/*", "/:project/-/*"] as const;

const permissions = new Map(
  Object.entries(table).flatMap(([service, rows]) =>
    Object.entries(rows).map(([method, [resource, action]]): [string, Permission] => [
      `${service}/${method}`,
      { resource, action },
    ]),
  ),
);

const nameOf = (method: DescMethod) => `${method.parent.typeName}/${method.name}`;

/** By descriptor, since every call asks and names are long. */
const found = new WeakMap<DescMethod, Permission>();

/** What a call of `method` needs; undefined when the table has no row, in which case nobody may make it. */
export function permissionOf(method: DescMethod): Permission | undefined {
  const known = found.get(method);
  if (known !== undefined) return known;
  const permission = permissions.get(nameOf(method));
  if (permission !== undefined) found.set(method, permission);
  return permission;
}

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
