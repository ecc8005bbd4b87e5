import { expect, test } from "vitest";
import { ModelRegistryService } from "../../gen/mlflow/model_registry_pb.js";
import { MlflowService } from "../../gen/mlflow/service_pb.js";
import { testServer } from "../support/server.ts";

const server = await testServer();

const setUp = async () => {
  const project = await server.project();
  const registry = project.client(ModelRegistryService, "grpc");
  const tracking = project.client(MlflowService, "grpc");
  const { model } = await tracking.createLoggedModel({ experimentId: "0", name: "m" });
  const modelId = model?.info?.modelId ?? "";
  const register = async (name: string, source: string) => {
    await registry.createRegisteredModel({ name });
    return (await registry.createModelVersion({ name, source })).modelVersion;
  };
  const location = async (name: string) =>
    (await registry.getModelVersionDownloadUri({ name, version: "1" })).artifactUri;
  return { project, tracking, modelId, uri: model?.info?.artifactUri ?? "", register, location };
};

test("a version of a logged model, and a copy of it, download from where the model's files are", async () => {
  const { project, modelId, uri, register, location } = await setUp();
  await project.rest(
    "PUT",
    `/api/2.0/mlflow-artifacts/artifacts/0/models/${modelId}/artifacts/MLmodel`,
    "flavors",
  );
  expect((await register("a", `models:/${modelId}`))?.source).toBe(`models:/${modelId}`);
  await register("b c", "models:/a/1");
  await register("d", "models:/b c/1");
  for (const name of ["a", "b c", "d"]) {
    expect(await location(name)).toBe(uri);
    const query = new URLSearchParams({ name, version: "1", path: "MLmodel" });
    expect((await project.rest("GET", `/model-versions/get-artifact?${query}`)).body).toBe("flavors");
  }
});

test("a source that leads nowhere, in a circle, or out of the project is answered as it is", async () => {
  const { modelId, tracking, register, location } = await setUp();
  const other = await setUp();
  const sources = {
    foreign: `models:/${other.modelId}`,
    absent: "models:/nobody/1",
    circle: "models:/circle/1",
    plain: "s3://bucket/model",
    deleted: `models:/${modelId}`,
  };
  await tracking.deleteLoggedModel({ modelId });
  for (const [name, source] of Object.entries(sources)) {
    await register(name, source);
    expect(await location(name)).toBe(source);
  }
});
