import { createServiceImplSpec } from "@connectrpc/connect";
import { Validator } from "@seriousme/openapi-schema-validator";
import { expect, test } from "vitest";
import { MlflowArtifactsService } from "../../gen/mlflow/artifacts/mlflow_artifacts_pb.js";
import { ModelRegistryService } from "../../gen/mlflow/model_registry_pb.js";
import { MlflowService } from "../../gen/mlflow/service_pb.js";
import { openApi } from "../../src/http/openapi.ts";

const services = [
  createServiceImplSpec<typeof MlflowService>(MlflowService, {}),
  createServiceImplSpec<typeof ModelRegistryService>(ModelRegistryService, {}),
  createServiceImplSpec<typeof MlflowArtifactsService>(MlflowArtifactsService, {}),
];
// biome-ignore lint/suspicious/noExplicitAny: the tests read the places they expect.
const document = openApi(services, "1.2.3") as any;

test("the description is valid OpenAPI 3.1", async () => {
  const validator = new Validator();
  expect(await validator.validate(structuredClone(document))).toEqual({ valid: true });
  expect(validator.version).toBe("3.1");
});

test("every endpoint of MLflow 1.28 is described once, under its path and verb", () => {
  const { paths } = document;
  expect(paths["/api/2.0/mlflow/runs/log-batch"].post.operationId).toBe("MlflowService_logBatch");
  expect(paths["/api/2.0/preview/mlflow/runs/log-batch"].post.operationId).toBe("MlflowService_logBatch_2");
  expect(paths["/api/2.0/mlflow/runs/get"].get.parameters.map((p: { name: string }) => p.name)).toEqual([
    "run_id",
    "run_uuid",
  ]);
  expect(paths["/api/2.0/mlflow-artifacts/artifacts/{artifact_path}"].put.requestBody.content).toHaveProperty(
    ["application/octet-stream"],
  );
  const operations = Object.values(paths).flatMap((path) => Object.values(path as object));
  const ids = operations.map((operation) => operation.operationId);
  expect(new Set(ids).size).toBe(ids.length);
  expect(ids.length).toBeGreaterThan(80);
});

test("schemas speak the dialect: snake_case, int64 as integer, doubles as number or word", () => {
  expect(document.components.schemas["mlflow.Metric"].properties).toMatchObject({
    key: { type: "string" },
    value: { anyOf: [{ type: "number" }, { enum: ["NaN", "Infinity", "-Infinity"] }] },
    timestamp: { type: "integer", format: "int64" },
    step: { type: "integer", default: 0 },
  });
  expect(Object.keys(document.components.schemas["mlflow.RunInfo"].properties)[0]).toBe("run_uuid");
  expect(document.components.schemas["mlflow.SearchRuns"].properties.run_view_type.default).toBe(
    "ACTIVE_ONLY",
  );
});
