import type { FastifyInstance } from "fastify";
import { describedRoute } from "./described-route.ts";

const path = "/api/3.0/mlflow/server-info";

/** The route, as OpenAPI describes it. */
export const serverInfoPath = describedRoute(path, {
  operationId: "ServerInfo",
  tag: "MlflowService",
  description: "What MLflow 3 clients ask before they transfer artifacts.",
  answers: ["application/json"],
});

/**
 * What MLflow 3 clients ask a server before they transfer artifacts, to learn how (behaviour.md §13). It says nothing about
 * any project, so it needs no permission; MLflow's own needs none either.
 */
const serverInfo = {
  store_type: "SqlStore",
  workspaces_enabled: false,
  trace_archival_enabled: false,
  multipart_uploads_enabled: false,
  multipart_downloads_enabled: false,
  presigned_upload_run_id_supported: false,
  presigned_upload_model_id_supported: false,
  features_enabled: { gateway: false },
};

export function mountServerInfo(app: FastifyInstance): void {
  app.get(path, (_request, reply) => reply.send(serverInfo));
}
