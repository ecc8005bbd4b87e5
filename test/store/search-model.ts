/** What a search must find, said as plainly as possible: filter an array, sort it, cut it into pages. */

import type { RunCondition, RunOrder } from "../../src/search/ast.ts";
import type { ExperimentStage, ModelRun } from "./search-data.ts";

export interface ModelQuery {
  experiments: readonly bigint[];
  stage?: ExperimentStage;
  conditions: readonly RunCondition[];
  orders: readonly RunOrder[];
}

/** The ids of the runs that a search must find, in order. */
export function expected(runs: readonly ModelRun[], query: ModelQuery): string[] {
  return runs
    .filter((run) => query.experiments.includes(run.experiment))
    .filter((run) => query.stage === undefined || run.stage === query.stage)
    .filter((run) => query.conditions.every((condition) => holds(run, condition)))
    .sort((a, b) => {
      for (const order of query.orders) {
        const difference = byValue(valueAt(a, order), valueAt(b, order), order.ascending);
        if (difference !== 0) return difference;
      }
      return Number(b.startTime - a.startTime) || (a.id < b.id ? -1 : 1);
    })
    .map((run) => run.id);
}

type Value = number | bigint | string | undefined;

function valueAt(run: ModelRun, at: { kind: string; key: string }): Value {
  switch (at.kind) {
    case "metric":
      return run.metrics[at.key];
    case "param":
      return run.params[at.key];
    case "tag":
      return run.tags[at.key];
  }
  switch (at.key) {
    case "start_time":
      return run.startTime;
    case "end_time":
      return run.endTime;
    case "duration":
      return run.endTime === undefined ? undefined : Number(run.endTime) - Number(run.startTime);
    case "status":
      return run.status;
    case "user_id":
      return run.user;
    case "run_id":
      return run.id;
    case "artifact_uri":
      return `mlflow-artifacts:/${run.experiment}/${run.id}/artifacts`;
    case "run_name":
      return run.tags["mlflow.runName"];
    default:
      throw new Error(`the model has no ${at.key}`);
  }
}

/** Numbers, then NaN, then nothing: in both directions. */
function byValue(a: Value, b: Value, ascending: boolean): number {
  const rank = (value: Value) => (value === undefined ? 2 : Number.isNaN(value) ? 1 : 0);
  if (rank(a) !== rank(b) || rank(a) > 0) return rank(a) - rank(b);
  const difference = compare(a, b);
  return ascending ? difference : -difference;
}

function compare(a: Value, b: Value): number {
  if (typeof a === "string" && typeof b === "string") return Buffer.compare(Buffer.from(a), Buffer.from(b));
  if (a === undefined || b === undefined) throw new Error("unreachable");
  return a < b ? -1 : a > b ? 1 : 0;
}

function holds(run: ModelRun, condition: RunCondition): boolean {
  const value = valueAt(run, condition);
  if (condition.op === "IS NULL") return value === undefined;
  if (value === undefined) return false;
  if (!("value" in condition) && !("values" in condition)) return true;
  switch (condition.op) {
    case "IN":
    case "NOT IN":
      return condition.values.includes(String(value)) === (condition.op === "IN");
    case "LIKE":
      return like(String(value), condition.value);
    case "ILIKE":
      return like(String(value).toLowerCase(), condition.value.toLowerCase());
    case "=":
      return same(value, condition.value);
    case "!=":
      return !same(value, condition.value);
    default:
      return !Number.isNaN(value) && comparisons[condition.op](compare(value, condition.value));
  }
}

const comparisons = {
  "<": (difference: number) => difference < 0,
  "<=": (difference: number) => difference <= 0,
  ">": (difference: number) => difference > 0,
  ">=": (difference: number) => difference >= 0,
};

/** A duration is a number that is asked for by a bigint. */
// biome-ignore lint/suspicious/noDoubleEquals: a bigint equals the number that it is
const same = (a: Value, b: Value) => (typeof b === "bigint" ? a == b : a === b);

/** `%` is any text, `_` any one character, `\` makes the next one ordinary. */
export function like(text: string, pattern: string): boolean {
  const parts = pattern.match(/\\[\s\S]|[\s\S]/gu) ?? [];
  const source = parts.map((part) => {
    if (part === "%") return "[\\s\\S]*";
    if (part === "_") return "[\\s\\S]";
    const plain = part.length > 1 && part.startsWith("\\") ? part.slice(1) : part;
    return plain.replace(/[\\^$.*+?()[\]{}|/-]/g, "\\$&");
  });
  return new RegExp(`^${source.join("")}$`, "u").test(text);
}
