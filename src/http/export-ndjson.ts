import type { HandlerContext } from "@connectrpc/connect";
import { RunSchema } from "../../gen/mlflow/service_pb.js";
import type { ExportedPoint, PointPart } from "../services/export-metrics.ts";
import type { RunPart } from "../services/export-runs.ts";
import { toRun } from "../services/run-messages.ts";
import { writeJson } from "./json.ts";

/** A line for each run: MLflow's JSON of it, as in an answer of runs/search. */
export async function* runLines(ctx: HandlerContext, parts: AsyncIterable<RunPart>): AsyncGenerator<string> {
  for await (const { runs } of parts)
    yield runs.map(({ text, inputs }) => `${writeJson(RunSchema, toRun(ctx, text, inputs))}\n`).join("");
}

/** A line for each point: MLflow's JSON of a metric with its run, as in an answer of metrics/get-history-bulk. */
export async function* pointLines(parts: AsyncIterable<PointPart>): AsyncGenerator<string> {
  for await (const { points } of parts) yield points.map(pointLine).join("");
}

function pointLine({ runId, key, step, timestamp, value }: ExportedPoint): string {
  const number = Number.isFinite(value) ? value : `"${value}"`;
  return `{"run_id":"${runId}","key":${JSON.stringify(key)},"value":${number},"timestamp":${timestamp},"step":${step}}\n`;
}
