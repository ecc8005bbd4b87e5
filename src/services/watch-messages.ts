import { create, type MessageInitShape } from "@bufbuild/protobuf";
import { type RunChange, RunChangeSchema } from "../../gen/loggia/v1/watch_pb.js";
import type { Fact } from "../store/run-changes.ts";
import { runNameTag } from "../store/run-data.ts";
import { toRunInfo } from "./run-messages.ts";
import type { Changed } from "./watched-project.ts";

/** A change of a run, as it is told; `weight` counts the facts that it tells. */
export interface Told {
  change: RunChange;
  weight: number;
}

export type Series = { key: string; steps: bigint[]; timestamps: bigint[]; values: number[] };

/** Messages that were made, since many may watch the same. */
const made = new WeakMap<Changed, Map<string, Told>>();

/** @param pointKeys the metrics of which points are told. */
export function toChange(changed: Changed, pointKeys: readonly string[]): Told {
  let all = made.get(changed);
  if (all === undefined) {
    all = new Map();
    made.set(changed, all);
  }
  const name = pointKeys.join("\0");
  const told = all.get(name) ?? makeChange(changed, new Set(pointKeys));
  all.set(name, told);
  return told;
}

function makeChange(
  { runId, row, facts, experiment, isPurged }: Changed,
  pointKeys: ReadonlySet<string>,
): Told {
  const of = (kind: Fact["kind"]) => facts.filter((fact) => fact.kind === kind);
  const tags = of("tag").map(({ key, value }) => ({ key, value }));
  const hasTags = facts.some(({ kind }) => kind === "run");
  const points = new Map<string, Series>();
  const found = of("point").filter(({ key }) => pointKeys.has(key));
  found.sort(byPlace);
  for (const { key, step, timestamp, number } of found) {
    const series = points.get(key) ?? { key, steps: [], timestamps: [], values: [] };
    points.set(key, series);
    series.steps.push(step);
    series.timestamps.push(timestamp);
    series.values.push(number);
  }
  const change: MessageInitShape<typeof RunChangeSchema> = {
    runId,
    experimentId: experiment < 0n ? "" : String(experiment),
    params: of("param").map(({ key, value }) => ({ key, value })),
    latestMetrics: of("latest").map(({ key, step, timestamp, number }) => ({
      key,
      step,
      timestamp,
      value: number,
    })),
    points: [...points.values()],
    purged: isPurged,
    ...(row !== undefined && {
      info: toRunInfo(row, tags.find(({ key }) => key === runNameTag)?.value),
    }),
    ...(hasTags && { tags: { tags } }),
  };
  return {
    change: create(RunChangeSchema, change),
    weight: 1 + facts.length - of("point").length + found.length,
  };
}

/** By metric, step, timestamp and value, NaN being the greatest. */
function byPlace(a: Fact, b: Fact): number {
  if (a.key !== b.key) return a.key < b.key ? -1 : 1;
  if (a.step !== b.step) return a.step < b.step ? -1 : 1;
  if (a.timestamp !== b.timestamp) return a.timestamp < b.timestamp ? -1 : 1;
  return Number.isNaN(a.number) ? 1 : Number.isNaN(b.number) ? -1 : a.number - b.number;
}
