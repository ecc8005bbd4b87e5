import type { ServiceImpl } from "@connectrpc/connect";
import type { MlflowService } from "../../gen/mlflow/service_pb.js";
import { alreadyExists, invalid, notFound } from "../errors.ts";
import * as store from "../store/experiments.ts";
import { recorded } from "./audit-trail.ts";
import { callerName } from "./caller.ts";
import { project, required } from "./context.ts";
import type { Deps } from "./deps.ts";
import { toExperiment } from "./experiment-messages.ts";
import { experimentKey, experimentNotActive, experimentNotFound } from "./ids.ts";
import { checkStorable, checkTag, checkText } from "./names.ts";
import { distinctTags } from "./tags.ts";

/** Experiments, but for their listing and search (services/search.ts). Behaviour.md §5. */
export const experiments = ({ db }: Deps) =>
  ({
    async createExperiment(req, ctx) {
      const name = required(req, "name");
      checkText("name", name);
      checkText("artifact_location", req.artifactLocation);
      const tags = distinctTags(req.tags);
      const id = await store.createExperiment(db, project(ctx), {
        name,
        ...(req.artifactLocation === "" ? {} : { artifactLocation: req.artifactLocation }),
        tags,
        now: now(),
        createdBy: callerName(ctx),
      });
      if (id === undefined) throw nameTaken(name);
      return { experimentId: String(id) };
    },

    async getExperiment(req, ctx) {
      const id = required(req, "experiment_id");
      const row = await store.findExperiment(db, project(ctx), experimentKey(id));
      if (row === undefined) throw experimentNotFound(id);
      return { experiment: toExperiment(row) };
    },

    async getExperimentByName(req, ctx) {
      const name = required(req, "experiment_name");
      checkStorable("experiment_name", name);
      const row = await store.findExperimentByName(db, project(ctx), name);
      if (row === undefined) throw notFound(`Could not find experiment with name '${name}'`);
      return { experiment: toExperiment(row) };
    },

    async updateExperiment(req, ctx) {
      const id = required(req, "experiment_id");
      const name = required(req, "new_name");
      checkText("new_name", name);
      const key = experimentKey(id);
      switch (await store.renameExperiment(db, project(ctx), key, name, now())) {
        case "renamed":
          return {};
        case "taken":
          throw nameTaken(name);
        case "inactive":
          if ((await store.findExperiment(db, project(ctx), key)) === undefined) throw experimentNotFound(id);
          throw invalid("Cannot rename a non-active experiment.");
      }
    },

    async deleteExperiment(req, ctx) {
      const id = required(req, "experiment_id");
      const [event, key] = [{ action: "experiment.delete", object: id }, experimentKey(id)];
      if (!(await recorded(db, ctx, event, (tx) => store.deleteExperiment(tx, project(ctx), key, now()))))
        throw experimentNotFound(id);
      return {};
    },

    async restoreExperiment(req, ctx) {
      const id = required(req, "experiment_id");
      const [event, key] = [{ action: "experiment.restore", object: id }, experimentKey(id)];
      if (!(await recorded(db, ctx, event, (tx) => store.restoreExperiment(tx, project(ctx), key, now()))))
        throw experimentNotFound(id);
      return {};
    },

    async setExperimentTag(req, ctx) {
      const id = required(req, "experiment_id");
      const key = required(req, "key");
      checkTag(key, req.value);
      const stage = await store.setExperimentTag(db, project(ctx), experimentKey(id), {
        key,
        value: req.value,
      });
      checkActive(id, stage);
      return {};
    },

    async deleteExperimentTag(req, ctx) {
      const id = required(req, "experiment_id");
      const key = required(req, "key");
      checkStorable("key", key);
      const { stage, deleted } = await store.deleteExperimentTag(db, project(ctx), experimentKey(id), key);
      checkActive(id, stage);
      if (!deleted) throw notFound(`No tag with name: ${key} in experiment with id ${id}`);
      return {};
    },
  }) satisfies Partial<ServiceImpl<typeof MlflowService>>;

const now = () => BigInt(Date.now());

const nameTaken = (name: string) => alreadyExists(`Experiment(name=${name}) already exists.`);

function checkActive(id: string, stage: "active" | "deleted" | undefined): void {
  if (stage === undefined) throw experimentNotFound(id);
  if (stage === "deleted") throw experimentNotActive(id);
}
