import type { Client } from "@connectrpc/connect";
import type { Carrier } from "./carrier.ts";
import type { MlflowService } from "./gen/mlflow/service_pb.js";

/** Batches as MLflow's own log-batch: one unary call each. */
export const logBatchCarrier = (mlflow: Client<typeof MlflowService>): Carrier => ({
  limits: { items: 1000, params: 100, tags: 100 },
  rest() {},
  async deliver({ runId, items }, signal) {
    await mlflow.logBatch(
      {
        runId,
        metrics: items
          .filter((item) => item.kind === "metric")
          .map(({ key, value, step, timestamp }) => ({
            key,
            value,
            step: BigInt(step),
            timestamp: BigInt(timestamp),
          })),
        params: items.filter((item) => item.kind === "param").map(({ key, value }) => ({ key, value })),
        tags: items.filter((item) => item.kind === "tag").map(({ key, value }) => ({ key, value })),
      },
      { signal },
    );
  },
});
