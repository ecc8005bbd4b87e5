import type { ServiceImpl } from "@connectrpc/connect";
import type { MlflowService } from "../../gen/mlflow/service_pb.js";
import { notFound } from "../errors.ts";
import { logBatch } from "../store/log-batch.ts";
import type { KeyValue } from "../store/run-data.ts";
import { deleteTag } from "../store/tags.ts";
import { jobNamedBy } from "./calling-job.ts";
import { project, required } from "./context.ts";
import type { Deps } from "./deps.ts";
import { runKeyText, runNotFound, runNotInState } from "./ids.ts";
import { checkLogged } from "./log-outcome.ts";
import { checkStorable, checkTag } from "./names.ts";

/** The tags of runs. Behaviour.md §6. */
export const tags = ({ db }: Deps) =>
  ({
    async setTag(req, ctx) {
      const id = required(req, "run_id", "run_uuid");
      const key = required(req, "key");
      checkTag(key, req.value);
      const tags = [{ key, value: req.value }];
      checkLogged(
        id,
        await logBatch(db, {
          project: project(ctx),
          runId: runKeyText(id),
          metrics: [],
          params: [],
          tags,
          job: jobNamedBy(ctx, tags),
        }),
      );
      return {};
    },

    async deleteTag(req, ctx) {
      const id = required(req, "run_id");
      const key = required(req, "key");
      checkStorable("key", key);
      const { stage, deleted } = await deleteTag(db, project(ctx), runKeyText(id), key);
      if (stage === undefined) throw runNotFound(id);
      if (stage === "deleted") throw runNotInState(id, "active");
      if (!deleted) throw notFound(`No tag with name: ${key} in run with id ${id}`);
      return {};
    },
  }) satisfies Partial<ServiceImpl<typeof MlflowService>>;

/**
 * Tags that come with a new run or experiment: checked, and of a repeated key the last.
 * @throws INVALID_PARAMETER_VALUE
 */
export function distinctTags(given: readonly KeyValue[]): KeyValue[] {
  const values = new Map<string, string>();
  for (const { key, value } of given) {
    checkTag(key, value);
    values.set(key, value);
  }
  return Array.from(values, ([key, value]) => ({ key, value }));
}
