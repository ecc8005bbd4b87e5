import { client } from "./transport.ts";

/** The typed client of MLflow's own service. What describes it is large, and is loaded with the first call. */
export const mlflow = async (project: string) =>
  client((await import("../../../gen/mlflow/service_pb.js")).MlflowService, project);
