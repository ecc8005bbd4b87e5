import { type RawBuilder, sql } from "kysely";
import { numberArray, textArray } from "./array-literals.ts";
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

/**
 * What a run has logged: the latest point of each metric, its params and its tags, each by key. Postgres makes the text,
 * which nearly every caller wants: a third of the work for this process.
 */
export interface RunData {
  /** MLflow's JSON of its RunData: int8 are numbers, NaN and infinities strings, empty lists left out. */
  json: string;
  /** The tag `mlflow.runName`. */
  name: string | undefined;
}

/** The tag in which MLflow keeps a run's name: the only place where it is stored. */
export const runNameTag = "mlflow.runName";

// The items of each list, joined by commas. NaN is greater than Infinity to Postgres.
export const metricItems = sql`string_agg(
        '{"key":' || to_json(key)
          || ',"value":' || case when abs(value) < 'Infinity' then value::text else '"' || value || '"' end
          || ',"timestamp":' || "timestamp" || ',"step":' || step || '}',
        ',' order by key)`;
export const textItems = sql`string_agg(
        '{"key":' || to_json(key) || ',"value":' || to_json(value) || '}',
        ',' order by key)`;
export const nameAmong = sql`max(value) filter (where key = ${sql.lit(runNameTag)})`;

/** The JSON of a run's data from the items of its lists. */
export const runDataJson = (
  items: Record<"metrics" | "params" | "tags", string | null | undefined>,
): string =>
  `{${Object.entries(items)
    .flatMap(([name, text]) => (text ? [`"${name}":[${text}]`] : []))
    .join()}}`;

/** Which keys of what runs have logged; all of a kind that is left out. */
export type WantedKeys = { readonly [kind in "metrics" | "params" | "tags"]?: readonly string[] };

/** The data of many runs, by run key. Three queries at once, whatever the number of runs. */
export async function hydrate(
  db: Database,
  project: bigint,
  runKeys: readonly bigint[],
  only: WantedKeys = {},
): Promise<Map<bigint, RunData>> {
  if (runKeys.length === 0) return new Map();
  const among = (keys: readonly string[]) => sql`key = any(${textArray(keys)}::text[])`;
  const of = <Row>(table: string, columns: RawBuilder<Row>, keys?: readonly string[]) =>
    sql<Row & { run_key: bigint }>`
      select run_key, ${columns}
      from ${sql.table(table)}
      where project_id = ${project} and run_key = any(${numberArray(runKeys)}::bigint[])${
        keys === undefined ? sql`` : sql` and ${among(keys)}`
      }
      group by run_key`.execute(db);
  const tagItems = only.tags === undefined ? textItems : sql`${textItems} filter (where ${among(only.tags)})`;
  const [metrics, params, tags] = await Promise.all([
    of("latest_metrics", sql<{ items: string }>`${metricItems} as items`, only.metrics),
    of("params", sql<{ items: string }>`${textItems} as items`, only.params),
    of(
      "tags",
      sql<{ items: string | null; name: string | null }>`${tagItems} as items, ${nameAmong} as name`,
      only.tags && [...only.tags, runNameTag],
    ),
  ]);
  const metricsOf = new Map(metrics.rows.map((row) => [row.run_key, row.items]));
  const paramsOf = new Map(params.rows.map((row) => [row.run_key, row.items]));
  const tagsOf = new Map(tags.rows.map((row) => [row.run_key, row]));
  return new Map(
    runKeys.map((runKey) => {
      const tagged = tagsOf.get(runKey);
      const json = runDataJson({
        metrics: metricsOf.get(runKey),
        params: paramsOf.get(runKey),
        tags: tagged?.items,
      });
      return [runKey, { json, name: tagged?.name ?? undefined }];
    }),
  );
}
