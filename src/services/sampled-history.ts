import type { ServiceImpl } from "@connectrpc/connect";
import type { MetricService } from "../../gen/loggia/v1/metrics_pb.js";
import { invalid } from "../errors.ts";
import { considerRollUp } from "../store/metric-rollup-queue.ts";
import { type Sample, sampleHistories } from "../store/metric-samples.ts";
import { project } from "./context.ts";
import type { Deps } from "./deps.ts";
import { fromUuid } from "./ids.ts";
import { checkStorable } from "./names.ts";
import { between, named } from "./request-limits.ts";

const mostRuns = 100;
const mostKeys = 20;
const mostBuckets = 2_000;
/** Of all histories of an answer together: about 15 MB of JSON. */
const mostInAll = 50_000;

/** Points that an answer read one by one although they could be in buckets, from which on that is worth a look. */
const worthALook = 10_000;

/** Charts of metrics: what MLflow's API cannot ask for. */
export const sampledHistory = ({ db }: Deps) =>
  ({
    async sampleHistory(req, ctx) {
      const runIds = named("run_ids", req.runIds, mostRuns);
      const keys = named("metric_keys", req.metricKeys, mostKeys);
      for (const key of keys) checkStorable("metric_keys", key);
      const { fromStep: from = -(2n ** 63n), toStep: to = 2n ** 63n - 1n, buckets } = req;
      if (from > to)
        throw invalid(
          `from_step must not be greater than to_step. Found from_step=${from} and to_step=${to}.`,
        );
      between("buckets", buckets, 1, mostBuckets);
      const inAll = runIds.length * keys.length * buckets;
      if (inAll > mostInAll)
        throw invalid(
          `Invalid value for parameter 'buckets': runs × metrics × buckets must be at most ${mostInAll}, but is ${inAll}.`,
        );

      const query = {
        project: project(ctx),
        // Other text is no run's id.
        runIds: runIds.filter((id) => /^[0-9a-f]{32}$/.test(id)),
        keys,
        from,
        to,
        buckets,
      };
      const samples = await sampleHistories(db, query);
      for (const { runId, key, unrolled } of samples)
        if (unrolled >= worthALook) considerRollUp(db, { project: query.project, runId, key });
      return { histories: samples.map(toHistory) };
    },
  }) satisfies Partial<ServiceImpl<typeof MetricService>>;

// Fields of proto3 are printed when they are given: a chart's points have all of theirs, zeros too.
const toHistory = ({ runId, key, content }: Sample) => ({
  runId: fromUuid(runId),
  metricKey: key,
  sampled: "buckets" in content,
  ...content,
});
