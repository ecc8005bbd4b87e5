import { decodePart, type Search } from "../../address.ts";
import { byName } from "../../format/by-name.ts";
import { comparedRuns } from "./compared-runs.ts";

export { mostRuns } from "./compared-runs.ts";

export type Best = "least" | "greatest";

/** What the address says of a comparison; charts have their own parts of it. */
export interface Comparison {
  /** Run ids, each once. */
  runs: readonly string[];
  isDifferent: boolean;
  /** A part of the keys. */
  find: string;
  /** Which value of a metric is the best, where it is not what its name lets expect. */
  best: ReadonlyMap<string, Best>;
}

export function parseComparison(search: Partial<Search>): Comparison {
  return {
    runs: comparedRuns(search),
    isDifferent: search.differ === "yes",
    find: search.key ?? "",
    best: new Map(
      (search.best ?? "").split(",").flatMap((part): [string, Best][] => {
        const [, key = "", best] = /^(.+):(least|greatest)$/.exec(part) ?? [];
        return best === undefined ? [] : [[decodePart(key), best as Best]];
      }),
    ),
  };
}

export function printComparison(change: Partial<Comparison>): Search {
  const search: Search = {};
  if (change.runs !== undefined) search.runs = change.runs.join(",");
  if (change.isDifferent !== undefined) search.differ = change.isDifferent ? "yes" : "";
  if (change.find !== undefined) search.key = change.find;
  if (change.best !== undefined)
    search.best = [...change.best].map(([key, best]) => `${encodeURIComponent(key)}:${best}`).join(",");
  return search;
}

/** What one key has in each run; undefined where a run does not have it. */
export interface Row<T> {
  key: string;
  values: readonly (T | undefined)[];
  /** Whether the runs do not all have the same. */
  isDifferent: boolean;
}

/** A row for each key of any run, by key. */
export function rowsOf<T>(runs: readonly ReadonlyMap<string, T>[]): Row<T>[] {
  const keys = new Set(runs.flatMap((run) => [...run.keys()]));
  return [...keys].sort(byName).map((key) => {
    const values = runs.map((run) => run.get(key));
    return { key, values, isDifferent: values.some((value) => !Object.is(value, values[0])) };
  });
}

const lessIsBetter =
  /(^|[^a-z])(loss|err(or)?s?|r?mse|mae|mape|perplexity|ppl|latency|time|seconds|duration|fpr|fnr|wer|cer)([^a-z]|$)/i;

/** Which value of a metric is usually the best, by its name: `val_loss` the least, `accuracy` the greatest. */
export const usualBest = (key: string): Best => (lessIsBetter.test(key) ? "least" : "greatest");

/** Where the best value stands: of all that are equal. Nothing is best where there is one value, or all are equal. */
export function bestOf(values: readonly (number | undefined)[], best: Best): ReadonlySet<number> {
  const known = values.filter((value) => value !== undefined && !Number.isNaN(value)) as number[];
  if (known.length < 2 || known.every((value) => value === known[0])) return new Set();
  const wanted = known.reduce((a, b) => (best === "least" ? Math.min(a, b) : Math.max(a, b)));
  return new Set(values.flatMap((value, at) => (value === wanted ? [at] : [])));
}
