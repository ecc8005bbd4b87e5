import type { ServiceImpl } from "@connectrpc/connect";
import type { ModelRegistryService } from "../../gen/mlflow/model_registry_pb.js";
import { notFound } from "../errors.ts";
import * as aliases from "../store/model-aliases.ts";
import { findModelVersion, type ModelVersion } from "../store/model-versions.ts";
import { findRegisteredModel } from "../store/registered-models.ts";
import { project, required } from "./context.ts";
import type { Deps } from "./deps.ts";
import { absentVersion, versionOf } from "./model-versions.ts";
import { absentModel, toModelVersion } from "./registry-messages.ts";
import { checkAlias, checkNewAlias, isLatest } from "./registry-names.ts";

/** Names for versions, `models:/name@alias` (since MLflow 2.3; client3-extras.json). They follow a rename of the model. */
export const modelAliases = ({ db }: Deps) =>
  ({
    async setRegisteredModelAlias(req, ctx) {
      required(req, "name");
      const alias = checkNewAlias(required(req, "alias"));
      const { name, version } = versionOf(req);
      if (!(await aliases.setAlias(db, project(ctx), name, alias, version)))
        throw absentVersion(name, req.version);
      return {};
    },

    async deleteRegisteredModelAlias(req, ctx) {
      const name = required(req, "name");
      const alias = checkAlias(required(req, "alias"));
      if (!(await aliases.deleteAlias(db, project(ctx), name, alias))) throw absentModel(name);
      return {};
    },

    async getModelVersionByAlias(req, ctx) {
      const name = required(req, "name");
      const alias = checkAlias(required(req, "alias"));
      const version = isLatest(alias)
        ? await latest(db, project(ctx), name)
        : await aliased(db, project(ctx), name, alias);
      return { modelVersion: toModelVersion(version) };
    },
  }) satisfies Partial<ServiceImpl<typeof ModelRegistryService>>;

async function aliased(db: Deps["db"], project: bigint, name: string, alias: string): Promise<ModelVersion> {
  const version = await aliases.findAlias(db, project, name, alias);
  if (version === undefined) throw absentModel(name);
  const found = version === null ? undefined : await findModelVersion(db, project, name, version);
  // MLflow answers 400 here.
  if (found === undefined) throw notFound(`Registered model alias ${alias} not found.`);
  return found;
}

/** The greatest version of all stages. */
async function latest(db: Deps["db"], project: bigint, name: string): Promise<ModelVersion> {
  const model = await findRegisteredModel(db, project, name);
  if (model === undefined) throw absentModel(name);
  const [greatest] = model.latest_versions.sort((a, b) => (a.version > b.version ? -1 : 1));
  if (greatest === undefined) throw notFound(`Latest version not found for model ${name}.`);
  return greatest;
}
