import { createServiceImplSpec, type ServiceImplSpec } from "@connectrpc/connect";
import { AuditService } from "../../gen/loggia/v1/audit_pb.js";
import { CandidateService } from "../../gen/loggia/v1/candidates_pb.js";
import { CiService } from "../../gen/loggia/v1/ci_pb.js";
import { ExperimentService } from "../../gen/loggia/v1/experiments_pb.js";
import { ExportService } from "../../gen/loggia/v1/export_pb.js";
import { IngestService } from "../../gen/loggia/v1/ingest_pb.js";
import { MemberService, UserService } from "../../gen/loggia/v1/members_pb.js";
import { MetricService } from "../../gen/loggia/v1/metrics_pb.js";
import { ProjectService } from "../../gen/loggia/v1/projects_pb.js";
import { PurgeService } from "../../gen/loggia/v1/purge_pb.js";
import { SessionService } from "../../gen/loggia/v1/sessions_pb.js";
import { TokenService } from "../../gen/loggia/v1/tokens_pb.js";
import { WatchService } from "../../gen/loggia/v1/watch_pb.js";
import { MlflowArtifactsService } from "../../gen/mlflow/artifacts/mlflow_artifacts_pb.js";
import { ModelRegistryService } from "../../gen/mlflow/model_registry_pb.js";
import { MlflowService } from "../../gen/mlflow/service_pb.js";
import { artifacts, proxiedArtifacts } from "./artifacts.ts";
import { audit } from "./audit.ts";
import { candidateChanges } from "./candidate-changes.ts";
import { candidateColumns } from "./candidate-columns.ts";
import { candidates } from "./candidates.ts";
import { ci } from "./ci.ts";
import type { Deps } from "./deps.ts";
import { experimentPages } from "./experiment-pages.ts";
import { experiments } from "./experiments.ts";
import { exports } from "./exports.ts";
import { ingest } from "./ingest.ts";
import { logBatch } from "./log-batch.ts";
import { logModel } from "./log-model.ts";
import { loggedModels } from "./logged-models.ts";
import { members } from "./members.ts";
import { metricHistory } from "./metric-history.ts";
import { metrics } from "./metrics.ts";
import { modelAliases } from "./model-aliases.ts";
import { modelVersions } from "./model-versions.ts";
import { params } from "./params.ts";
import { personalTokens } from "./personal-tokens.ts";
import { projects } from "./projects.ts";
import { purges } from "./purges.ts";
import { registeredModels } from "./registered-models.ts";
import { registrySearch } from "./registry-search.ts";
import { runInputs } from "./run-inputs.ts";
import { runs } from "./runs.ts";
import { sampledHistory } from "./sampled-history.ts";
import { search } from "./search.ts";
import { sessions } from "./sessions.ts";
import { tags } from "./tags.ts";
import { tokens } from "./tokens.ts";
import { users } from "./users.ts";
import { watch } from "./watch.ts";

/** Every RPC there is. An RPC without an implementation answers that it is not there. */
export const services = (deps: Deps): ServiceImplSpec[] => [
  createServiceImplSpec<typeof MlflowService>(MlflowService, {
    ...experiments(deps),
    ...runs(deps),
    ...metrics(deps),
    ...metricHistory(deps),
    ...params(deps),
    ...tags(deps),
    ...logBatch(deps),
    ...logModel(deps),
    ...runInputs(deps),
    ...loggedModels(deps),
    ...search(deps),
    ...artifacts(deps),
  }),
  createServiceImplSpec<typeof MlflowArtifactsService>(MlflowArtifactsService, proxiedArtifacts(deps)),
  createServiceImplSpec<typeof ModelRegistryService>(ModelRegistryService, {
    ...registeredModels(deps),
    ...modelVersions(deps),
    ...modelAliases(deps),
    ...registrySearch(deps),
  }),
  createServiceImplSpec<typeof MetricService>(MetricService, sampledHistory(deps)),
  createServiceImplSpec<typeof ExportService>(ExportService, exports(deps)),
  createServiceImplSpec<typeof ProjectService>(ProjectService, projects(deps)),
  createServiceImplSpec<typeof MemberService>(MemberService, members(deps)),
  createServiceImplSpec<typeof UserService>(UserService, users(deps)),
  createServiceImplSpec<typeof TokenService>(TokenService, { ...tokens(deps), ...personalTokens(deps) }),
  createServiceImplSpec<typeof AuditService>(AuditService, audit(deps)),
  createServiceImplSpec<typeof PurgeService>(PurgeService, purges(deps)),
  createServiceImplSpec<typeof CiService>(CiService, ci(deps)),
  createServiceImplSpec<typeof IngestService>(IngestService, ingest(deps)),
  createServiceImplSpec<typeof WatchService>(WatchService, watch(deps)),
  createServiceImplSpec<typeof ExperimentService>(ExperimentService, experimentPages(deps)),
  createServiceImplSpec<typeof CandidateService>(CandidateService, {
    ...candidates(deps),
    ...candidateColumns(deps),
    ...candidateChanges(deps),
  }),
  createServiceImplSpec<typeof SessionService>(SessionService, sessions(deps)),
];
