import { queryOptions } from "@tanstack/react-query";
import {
  type MetricBucket,
  type MetricPoint,
  MetricService,
  type SampledHistory,
} from "../../../gen/loggia/v1/metrics_pb.js";
import { type Bucket, type History, nanWithin, type Point, pointsOf, type Range } from "../charts/points.ts";
import { client } from "./transport.ts";

export interface HistoriesOf {
  project: string;
  /** Up to 100. */
  runIds: readonly string[];
  metric: string;
  /** Steps; all when absent. */
  steps?: Range | undefined;
  /** 1 to 2,000. */
  buckets: number;
}

/** The histories of one metric, reduced on the server to what a chart of so many buckets shows. */
export const historiesQuery = ({ project, runIds, metric, steps, buckets }: HistoriesOf) =>
  queryOptions({
    queryKey: ["histories", project, metric, runIds, steps ?? null, buckets],
    async queryFn({ signal }): Promise<History[]> {
      const { histories } = await client(MetricService, project).sampleHistory(
        {
          runIds: [...runIds],
          metricKeys: [metric],
          buckets,
          ...(steps === undefined ? {} : { fromStep: BigInt(steps.from), toStep: BigInt(steps.to) }),
        },
        { signal },
      );
      return histories.map(toHistory);
    },
  });

function toHistory(message: SampledHistory): History {
  const { runId, metricKey: metric, sampled: isSampled } = message;
  if (!isSampled) {
    const points = message.points.map(toPoint);
    const nanCount = points.filter(({ value }) => Number.isNaN(value)).length;
    return { runId, metric, points, count: points.length, isSampled, nanCount, nanWithin: [] };
  }
  const buckets = message.buckets.map(toBucket);
  const sum = (read: (bucket: Bucket) => number) => buckets.reduce((total, one) => total + read(one), 0);
  return {
    runId,
    metric,
    points: pointsOf(buckets),
    count: sum(({ count }) => count),
    isSampled,
    nanCount: sum(({ nanCount }) => nanCount),
    nanWithin: nanWithin(buckets),
  };
}

export const toPoint = (point: Pick<MetricPoint, "step" | "timestamp" | "value">): Point => ({
  step: Number(point.step),
  time: Number(point.timestamp),
  value: point.value,
});

const toBucket = ({ first, last, min, max, count, nanCount }: MetricBucket): Bucket => ({
  first: toPoint(first as MetricPoint),
  last: toPoint(last as MetricPoint),
  ...(min === undefined ? {} : { min: toPoint(min) }),
  ...(max === undefined ? {} : { max: toPoint(max) }),
  count: Number(count),
  nanCount: Number(nanCount),
});
