import { createServiceImplSpec } from "@connectrpc/connect";
import { expect, test } from "vitest";
import { ServerReflection } from "../../gen/grpc/reflection/v1/reflection_pb.js";
import { MlflowArtifactsService } from "../../gen/mlflow/artifacts/mlflow_artifacts_pb.js";
import { ModelRegistryService } from "../../gen/mlflow/model_registry_pb.js";
import { MlflowService } from "../../gen/mlflow/service_pb.js";
import { permissionOf, requirePermissions } from "../../src/auth/permissions.ts";
import { createApp } from "../../src/http/app.ts";
import type { Deps } from "../../src/services/deps.ts";
import { services } from "../../src/services/index.ts";

const everything = [...services({} as Deps).map(({ service }) => service), ServerReflection];

test("every method of every service declares a permission, byte routes included", () => {
  expect(everything.flatMap((s) => s.methods).filter((m) => permissionOf(m) === undefined)).toEqual([]);
  expect(() => requirePermissions(everything)).not.toThrow();
});

test("a search is a read, though it is a POST", () => {
  expect(permissionOf(MlflowService.method.searchRuns)?.action).toBe("read");
  expect(permissionOf(ModelRegistryService.method.getLatestVersions)?.action).toBe("read");
});

test("what changes something is never declared a read, and what only reads is never a write", () => {
  const changing =
    /^(add|archive|create|delete|finalize|ingest|log|purge|remove|rename|restore|revoke|rotate|set|tag|transition|unarchive|update|upload)/i;
  for (const method of everything.flatMap((s) => s.methods))
    expect([method.name, permissionOf(method)?.action]).not.toEqual([
      method.name,
      changing.test(method.name) ? "read" : "write",
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
