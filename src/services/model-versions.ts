import type { ServiceImpl } from "@connectrpc/connect";
import type { ModelRegistryService } from "../../gen/mlflow/model_registry_pb.js";
import { invalid, notFound } from "../errors.ts";
import * as versions from "../store/model-versions.ts";
import { deleteModelVersionTag, setModelVersionTag } from "../store/registry-tags.ts";
import { recorded } from "./audit-trail.ts";
import { inQuery, project, required } from "./context.ts";
import type { Deps } from "./deps.ts";
import { checkTagName, checkText } from "./names.ts";
import { absentModel, toModelVersion } from "./registry-messages.ts";
import { checkDescription, checkTag, checkTags, namedModel, noName } from "./registry-names.ts";
import { followSource, versionLocation } from "./version-source.ts";

const stages: readonly versions.Stage[] = ["None", "Staging", "Production", "Archived"];
const activeStages: readonly versions.Stage[] = ["Staging", "Production"];
const longestSource = 500;
const longestRunId = 32;

/** Versions of registered models (MLflow 1.28, behaviour.md §11). `source` is data: stored, returned, never opened. */
export const modelVersions = ({ db }: Deps) =>
  ({
    async createModelVersion(req, ctx) {
      const name = required(req, "name");
      const source = required(req, "source");
      checkText("source", source, longestSource);
      checkText("run_id", req.runId, longestRunId);
      checkText("run_link", req.runLink, longestSource);
      checkText("model_id", req.modelId);
      checkDescription(req.description);
      const tags = checkTags("Model version", req.tags);
      const { location, runId } = await followSource(db, project(ctx), req);
      const version = await versions.createModelVersion(db, project(ctx), {
        name,
        source,
        location,
        runId: req.runId || runId,
        runLink: req.runLink,
        description: req.description,
        modelId: req.modelId === "" ? null : req.modelId,
        tags,
      });
      if (version === undefined) throw absentModel(name);
      return { modelVersion: await find(db, project(ctx), name, String(version)) };
    },

    async getModelVersion(req, ctx) {
      return {
        modelVersion: await find(
          db,
          project(ctx),
          namedModel(req, ctx),
          inQuery(ctx) ? req.version : required(req, "version"),
        ),
      };
    },

    async updateModelVersion(req, ctx) {
      const { name, version } = versionOf(req);
      checkDescription(req.description);
      const description = Object.hasOwn(req, "description") ? req.description : null;
      if (!(await versions.updateModelVersion(db, project(ctx), name, version, description)))
        throw absentVersion(name, req.version);
      return { modelVersion: await find(db, project(ctx), name, req.version) };
    },

    async transitionModelVersionStage(req, ctx) {
      required(req, "name");
      required(req, "version");
      const stage = parseStage(required(req, "stage"));
      const archiveOthers = req.archiveExistingVersions;
      if (archiveOthers && !activeStages.includes(stage))
        throw invalid(
          `Model version transition cannot archive existing model versions because '${req.stage}' is not an Active stage. ` +
            "Valid stages are ['Staging', 'Production']",
        );
      const { name, version } = versionOf(req);
      const change = { stage, archiveOthers };
      if (!(await versions.transitionModelVersion(db, project(ctx), name, version, change)))
        throw absentVersion(name, req.version);
      return { modelVersion: await find(db, project(ctx), name, req.version) };
    },

    async deleteModelVersion(req, ctx) {
      const { name, version } = versionOf(req);
      const event = { action: "model_version.delete", object: `${name} ${version}` };
      const of = project(ctx);
      if (!(await recorded(db, ctx, event, (tx) => versions.deleteModelVersion(tx, of, name, version))))
        throw absentVersion(name, req.version);
      return {};
    },

    async getModelVersionDownloadUri(req, ctx) {
      // The one RPC of a single version without a schema check (behaviour.md §2).
      const { name } = req;
      if (name === "") throw noName();
      const version = parseVersion(req.version);
      const found = await versions.findModelVersion(db, project(ctx), name, version);
      if (found === undefined) throw absentVersion(name, req.version);
      return { artifactUri: versionLocation(found) };
    },

    async setModelVersionTag(req, ctx) {
      required(req, "name");
      required(req, "version");
      const key = required(req, "key");
      const { name, version } = versionOf(req);
      const tag = checkTag("Model version", { key, value: req.value });
      if (!(await setModelVersionTag(db, project(ctx), name, version, tag)))
        throw absentVersion(name, req.version);
      return {};
    },

    async deleteModelVersionTag(req, ctx) {
      required(req, "name");
      required(req, "version");
      const key = required(req, "key");
      const { name, version } = versionOf(req);
      checkTagName(key);
      if (!(await deleteModelVersionTag(db, project(ctx), name, version, key)))
        throw absentVersion(name, req.version);
      return {};
    },
  }) satisfies Partial<ServiceImpl<typeof ModelRegistryService>>;

async function find(db: Deps["db"], project: bigint, name: string, version: string) {
  const found = await versions.findModelVersion(db, project, name, parseVersion(version));
  if (found === undefined) throw absentVersion(name, version);
  return toModelVersion(found);
}

/** The version that a request names. @throws INVALID_PARAMETER_VALUE */
export function versionOf(req: { name: string; version: string }): { name: string; version: bigint } {
  const name = required(req, "name");
  return { name, version: parseVersion(required(req, "version")) };
}

/** A version is decimal text; `01` is 1. @throws INVALID_PARAMETER_VALUE */
export function parseVersion(text: string): bigint {
  if (!/^\s*[+-]?\d{1,1000}\s*$/.test(text)) throw invalid(`Model version must be an integer, got '${text}'`);
  const version = BigInt(text);
  // What Postgres could not compare does not exist; neither does 0.
  return BigInt.asIntN(64, version) === version ? version : 0n;
}

/** Of a version that does not exist; `version` is what the request calls it. */
export const absentVersion = (name: string, version: bigint | string) =>
  notFound(`Model Version (name=${name}, version=${version}) not found`);

/** A stage in any case. @throws INVALID_PARAMETER_VALUE */
export function parseStage(text: string): versions.Stage {
  const stage = stages.find((name) => name.toLowerCase() === text.toLowerCase());
  if (stage === undefined)
    throw invalid(`Invalid Model Version stage: ${text}. Value must be one of ${stages.join(", ")}.`);
  return stage;
}
