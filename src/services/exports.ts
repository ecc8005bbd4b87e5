import type { HandlerContext, ServiceImpl } from "@connectrpc/connect";
import type { ExportService } from "../../gen/loggia/v1/export_pb.js";
import { keepingScope } from "../store/scope.ts";
import type { Deps } from "./deps.ts";
import { everything } from "./export-columns.ts";
import { beginMetricExport, type ExportedPoint, type GivenMetricExport } from "./export-metrics.ts";
import { beginRunExport, type GivenRunExport } from "./export-runs.ts";
import { toRun } from "./run-messages.ts";

/** Runs and metric histories in bulk, as streams of messages. */
export const exports = (deps: Deps) =>
  ({
    // The code of a generator runs when its first message is asked for, which is after the interceptors.
    exportRuns: (req, ctx) => keepingScope(runMessages(deps, ctx, req)),
    exportMetricHistories: (req, ctx) => keepingScope(pointMessages(deps, ctx, req)),
  }) satisfies Partial<ServiceImpl<typeof ExportService>>;

async function* runMessages(deps: Deps, ctx: HandlerContext, given: GivenRunExport) {
  const columns = given.columns.length > 0 ? given.columns : everything;
  const { parts } = await beginRunExport(deps, ctx, { ...given, columns });
  for await (const { runs, after } of parts)
    yield { runs: runs.map(({ text, inputs }) => toRun(ctx, text, inputs)), after };
}

async function* pointMessages(deps: Deps, ctx: HandlerContext, given: GivenMetricExport) {
  const { parts } = await beginMetricExport(deps, ctx, given);
  for await (const { points, after } of parts) yield { parts: columnar(points), after };
}

export type ExportSource = ReturnType<typeof exportSource>;

/** What the byte routes of exports read. */
export const exportSource = (deps: Deps) => ({
  runs: (ctx: HandlerContext, given: GivenRunExport) => beginRunExport(deps, ctx, given),
  metrics: (ctx: HandlerContext, given: GivenMetricExport) => beginMetricExport(deps, ctx, given),
});

/** Points that follow one another and are of one metric of one run, column by column. */
function columnar(points: readonly ExportedPoint[]) {
  const parts: {
    runId: string;
    metricKey: string;
    steps: bigint[];
    timestamps: bigint[];
    values: number[];
  }[] = [];
  for (const { runId, key, step, timestamp, value } of points) {
    let part = parts.at(-1);
    if (part === undefined || part.runId !== runId || part.metricKey !== key) {
      part = { runId, metricKey: key, steps: [], timestamps: [], values: [] };
      parts.push(part);
    }
    part.steps.push(step);
    part.timestamps.push(timestamp);
    part.values.push(value);
  }
  return parts;
}
