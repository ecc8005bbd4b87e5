import type { ServiceImpl } from "@connectrpc/connect";
import type { MlflowService } from "../../gen/mlflow/service_pb.js";
import { logBatch } from "../store/log-batch.ts";
import { missing, project, required } from "./context.ts";
import type { Deps } from "./deps.ts";
import { runKeyText } from "./ids.ts";
import { checkLogged } from "./log-outcome.ts";
import { existingModels } from "./logged-model-metrics.ts";
import { checkMetric } from "./metric-values.ts";
import { allowPoints } from "./quotas.ts";

/** Single metric values. Behaviour.md §7. */
export const metrics = ({ db }: Deps) =>
  ({
    async logMetric(req, ctx) {
      const id = required(req, "run_id", "run_uuid");
      const key = required(req, "key");
      if (!Object.hasOwn(req, "value")) throw missing("value");
      if (!Object.hasOwn(req, "timestamp")) throw missing("timestamp");
      const { value, timestamp, step } = req;
      checkMetric({ key, value, timestamp });
      await allowPoints(db, project(ctx), 1);
      const modelMetrics = await existingModels(db, project(ctx), [req]);
      const outcome = await logBatch(db, {
        project: project(ctx),
        runId: runKeyText(id),
        metrics: [{ key, value, timestamp, step }],
        params: [],
        tags: [],
        ...modelMetrics,
      });
      checkLogged(id, outcome);
      return {};
    },
  }) satisfies Partial<ServiceImpl<typeof MlflowService>>;
