/** The parts of the statement of log-batch.ts that write metrics: CTEs that follow `writable`, the batches to be written. */
import { sql } from "kysely";
import { bigintArray, doubleArray, intArray } from "./array-bytes.ts";
import { textArray } from "./array-literals.ts";
import type { MetricPoint } from "./run-data.ts";

/** All items of one kind in a group, and beside each the place of its batch, from 1. */
export interface Items<Item> {
  places: number[];
  items: Item[];
}

/** The points of the batches that may be written, with their runs. */
export const pointPart = ({ places, items }: Items<MetricPoint>) => sql`
  point as materialized (
    select project_id, run_key, experiment_id, key collate "C" as key, step, "timestamp", value
    from unnest(
      ${intArray(places)}::int[],
      ${textArray(items.map((item) => item.key))}::text[],
      ${bigintArray(items.map((item) => item.step))}::bigint[],
      ${bigintArray(items.map((item) => item.timestamp))}::bigint[],
      ${doubleArray(items.map((item) => item.value))}::float8[]
    ) as given (n, key, step, "timestamp", value)
    join writable using (n)
  )`;

/**
 * Stores the points that are not there. ON CONFLICT looks for each of them first, and confirms each afterwards. A point
 * beyond the latest of its series cannot be there, so where a series has many points, that is asked first. When a writer at the
 * same moment stores the same point, group-commit.ts writes the members of the group again, one by one.
 */
export const historyParts = (batches: readonly (readonly MetricPoint[])[]) =>
  batches.every(isDense) ? [knownPart, newPart] : [eachPart];

/** Points of a series from which on it is cheaper to look up the latest of each series than every point. */
const manyPoints = 8;

const isDense = (metrics: readonly MetricPoint[]) =>
  metrics.length >= manyPoints && metrics.length >= manyPoints * new Set(metrics.map(({ key }) => key)).size;

const eachPart = sql`
  history as (
    insert into metrics (project_id, run_key, key, step, "timestamp", value)
    select project_id, run_key, key, step, "timestamp", value
    from point
    order by project_id, run_key, key, step, "timestamp", value
    on conflict do nothing
  )`;

const knownPart = sql`
  known as materialized (
    select series.*, last_step, last_timestamp, last_value
    from (select distinct project_id, run_key, key from point) as series
    left join lateral (
      select step as last_step, "timestamp" as last_timestamp, value as last_value
      from latest_metrics
      where latest_metrics.project_id = series.project_id and latest_metrics.run_key = series.run_key
        and latest_metrics.key = series.key
      limit 1
    ) as latest on true
  )`;

// A scalar subquery and not EXISTS, for which Postgres might build the set of all points.
const newPart = sql`
  history as (
    insert into metrics (project_id, run_key, key, step, "timestamp", value)
    select distinct project_id, run_key, key, step, "timestamp", value
    from point
    join known using (project_id, run_key, key)
    where (step, "timestamp", value) > (last_step, last_timestamp, last_value)
      or (
        select true
        from metrics
        where metrics.project_id = point.project_id and metrics.run_key = point.run_key and metrics.key = point.key
          and metrics.step = point.step and metrics."timestamp" = point."timestamp" and metrics.value = point.value
      ) is null
    order by project_id, run_key, key, step, "timestamp", value
  )`;

/** Keeps the greatest point of each series; what becomes of `settled_value` is told in settled-metrics.ts. */
export const latestPart = sql`
  latest as (
    insert into latest_metrics (project_id, run_key, key, experiment_id, step, "timestamp", value, settled_value)
    select distinct on (project_id, run_key, key)
      project_id, run_key, key, experiment_id, step, "timestamp", value, value
    from point
    order by project_id, run_key, key, step desc, "timestamp" desc, value desc
    on conflict (project_id, run_key, key) do update
    set step = excluded.step, "timestamp" = excluded."timestamp", value = excluded.value, settled_value = null
    where (excluded.step, excluded."timestamp", excluded.value)
      > (latest_metrics.step, latest_metrics."timestamp", latest_metrics.value)
  )`;

/** Tells metric-rollups.ts of points at steps that may be in buckets already. */
export const latePart = sql`
  late as (
    insert into late_metrics (project_id, run_key, key, first_step, last_step)
    select project_id, run_key, key, first_step, least(last_step, announced - 1)
    from (
      select project_id, run_key, key, min(step) as first_step, max(step) as last_step
      from point
      group by project_id, run_key, key
    ) as series
    cross join lateral (
      select announced
      from metric_rollups
      where metric_rollups.project_id = series.project_id and metric_rollups.run_key = series.run_key
        and metric_rollups.key = series.key
      limit 1
    ) as rollup
    where first_step < announced
  )`;
