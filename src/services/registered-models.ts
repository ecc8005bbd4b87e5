import type { ServiceImpl } from "@connectrpc/connect";
import type { ModelRegistryService } from "../../gen/mlflow/model_registry_pb.js";
import { alreadyExists, notFound } from "../errors.ts";
import * as aliases from "../store/model-aliases.ts";
import * as versions from "../store/model-versions.ts";
import * as models from "../store/registered-models.ts";
import { missing, project, required } from "./context.ts";
import type { Deps } from "./deps.ts";
import { absentVersion, parseStage, parseVersion } from "./model-versions.ts";
import { toModelVersion, toRegisteredModel } from "./registry-messages.ts";
import { checkAlias, checkDescription, checkModelName, checkTags } from "./registry-names.ts";

const absentModel = (name: string) => notFound(`Registered Model with name=${name} not found`);
const taken = (name: string) => alreadyExists(`Registered Model (name=${name}) already exists.`);

/** Registered models, their tags and aliases (MLflow 1.28, behaviour.md §11; aliases since 2.3). */
export const registeredModels = ({ db }: Deps) =>
  ({
    async createRegisteredModel(req, ctx) {
      const name = checkModelName(required(req, "name"));
      const tags = checkTags("Registered model", req.tags);
      checkDescription(req.description);
      const created = await models.createRegisteredModel(db, project(ctx), {
        name,
        description: Object.hasOwn(req, "description") ? req.description : undefined,
        tags,
      });
      if (!created) throw taken(name);
      return { registeredModel: await find(db, project(ctx), name) };
    },

    async getRegisteredModel(req, ctx) {
      return { registeredModel: await find(db, project(ctx), required(req, "name")) };
    },

    async updateRegisteredModel(req, ctx) {
      const name = required(req, "name");
      checkDescription(req.description);
      const description = Object.hasOwn(req, "description") ? req.description : null;
      if (!(await models.updateRegisteredModel(db, project(ctx), name, description))) throw absentModel(name);
      return { registeredModel: await find(db, project(ctx), name) };
    },

    async renameRegisteredModel(req, ctx) {
      const name = required(req, "name");
      const newName = checkModelName(required(req, "new_name"));
      const outcome = await models.renameRegisteredModel(db, project(ctx), name, newName);
      if (outcome === "absent") throw absentModel(name);
      if (outcome === "taken") throw taken(newName);
      return { registeredModel: await find(db, project(ctx), newName) };
    },

    async deleteRegisteredModel(req, ctx) {
      const name = required(req, "name");
      if (!(await models.deleteRegisteredModel(db, project(ctx), name))) throw absentModel(name);
      return {};
    },

    async getLatestVersions(req, ctx) {
      const name = required(req, "name");
      const stages = req.stages.map(parseStage);
      const model = await models.findRegisteredModel(db, project(ctx), name);
      if (model === undefined) throw absentModel(name);
      const wanted = model.latest_versions.filter(
        (version) => stages.length === 0 || stages.includes(version.current_stage),
      );
      return { modelVersions: wanted.map(toModelVersion) };
    },

    async setRegisteredModelTag(req, ctx) {
      const name = required(req, "name");
      const [tag] = checkTags("Registered model", [{ key: required(req, "key"), value: req.value }]);
      if (tag !== undefined && !(await models.setRegisteredModelTag(db, project(ctx), name, tag)))
        throw absentModel(name);
      return {};
    },

    async deleteRegisteredModelTag(req, ctx) {
      const name = required(req, "name");
      const key = required(req, "key");
      if (!(await models.deleteRegisteredModelTag(db, project(ctx), name, key))) throw absentModel(name);
      return {};
    },

    async setRegisteredModelAlias(req, ctx) {
      const name = required(req, "name");
      const alias = checkAlias(required(req, "alias"));
      const version = parseVersion(required(req, "version"));
      if (!(await aliases.setAlias(db, project(ctx), name, alias, version)))
        throw absentVersion(name, version);
      return {};
    },

    async deleteRegisteredModelAlias(req, ctx) {
      const name = required(req, "name");
      const alias = required(req, "alias");
      if ((await models.findRegisteredModel(db, project(ctx), name)) === undefined) throw absentModel(name);
      await aliases.deleteAlias(db, project(ctx), name, alias);
      return {};
    },

    async getModelVersionByAlias(req, ctx) {
      const name = required(req, "name");
      if (!Object.hasOwn(req, "alias")) throw missing("alias");
      const version = await aliases.findAlias(db, project(ctx), name, req.alias);
      const found =
        version === undefined ? undefined : await versions.findModelVersion(db, project(ctx), name, version);
      if (found === undefined) {
        if ((await models.findRegisteredModel(db, project(ctx), name)) === undefined) throw absentModel(name);
        throw notFound(`Registered model alias ${req.alias} not found.`);
      }
      return { modelVersion: toModelVersion(found) };
    },
  }) satisfies Partial<ServiceImpl<typeof ModelRegistryService>>;

async function find(db: Deps["db"], project: bigint, name: string) {
  const model = await models.findRegisteredModel(db, project, name);
  if (model === undefined) throw absentModel(name);
  return toRegisteredModel(model);
}
