import { type SqlBool, sql } from "kysely";
import { numberArray } from "./array-literals.ts";
import type { Database } from "./database.ts";

/** A logged value of a metric: `timestamp` in milliseconds since the epoch; `value` may be NaN or ±Infinity. */
export interface MetricPoint {
  key: string;
  value: number;
  timestamp: bigint;
  step: bigint;
}

export interface KeyValue {
  key: string;
  value: string;
}

/** What a run has logged: the latest point of each metric, its params and its tags, each by key. */
export interface RunData {
  metrics: MetricPoint[];
  params: KeyValue[];
  tags: KeyValue[];
}

/** The data of many runs, by run key; a run that logged nothing has empty lists. Three queries at once, whatever the number of runs. */
export async function hydrate(
  db: Database,
  project: bigint,
  runKeys: readonly bigint[],
): Promise<Map<bigint, RunData>> {
  const data = new Map<bigint, RunData>(
    runKeys.map((runKey) => [runKey, { metrics: [], params: [], tags: [] }]),
  );
  if (data.size === 0) return data;
  const wanted = sql<SqlBool>`run_key = any(${numberArray(runKeys)}::bigint[])`;
  const [metrics, params, tags] = await Promise.all([
    db
      .selectFrom("latest_metrics")
      .select(["run_key", "key", "value", "timestamp", "step"])
      .where("project_id", "=", project)
      .where(wanted)
      .orderBy("run_key")
      .orderBy("key")
      .execute(),
    db
      .selectFrom("params")
      .select(["run_key", "key", "value"])
      .where("project_id", "=", project)
      .where(wanted)
      .orderBy("run_key")
      .orderBy("key")
      .execute(),
    db
      .selectFrom("tags")
      .select(["run_key", "key", "value"])
      .where("project_id", "=", project)
      .where(wanted)
      .orderBy("run_key")
      .orderBy("key")
      .execute(),
  ]);
  for (const row of metrics) data.get(row.run_key)?.metrics.push(row);
  for (const row of params) data.get(row.run_key)?.params.push(row);
  for (const row of tags) data.get(row.run_key)?.tags.push(row);
  return data;
}
