import type { KeyValue, MetricPoint } from "../../src/store/run-data.ts";

/** What the JSON of a run's data says, to the last digit. */
export function readRunData(json: string): { metrics: MetricPoint[]; params: KeyValue[]; tags: KeyValue[] } {
  const { metrics = [], ...others } = JSON.parse(json, (key, value: unknown, context?: { source: string }) =>
    context !== undefined && (key === "timestamp" || key === "step") ? BigInt(context.source) : value,
  );
  const points = metrics.map((metric: MetricPoint) => ({ ...metric, value: Number(metric.value) }));
  return { params: [], tags: [], ...others, metrics: points };
}
