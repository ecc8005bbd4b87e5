import type { RunStatus } from "../../../gen/mlflow/service_pb.js";
import {
  type Candidate,
  type CandidatesOf,
  type CandidatesPage,
  type Keys,
  parentTag,
  runNameTag,
} from "./candidates.ts";
import { queries } from "./queries.ts";
import type { RunChange } from "./watch.ts";

/** What changes meant for the rows that are there. */
export interface Applied {
  /** Whether runs that no row shows were told of with their fields: new ones, moved or restored ones. */
  hasUnknown: boolean;
  /** Whether any of those has a parent. */
  hasUnknownChild: boolean;
  /** What was logged under keys that no column can have yet. */
  newColumns: readonly string[];
  /** Metrics, params and tags (`metrics.loss`) and attributes whose values changed in rows. */
  changed: ReadonlySet<string>;
}

/** Puts what changed into the rows of an experiment that the pages have, each in its place. Rows without a change stay the same objects. */
export function applyChanges(
  project: string,
  experiment: string,
  changes: readonly RunChange[],
  known: Keys | undefined,
): Applied {
  const byRun = Map.groupBy(changes, ({ runId }) => runId);
  const found = new Set<string>();
  const changed = new Set<string>();
  for (const query of queries.getQueryCache().findAll({ queryKey: ["candidates", project, experiment] })) {
    const data = query.state.data as CandidatesPage | readonly Candidate[] | undefined;
    const keys = keysOf(query.queryKey);
    const rows = Array.isArray(data) ? data : data && "rows" in data ? data.rows : undefined;
    if (rows === undefined || keys === undefined) continue;
    let isChanged = false;
    const next = rows.map((row: Candidate) => {
      const told = byRun.get(row.id);
      if (told === undefined) return row;
      found.add(row.id);
      const one = told.reduce((before, change) => withChange(before, change, keys, changed), row);
      isChanged ||= one !== row;
      return one;
    });
    if (isChanged) queries.setQueryData(query.queryKey, Array.isArray(data) ? next : { ...data, rows: next });
  }
  const unknown = changes.filter(
    ({ runId, info, purged }) => (info !== undefined || purged) && !found.has(runId),
  );
  return {
    hasUnknown: unknown.length > 0,
    hasUnknownChild: unknown.some(({ tags }) => tags?.tags.some(({ key }) => key === parentTag)),
    newColumns: known === undefined ? [] : newColumns(changes, known),
    changed,
  };
}

function newColumns(changes: readonly RunChange[], known: Keys): string[] {
  const of = (kind: keyof Keys, told: readonly { key?: string }[]) =>
    told.filter(({ key = "" }) => !known[kind].includes(key)).map(({ key }) => `${kind}.${key}`);
  return changes.flatMap(({ latestMetrics, params, tags }) => [
    ...of("metrics", latestMetrics),
    ...of("params", params),
    ...of("tags", tags?.tags ?? []),
  ]);
}

/** The keys that the rows of a query have: of a page (`candidatesQuery`) or of children (`childrenQuery`). */
function keysOf(queryKey: readonly unknown[]): Keys | undefined {
  if (queryKey[3] === "children") return queryKey[6] as Keys;
  return typeof queryKey[3] === "object" ? (queryKey[3] as CandidatesOf).keys : undefined;
}

/** A row with what a change says; the same row when it says nothing new. */
function withChange(row: Candidate, change: RunChange, keys: Keys, changed: Set<string>): Candidate {
  const { info, tags, purged } = change;
  let next = row;
  const put = <Field extends keyof Candidate>(field: Field, value: Candidate[Field], column: string) => {
    if (next[field] === value) return;
    next = { ...next, [field]: value };
    changed.add(column);
  };
  if (info !== undefined) {
    put("status", statuses[info.status ?? 1] ?? row.status, "status");
    put("user", info.userId ?? "", "user");
    if (info.startTime) put("startedAt", Number(info.startTime), "created");
    if (info.endTime) put("endedAt", Number(info.endTime), "ended");
  }
  if (info !== undefined || purged)
    put("stage", purged || info?.lifecycleStage === "deleted" ? "deleted" : "active", "stage");
  const merge = <T>(
    field: "metrics" | "params" | "tags",
    told: readonly { key?: string; value?: T }[],
    absent: T,
  ) => {
    const before = next[field] as ReadonlyMap<string, T>;
    // Of keys that were not asked for, a row knows nothing.
    const news = told.filter(
      ({ key = "", value = absent }) =>
        (before.has(key) || keys[field].includes(key)) && !Object.is(before.get(key), value),
    );
    if (news.length === 0) return;
    const entries = news.map(({ key = "", value = absent }): [string, T] => [key, value]);
    next = { ...next, [field]: new Map([...before, ...entries]) };
    for (const [key] of entries) changed.add(`${field}.${key}`);
  };
  merge("metrics", change.latestMetrics, 0);
  merge("params", change.params, "");
  if (tags !== undefined) {
    merge("tags", tags.tags, "");
    const told = new Map(tags.tags.map(({ key = "", value = "" }) => [key, value]));
    put("name", told.get(runNameTag) ?? "", "name");
    const left = [...next.tags].filter(([key]) => told.has(key));
    if (left.length < next.tags.size) put("tags", new Map(left), "tags");
  }
  return next;
}

/** By their numbers. Not the enum itself, which comes with all that describes MLflow's service. */
const statuses: Record<RunStatus, keyof typeof RunStatus> = {
  1: "RUNNING",
  2: "SCHEDULED",
  3: "FINISHED",
  4: "FAILED",
  5: "KILLED",
};
