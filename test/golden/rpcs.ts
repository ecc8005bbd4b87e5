/** The 46 RPCs of MLflow 1.28 and which of them a request reaches. */
import { type DescMethod, getOption } from "@bufbuild/protobuf";
import { MlflowArtifactsService } from "../../gen/mlflow/artifacts/mlflow_artifacts_pb.js";
import { rpc as rpcOption } from "../../gen/mlflow/databricks_pb.js";
import { ModelRegistryService } from "../../gen/mlflow/model_registry_pb.js";
import { MlflowService } from "../../gen/mlflow/service_pb.js";
import routes from "./rpcs.json" with { type: "json" };

const services = [MlflowService, ModelRegistryService, MlflowArtifactsService];

/** `MlflowService.createExperiment` and so on, in the order of the protos; newer RPCs are not among them. */
export const rpcs: readonly string[] = services.flatMap((service) =>
  service.methods.map(nameOf).filter((name) => routes.includes(name)),
);

/** The RPC that a method and path (below the tracking URI, with or without query) reach. */
export function rpcOf(method: string, path: string): string | undefined {
  const bare = path.replace(/\?.*$/s, "").replace(/^\/(?:ajax-)?api\/2\.0\//, "/");
  for (const service of services) {
    for (const each of service.methods) {
      for (const endpoint of getOption(each, rpcOption).endpoints) {
        const pattern = endpoint.path.replace(/\{path\}|<path:artifact_path>/g, ".+");
        if (endpoint.method === method && new RegExp(`^${pattern}$`, "s").test(bare)) return nameOf(each);
      }
    }
  }
  return undefined;
}

function nameOf(method: DescMethod): string {
  return `${method.parent.name}.${method.name}`;
}
