import type { ServiceImpl } from "@connectrpc/connect";
import type { Metric, MlflowService, Param, RunTag } from "../../gen/mlflow/service_pb.js";
import { invalid } from "../errors.ts";
import { logBatch as store } from "../store/log-batch.ts";
import type { KeyValue, MetricPoint } from "../store/run-data.ts";
import { jobNamedBy } from "./calling-job.ts";
import { project, required } from "./context.ts";
import type { Deps } from "./deps.ts";
import { runKeyText } from "./ids.ts";
import { checkLogged } from "./log-outcome.ts";
import { existingModels } from "./logged-model-metrics.ts";
import { checkMetric } from "./metric-values.ts";
import { checkParam, checkTag } from "./names.ts";
import { pythonFloat, pythonString } from "./python-text.ts";
import { allowPoints } from "./quotas.ts";

/** Metrics, params and tags of one run in one request: all or nothing. Behaviour.md §8; checks are in its order. */
export const logBatch = ({ db }: Deps) =>
  ({
    async logBatch(req, ctx) {
      const id = required(req, "run_id");
      checkComplete("metrics", req.metrics, ["key", "value", "timestamp", "step"]);
      checkComplete("params", req.params, ["key"]);
      checkComplete("tags", req.tags, ["key"]);
      if (!/^[a-zA-Z0-9][\p{L}\p{N}_-]{0,255}$/u.test(id)) throw invalid(`Invalid run ID: '${id}'`);
      const metrics = req.metrics.map(toPoint);
      const params = req.params.map(toKeyValue);
      const tags = req.tags.map(toKeyValue);
      for (const metric of metrics) checkMetric(metric);
      for (const { key, value } of params) checkParam(key, value);
      for (const { key, value } of tags) checkTag(key, value);
      checkCount("metrics", metrics.length, 1000);
      checkCount("params", params.length, 100);
      checkCount("tags", tags.length, 100);
      checkCount("metrics, params, and tags", metrics.length + params.length + tags.length, 1000);
      checkDistinct(params);
      await allowPoints(db, project(ctx), metrics.length);
      const modelMetrics = await existingModels(db, project(ctx), req.metrics);
      const outcome = await store(db, {
        project: project(ctx),
        runId: runKeyText(id),
        metrics,
        params,
        tags,
        job: jobNamedBy(ctx, tags),
        ...modelMetrics,
      });
      checkLogged(id, outcome, (stored) => changedParams(id, params, stored));
      return {};
    },
  }) satisfies Partial<ServiceImpl<typeof MlflowService>>;

const toPoint = ({ key, value, timestamp, step }: Metric): MetricPoint => ({ key, value, timestamp, step });

const toKeyValue = ({ key, value }: Param | RunTag): KeyValue => ({ key, value });

/** What MLflow calls an invalid list: an item without one of `fields`, or with an empty key. */
function checkComplete<Item extends Metric | Param | RunTag>(
  parameter: string,
  items: readonly Item[],
  fields: readonly (keyof Item & string)[],
): void {
  for (const item of items)
    for (const field of fields)
      if (!Object.hasOwn(item, field) || item[field] === "")
        throw invalid(
          `Invalid value ${pythonList(items)} for parameter '${parameter}' supplied. Hint: Value was of type 'list'. See the API docs for more information about request parameters.`,
        );
}

const longestQuote = 2000;

function pythonList(items: readonly object[]): string {
  let text = "";
  for (const item of items) {
    const members = ["key", "value", "timestamp", "step"].filter((name) => name in item);
    const shown = members.map((name) => `'${name}': ${pythonValue(ownValue(item, name))}`);
    text += `${text === "" ? "" : ", "}{${shown.join(", ")}}`;
    if (text.length > longestQuote) return `[${text.slice(0, longestQuote).toWellFormed()}…]`;
  }
  return `[${text}]`;
}

const ownValue = (item: object, name: string): unknown =>
  Object.hasOwn(item, name) ? item[name as keyof typeof item] : undefined;

function pythonValue(value: unknown): string {
  if (typeof value === "string") return pythonString(value);
  // Whether 1 or 1.0 was sent is not known any more.
  if (typeof value === "number") return Number.isInteger(value) ? String(value) : pythonFloat(value);
  return value === undefined ? "None" : String(value);
}

function checkCount(what: string, count: number, most: number): void {
  if (count > most)
    throw invalid(
      `A batch logging request can contain at most ${most} ${what}. Got ${count} ${what}. Please split up ${what} across multiple requests and try again.`,
    );
}

function checkDistinct(params: readonly KeyValue[]): void {
  const seen = new Set<string>();
  const repeated = params.filter(({ key }) => seen.size === seen.add(key).size).map(({ key }) => key);
  if (repeated.length > 0)
    throw invalid(
      `Duplicate parameter keys have been submitted: [${repeated.map(pythonString).join(", ")}]. Please ensure the request contains only one param value per param key.`,
    );
}

function changedParams(runId: string, params: readonly KeyValue[], stored: Record<string, string>): string {
  const changes = params
    .map(({ key, value }) => ({ key, value, old: Object.hasOwn(stored, key) ? stored[key] : undefined }))
    .filter(({ value, old }) => value !== old)
    .map(
      ({ key, value, old }) =>
        `{'key': ${pythonString(key)}, 'old_value': ${old === undefined ? "None" : pythonString(old)}, 'new_value': ${pythonString(value)}}`,
    );
  return `Changing param values is not allowed. Params were already logged='[${changes.join(", ")}]' for run ID='${runId}'.`;
}
