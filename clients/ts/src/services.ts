import { AuditService } from "./gen/loggia/v1/audit_pb.js";
import { CandidateService } from "./gen/loggia/v1/candidates_pb.js";
import { CiService } from "./gen/loggia/v1/ci_pb.js";
import { ExperimentService } from "./gen/loggia/v1/experiments_pb.js";
import { IngestService } from "./gen/loggia/v1/ingest_pb.js";
import { MemberService, UserService } from "./gen/loggia/v1/members_pb.js";
import { MetricService } from "./gen/loggia/v1/metrics_pb.js";
import { ProjectService } from "./gen/loggia/v1/projects_pb.js";
import { PurgeService } from "./gen/loggia/v1/purge_pb.js";
import { SessionService } from "./gen/loggia/v1/sessions_pb.js";
import { TokenService } from "./gen/loggia/v1/tokens_pb.js";
import { WatchService } from "./gen/loggia/v1/watch_pb.js";
import { MlflowArtifactsService } from "./gen/mlflow/artifacts/mlflow_artifacts_pb.js";
import { ModelRegistryService } from "./gen/mlflow/model_registry_pb.js";
import { MlflowService } from "./gen/mlflow/service_pb.js";

/** Every service of the server, by the name under which a client has it: `loggia.mlflow.getRun(…)`. */
export const services = {
  mlflow: MlflowService,
  registry: ModelRegistryService,
  artifacts: MlflowArtifactsService,
  experiments: ExperimentService,
  candidates: CandidateService,
  metrics: MetricService,
  ingest: IngestService,
  watches: WatchService,
  projects: ProjectService,
  members: MemberService,
  users: UserService,
  tokens: TokenService,
  audit: AuditService,
  purges: PurgeService,
  sessions: SessionService,
  ci: CiService,
} as const;
