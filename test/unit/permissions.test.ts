import { createServiceImplSpec } from "@connectrpc/connect";
import { expect, test } from "vitest";
import { ServerReflection } from "../../gen/grpc/reflection/v1/reflection_pb.js";
import { MetricService } from "../../gen/loggia/v1/metrics_pb.js";
import { MlflowArtifactsService } from "../../gen/mlflow/artifacts/mlflow_artifacts_pb.js";
import { ModelRegistryService } from "../../gen/mlflow/model_registry_pb.js";
import { MlflowService } from "../../gen/mlflow/service_pb.js";
import { permissionOf, requirePermissions } from "../../src/auth/permissions.ts";
import { createApp } from "../../src/http/app.ts";

const everything = [
  MlflowService,
  ModelRegistryService,
  MlflowArtifactsService,
  MetricService,
  ServerReflection,
];

test("every method of every service declares a permission, byte routes included", () => {
  expect(everything.flatMap((s) => s.methods).filter((m) => permissionOf(m) === undefined)).toEqual([]);
  expect(() => requirePermissions(everything)).not.toThrow();
});

test("a search is a read, though it is a POST", () => {
  expect(permissionOf(MlflowService.method.searchRuns)?.action).toBe("read");
  expect(permissionOf(ModelRegistryService.method.getLatestVersions)?.action).toBe("read");
});

test("what changes something is never declared a read", () => {
  const changing = /^(create|delete|log|Log|set|update|rename|restore|transition|upload|finalize)/;
  for (const method of everything.flatMap((s) => s.methods))
    expect([method.name, permissionOf(method)?.action]).toEqual([
      method.name,
      changing.test(method.name) ? "write" : "read",
    ]);
});

test("the server does not start with an RPC that nobody declared", async () => {
  const undeclared = {
    ...MlflowArtifactsService,
    typeName: "mlflow.UndeclaredService",
  } as typeof MlflowArtifactsService;
  const methods = undeclared.methods.map((method) => ({ ...method, parent: undeclared }));
  Object.assign(undeclared, { methods });
  const starting = createApp({
    services: [createServiceImplSpec<typeof MlflowArtifactsService>(undeclared, {})],
    interceptors: () => [],
    health: { version: "0", reachable: async () => true },
  });
  await expect(starting).rejects.toThrow(
    "No permission is declared in src/auth/permissions.ts for mlflow.UndeclaredService/",
  );
});
