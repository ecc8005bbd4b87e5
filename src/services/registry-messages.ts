import type { MessageInitShape } from "@bufbuild/protobuf";
import {
  type ModelVersionSchema,
  ModelVersionStatus,
  type RegisteredModelSchema,
} from "../../gen/mlflow/model_registry_pb.js";
import { notFound } from "../errors.ts";
import type { ModelVersion } from "../store/model-versions.ts";
import type { RegisteredModel } from "../store/registered-models.ts";

/** Of a model that does not exist, or not here. */
export const absentModel = (name: string) => notFound(`Registered Model with name=${name} not found`);

/** MLflow's RegisteredModel of a row; an empty description is not printed (behaviour.md §3). */
export function toRegisteredModel(model: RegisteredModel): MessageInitShape<typeof RegisteredModelSchema> {
  return {
    name: model.name,
    creationTimestamp: model.creation_time,
    lastUpdatedTimestamp: model.last_updated_time,
    ...(model.description ? { description: model.description } : {}),
    latestVersions: model.latest_versions.map(toModelVersion),
    tags: model.tags,
    aliases: model.aliases.map(({ alias, version }) => ({ alias, version: String(version) })),
  };
}

/** MLflow's ModelVersion of a row; a version is ready as soon as it exists. */
export function toModelVersion(version: ModelVersion): MessageInitShape<typeof ModelVersionSchema> {
  return {
    name: version.name,
    version: String(version.version),
    creationTimestamp: version.creation_time,
    lastUpdatedTimestamp: version.last_updated_time,
    currentStage: version.current_stage,
    ...(version.description === null ? {} : { description: version.description }),
    source: version.source,
    runId: version.run_id,
    runLink: version.run_link,
    status: ModelVersionStatus.READY,
    tags: version.tags,
    aliases: version.aliases,
    ...(version.model_id === null ? {} : { modelId: version.model_id }),
  };
}
