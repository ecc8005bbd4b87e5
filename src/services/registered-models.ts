import type { ServiceImpl } from "@connectrpc/connect";
import type { ModelRegistryService } from "../../gen/mlflow/model_registry_pb.js";
import { alreadyExists } from "../errors.ts";
import * as models from "../store/registered-models.ts";
import { deleteRegisteredModelTag, setRegisteredModelTag } from "../store/registry-tags.ts";
import { recorded } from "./audit-trail.ts";
import { project, required } from "./context.ts";
import type { Deps } from "./deps.ts";
import { parseStage } from "./model-versions.ts";
import { checkTagName } from "./names.ts";
import { absentModel, toModelVersion, toRegisteredModel } from "./registry-messages.ts";
import { checkDescription, checkModelName, checkTag, checkTags, namedModel } from "./registry-names.ts";

const taken = (name: string) => alreadyExists(`Registered Model (name=${name}) already exists.`);

/** Registered models and their tags (MLflow 1.28, behaviour.md §11). */
export const registeredModels = ({ db }: Deps) =>
  ({
    async createRegisteredModel(req, ctx) {
      const name = checkModelName("name", required(req, "name"));
      checkDescription(req.description);
      const created = await models.createRegisteredModel(db, project(ctx), {
        name,
        description: req.description,
        tags: checkTags("Registered model", req.tags),
      });
      if (!created) throw taken(name);
      return { registeredModel: toRegisteredModel(await find(db, project(ctx), name)) };
    },

    async getRegisteredModel(req, ctx) {
      return { registeredModel: toRegisteredModel(await find(db, project(ctx), namedModel(req, ctx))) };
    },

    async updateRegisteredModel(req, ctx) {
      const name = required(req, "name");
      checkDescription(req.description);
      if (!(await models.updateRegisteredModel(db, project(ctx), name, req.description)))
        throw absentModel(name);
      return { registeredModel: toRegisteredModel(await find(db, project(ctx), name)) };
    },

    async renameRegisteredModel(req, ctx) {
      const name = required(req, "name");
      const newName = checkModelName("new_name", required(req, "new_name"));
      const outcome = await models.renameRegisteredModel(db, project(ctx), name, newName);
      if (outcome === "absent") throw absentModel(name);
      if (outcome === "taken") throw taken(newName);
      return { registeredModel: toRegisteredModel(await find(db, project(ctx), newName)) };
    },

    async deleteRegisteredModel(req, ctx) {
      const name = required(req, "name");
      const event = { action: "registered_model.delete", object: name };
      if (!(await recorded(db, ctx, event, (tx) => models.deleteRegisteredModel(tx, project(ctx), name))))
        throw absentModel(name);
      return {};
    },

    async getLatestVersions(req, ctx) {
      const name = namedModel(req, ctx);
      const stages = req.stages.map(parseStage);
      const { latest_versions: latest } = await find(db, project(ctx), name);
      const wanted = latest.filter(
        (version) => stages.length === 0 || stages.includes(version.current_stage),
      );
      return { modelVersions: wanted.map(toModelVersion) };
    },

    async setRegisteredModelTag(req, ctx) {
      const name = required(req, "name");
      const tag = checkTag("Registered model", { key: required(req, "key"), value: req.value });
      if (!(await setRegisteredModelTag(db, project(ctx), name, tag))) throw absentModel(name);
      return {};
    },

    async deleteRegisteredModelTag(req, ctx) {
      const name = required(req, "name");
      const key = required(req, "key");
      checkTagName(key);
      if (!(await deleteRegisteredModelTag(db, project(ctx), name, key))) throw absentModel(name);
      return {};
    },
  }) satisfies Partial<ServiceImpl<typeof ModelRegistryService>>;

async function find(db: Deps["db"], project: bigint, name: string) {
  const model = await models.findRegisteredModel(db, project, name);
  if (model === undefined) throw absentModel(name);
  return model;
}
