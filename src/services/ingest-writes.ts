import type { HandlerContext } from "@connectrpc/connect";
import type { KeyValue, Producer, RunWrites } from "../../gen/loggia/v1/ingest_pb.js";
import type { MetricSeries } from "../../gen/loggia/v1/metrics_pb.js";
import { invalid, LoggiaError } from "../errors.ts";
import type { Batch } from "../store/log-batch.ts";
import type { MetricPoint } from "../store/run-data.ts";
import { jobNamedBy } from "./calling-job.ts";
import { missing, project } from "./context.ts";
import { runNotFound } from "./ids.ts";
import { checkMetricName, checkParam, checkStorable, checkTag } from "./names.ts";

/** What a request logs to one run, checked; `refused`: why none of it can be stored. */
export interface Writes {
  sequence: bigint;
  batch: Batch;
  refused: LoggiaError | undefined;
}

/** Points, params and tags of one request. */
const mostInRequest = 10_000;

/** @throws INVALID_PARAMETER_VALUE naming the field, as `writes[2].metrics[0].timestamps`. */
export function readWrites(ctx: HandlerContext, sequence: bigint, given: readonly RunWrites[]): Writes[] {
  const count = given.reduce((sum, { metrics, params, tags }) => {
    return metrics.reduce((points, { values }) => points + values.length, sum) + params.length + tags.length;
  }, 0);
  if (count > mostInRequest)
    throw invalid(
      `Invalid value for parameter 'writes': a request takes at most ${mostInRequest} points, params and tags, but has ${count}.`,
    );
  return given.map((writes, i) => readRun(ctx, sequence, writes, `writes[${i}]`));
}

function readRun(
  ctx: HandlerContext,
  sequence: bigint,
  { runId, metrics, params, tags }: RunWrites,
  path: string,
): Writes {
  if (runId === "") throw missing(`${path}.run_id`);
  checkStorable(`${path}.run_id`, runId);
  const points: MetricPoint[] = [];
  for (const [i, series] of metrics.entries()) readSeries(series, `${path}.metrics[${i}]`, points);
  for (const [i, { key, value }] of params.entries())
    within(`${path}.params[${i}]`, () => checkParam(key, value));
  for (const [i, { key, value }] of tags.entries()) within(`${path}.tags[${i}]`, () => checkTag(key, value));
  const { distinct, repeated } = distinctParams(params);
  return {
    sequence,
    batch: {
      project: project(ctx),
      runId,
      metrics: points,
      params: distinct,
      tags: tags.map(({ key, value }) => ({ key, value })),
      job: jobNamedBy(ctx, tags),
    },
    refused: !/^[0-9a-f]{32}$/.test(runId)
      ? runNotFound(runId)
      : repeated === undefined
        ? undefined
        : invalid(`The param '${repeated}' is given twice, with different values.`),
  };
}

function readSeries(
  { key, steps, timestamps, values }: MetricSeries,
  path: string,
  into: MetricPoint[],
): void {
  within(`${path}.key`, () => checkMetricName(key));
  for (const [name, list] of [
    ["steps", steps],
    ["timestamps", timestamps],
  ] as const)
    if (list.length !== values.length)
      throw invalid(
        `Invalid value for parameter '${path}.${name}': it has ${list.length} items, but there are ${values.length} values.`,
      );
  for (let i = 0; i < values.length; i++) {
    const timestamp = timestamps[i] as bigint;
    if (timestamp < 0n)
      throw invalid(
        `Invalid value for parameter '${path}.timestamps[${i}]': it must not be negative, but is ${timestamp}.`,
      );
    into.push({ key, value: values[i] as number, timestamp, step: steps[i] as bigint });
  }
}

/** Says which field a refusal is about. */
function within(path: string, check: () => void): void {
  try {
    check();
  } catch (error) {
    if (!(error instanceof LoggiaError)) throw error;
    throw new LoggiaError(error.code, `Invalid value for parameter '${path}': ${error.message}`);
  }
}

function distinctParams(params: readonly KeyValue[]) {
  const values = new Map<string, string>();
  let repeated: string | undefined;
  for (const { key, value } of params) {
    const known = values.get(key);
    if (known !== undefined && known !== value) repeated = key;
    else values.set(key, value);
  }
  return { distinct: Array.from(values, ([key, value]) => ({ key, value })), repeated };
}

/** @throws INVALID_PARAMETER_VALUE */
export function readProducer(producer: Producer | undefined): { id: string; epoch: bigint } | undefined {
  if (producer === undefined) return undefined;
  const { id, epoch } = producer;
  if (!/^[\x21-\x7e]{1,64}$/.test(id))
    throw invalid(
      "Invalid value for parameter 'producer.id': it must be 1 to 64 visible ASCII characters, as a UUID is.",
    );
  if (epoch < 0n)
    throw invalid(`Invalid value for parameter 'producer.epoch': it must not be negative, but is ${epoch}.`);
  return { id, epoch };
}
