import type { FastifyInstance } from "fastify";

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
  app.get("/api/3.0/mlflow/server-info", (_request, reply) => reply.send(serverInfo));
}
