import type { ServiceImpl } from "@connectrpc/connect";
import type { ModelRegistryService } from "../../gen/mlflow/model_registry_pb.js";
import { invalid, notFound } from "../errors.ts";
import * as versions from "../store/model-versions.ts";
import { project, required } from "./context.ts";
import type { Deps } from "./deps.ts";
import { checkText } from "./names.ts";
import { toModelVersion } from "./registry-messages.ts";
import { checkDescription, checkTags } from "./registry-names.ts";

const stages: readonly versions.Stage[] = ["None", "Staging", "Production", "Archived"];
const activeStages: readonly versions.Stage[] = ["Staging", "Production"];
const longestSource = 500;
const greatestVersion = 2n ** 63n - 1n;

/** @throws INVALID_PARAMETER_VALUE; stages are read in any case. */
export function parseStage(text: string): versions.Stage {
  const stage = stages.find((name) => name.toLowerCase() === text.toLowerCase());
  if (stage === undefined)
    throw invalid(`Invalid Model Version stage: ${text}. Value must be one of ${stages.join(", ")}.`);
  return stage;
}

/** A version is decimal text; `01` is 1. @throws INVALID_PARAMETER_VALUE */
export function parseVersion(text: string): bigint {
  if (!/^\s*[+-]?\d{1,1000}\s*$/.test(text)) throw invalid(`Model version must be an integer, got '${text}'`);
  const version = BigInt(text.trim().replace("+", ""));
  // What Postgres could not compare does not exist either.
  return version > greatestVersion || version < 0n ? 0n : version;
}

export const absentVersion = (name: string, version: bigint | string) =>
  notFound(`Model Version (name=${name}, version=${version}) not found`);

/** Versions of registered models (MLflow 1.28, behaviour.md §11). `source` is data: stored, returned, never opened. */
export const modelVersions = ({ db }: Deps) =>
  ({
    async createModelVersion(req, ctx) {
      const name = required(req, "name");
      const source = required(req, "source");
      checkText("source", source, longestSource);
      checkText("run_id", req.runId, 32);
      checkText("run_link", req.runLink, longestSource);
      checkText("model_id", req.modelId);
      checkDescription(req.description);
      const version = await versions.createModelVersion(db, project(ctx), {
        name,
        source,
        runId: req.runId,
        runLink: req.runLink,
        description: req.description,
        modelId: req.modelId === "" ? undefined : req.modelId,
        tags: checkTags("Model version", req.tags),
      });
      if (version === undefined) throw notFound(`Registered Model with name=${name} not found`);
      return { modelVersion: await find(db, project(ctx), name, version) };
    },

    async getModelVersion(req, ctx) {
      const name = required(req, "name");
      return { modelVersion: await find(db, project(ctx), name, parseVersion(required(req, "version"))) };
    },

    async updateModelVersion(req, ctx) {
      const name = required(req, "name");
      const version = parseVersion(required(req, "version"));
      checkDescription(req.description);
      const description = req.description === "" ? null : req.description;
      if (!(await versions.updateModelVersion(db, project(ctx), name, version, description)))
        throw absentVersion(name, version);
      return { modelVersion: await find(db, project(ctx), name, version) };
    },

    async transitionModelVersionStage(req, ctx) {
      const name = required(req, "name");
      const version = parseVersion(required(req, "version"));
      const stage = parseStage(required(req, "stage"));
      if (req.archiveExistingVersions && !activeStages.includes(stage))
        throw invalid(
          `Model version transition cannot archive existing model versions because '${stage}' is not an Active stage. ` +
            "Valid stages are ['Staging', 'Production']",
        );
      const moved = await versions.transitionModelVersion(
        db,
        project(ctx),
        name,
        version,
        stage,
        req.archiveExistingVersions,
      );
      if (!moved) throw absentVersion(name, version);
      return { modelVersion: await find(db, project(ctx), name, version) };
    },

    async deleteModelVersion(req, ctx) {
      const name = required(req, "name");
      const version = parseVersion(required(req, "version"));
      if (!(await versions.deleteModelVersion(db, project(ctx), name, version)))
        throw absentVersion(name, version);
      return {};
    },

    async getModelVersionDownloadUri(req, ctx) {
      const name = required(req, "name");
      const version = parseVersion(required(req, "version"));
      const found = await versions.findModelVersion(db, project(ctx), name, version);
      if (found === undefined) throw absentVersion(name, version);
      return { artifactUri: found.source };
    },

    async setModelVersionTag(req, ctx) {
      const name = required(req, "name");
      const version = parseVersion(required(req, "version"));
      for (const tag of checkTags("Model version", [{ key: required(req, "key"), value: req.value }]))
        if (!(await versions.setModelVersionTag(db, project(ctx), name, version, tag)))
          throw absentVersion(name, version);
      return {};
    },

    async deleteModelVersionTag(req, ctx) {
      const name = required(req, "name");
      const version = parseVersion(required(req, "version"));
      const key = required(req, "key");
      if (!(await versions.deleteModelVersionTag(db, project(ctx), name, version, key)))
        throw absentVersion(name, version);
      return {};
    },
  }) satisfies Partial<ServiceImpl<typeof ModelRegistryService>>;

async function find(db: Deps["db"], project: bigint, name: string, version: bigint) {
  const found = await versions.findModelVersion(db, project, name, version);
  if (found === undefined) throw absentVersion(name, version);
  return toModelVersion(found);
}
