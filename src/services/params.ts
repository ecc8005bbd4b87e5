import type { ServiceImpl } from "@connectrpc/connect";
import type { MlflowService } from "../../gen/mlflow/service_pb.js";
import { logBatch } from "../store/log-batch.ts";
import { project, required } from "./context.ts";
import type { Deps } from "./deps.ts";
import { runKeyText } from "./ids.ts";
import { changedParam, checkLogged } from "./log-outcome.ts";
import { checkParam } from "./names.ts";

/** The params of runs, which are written once. Behaviour.md §6. */
export const params = ({ db }: Deps) =>
  ({
    async logParam(req, ctx) {
      const id = required(req, "run_id", "run_uuid");
      const key = required(req, "key");
      checkParam(key, req.value);
      const outcome = await logBatch(db, {
        project: project(ctx),
        runId: runKeyText(id),
        metrics: [],
        params: [{ key, value: req.value }],
        tags: [],
      });
      checkLogged(id, outcome, (stored) => changedParam(id, { key, value: req.value }, stored));
      return {};
    },
  }) satisfies Partial<ServiceImpl<typeof MlflowService>>;
