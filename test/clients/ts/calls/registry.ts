import { expect } from "vitest";
import { ModelRegistryService } from "../../../../gen/mlflow/model_registry_pb.js";
import { type Call, call } from "./call.ts";

const { method } = ModelRegistryService;
const version = { name: "net", version: "1" };

/** The model registry. */
export const registryCalls: Call[] = [
  call(
    method.createRegisteredModel,
    () => ({ name: "draft", description: "first" }),
    ({ registeredModel }) => expect(registeredModel).toMatchObject({ name: "draft", description: "first" }),
  ),
  call(method.createRegisteredModel, () => ({ name: "draft" }), "RESOURCE_ALREADY_EXISTS"),
  call(
    method.renameRegisteredModel,
    () => ({ name: "draft", newName: "net" }),
    ({ registeredModel }) => expect(registeredModel?.name).toBe("net"),
  ),
  call(
    method.updateRegisteredModel,
    () => ({ name: "net", description: "second" }),
    ({ registeredModel }) => expect(registeredModel?.description).toBe("second"),
  ),
  call(
    method.setRegisteredModelTag,
    () => ({ name: "net", key: "k", value: "v" }),
    () => {},
  ),
  call(
    method.getRegisteredModel,
    () => ({ name: "net" }),
    ({ registeredModel }) => expect(registeredModel?.tags).toMatchObject([{ key: "k", value: "v" }]),
  ),
  call(
    method.deleteRegisteredModelTag,
    () => ({ name: "net", key: "k" }),
    () => {},
  ),
  call(
    method.listRegisteredModels,
    () => ({}),
    ({ registeredModels }) => expect(registeredModels).toMatchObject([{ name: "net", tags: [] }]),
  ),
  call(
    method.searchRegisteredModels,
    () => ({ filter: "name LIKE 'n%'" }),
    ({ registeredModels }) => expect(registeredModels).toMatchObject([{ name: "net" }]),
  ),
  call(
    method.createModelVersion,
    () => ({ name: "net", source: "s3://bucket/net" }),
    ({ modelVersion }) => expect(modelVersion).toMatchObject(version),
  ),
  call(
    method.updateModelVersion,
    () => ({ ...version, description: "of use" }),
    ({ modelVersion }) => expect(modelVersion?.description).toBe("of use"),
  ),
  call(
    method.transitionModelVersionStage,
    () => ({ ...version, stage: "Production" }),
    ({ modelVersion }) => expect(modelVersion?.currentStage).toBe("Production"),
  ),
  call(
    method.getLatestVersions,
    () => ({ name: "net", stages: ["Production"] }),
    ({ modelVersions }) => expect(modelVersions).toMatchObject([version]),
  ),
  call(
    method.setModelVersionTag,
    () => ({ ...version, key: "k", value: "v" }),
    () => {},
  ),
  call(
    method.getModelVersion,
    () => version,
    ({ modelVersion }) => expect(modelVersion?.tags).toMatchObject([{ key: "k", value: "v" }]),
  ),
  call(
    method.deleteModelVersionTag,
    () => ({ ...version, key: "k" }),
    () => {},
  ),
  call(
    method.searchModelVersions,
    () => ({ filter: "name = 'net'" }),
    ({ modelVersions }) => expect(modelVersions).toMatchObject([{ ...version, tags: [] }]),
  ),
  call(
    method.getModelVersionDownloadUri,
    () => version,
    ({ artifactUri }) => expect(artifactUri).toBe("s3://bucket/net"),
  ),
  call(
    method.setRegisteredModelAlias,
    () => ({ ...version, alias: "best" }),
    () => {},
  ),
  call(
    method.getModelVersionByAlias,
    () => ({ name: "net", alias: "best" }),
    ({ modelVersion }) => expect(modelVersion).toMatchObject(version),
  ),
  call(
    method.deleteRegisteredModelAlias,
    () => ({ name: "net", alias: "best" }),
    () => {},
  ),
  call(method.getModelVersionByAlias, () => ({ name: "net", alias: "best" }), "RESOURCE_DOES_NOT_EXIST"),
  call(
    method.deleteModelVersion,
    () => version,
    () => {},
  ),
  call(
    method.deleteRegisteredModel,
    () => ({ name: "net" }),
    () => {},
  ),
  call(method.getRegisteredModel, () => ({ name: "net" }), "RESOURCE_DOES_NOT_EXIST"),
];
