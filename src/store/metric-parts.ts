import { type RawBuilder, sql } from "kysely";
import { numberArray, textArray } from "./array-literals.ts";

/** What divides points into buckets: their steps or, where all are of one step, their timestamps. */
export type Axis = "step" | "timestamp";

/** A range of a series, to be divided into buckets of 2^level steps, or milliseconds. */
export interface Cut {
  /** What the caller knows the series by. */
  n: number;
  runKey: bigint;
  key: string;
  /** 0 to 64. */
  level: number;
  /** Steps, both inclusive. */
  first: bigint;
  last: bigint;
}

/** What is known of the points of one bucket that lie in one cut. `min` and `max` are null when every value is NaN. */
export interface Part {
  n: number;
  bucket: bigint;
  count: bigint;
  nan_count: bigint;
  first_step: bigint;
  first_timestamp: bigint;
  first_value: number;
  last_step: bigint;
  last_timestamp: bigint;
  last_value: number;
  min_step: bigint | null;
  min_timestamp: bigint | null;
  min_value: number | null;
  max_step: bigint | null;
  max_timestamp: bigint | null;
  max_value: number | null;
}

/** The bucket of a place on the axis: `>>` takes 63 bits at most, and rounds down. */
export const bucketOf = (place: RawBuilder<unknown>, level: RawBuilder<unknown>) =>
  sql<bigint>`case when ${level} < 64 then ${place} >> ${level} else 0 end`;

/** The cuts as a table `cut (n, run_key, key, level, first_step, last_step)`. */
export const cutTable = (cuts: readonly Cut[]) => sql`
  unnest(
    ${numberArray(cuts.map((cut) => cut.n))}::int[],
    ${numberArray(cuts.map((cut) => cut.runKey))}::bigint[],
    ${textArray(cuts.map((cut) => cut.key))}::text[],
    ${numberArray(cuts.map((cut) => cut.level))}::int[],
    ${numberArray(cuts.map((cut) => cut.first))}::bigint[],
    ${numberArray(cuts.map((cut) => cut.last))}::bigint[]
  ) as cut (n, run_key, key, level, first_step, last_step)`;

/**
 * The parts of the points in `cuts`. The extremes are found by their values alone in one pass; where they are, by a walk
 * through each bucket that ends at the first hit. Both read the index only.
 */
export function partsOfPoints(project: bigint, cuts: readonly Cut[], axis: Axis = "step"): RawBuilder<Part> {
  const place = sql`points.${sql.ref(axis)}`;
  const points = sql`
    from metrics as points
    where points.project_id = ${project} and points.run_key = cut.run_key and points.key = cut.key
      and ${axis === "step" ? sql`points.step between cut.first_step and cut.last_step` : sql`points.step = cut.first_step`}`;
  const extreme = (name: "min" | "max") => sql`
    left join lateral (
      select points.step, points."timestamp", points.value ${points}
        and ${place} between whole.first_place and whole.last_place
        and points.value = ${sql.ref(`whole.${name}_value`)}
      order by points.step, points."timestamp", points.value
      limit 1
    ) as ${sql.id(name)} on true`;
  return sql<Part>`
    select cut.n, whole.bucket, whole.count, whole.nan_count,
      first.step as first_step, first."timestamp" as first_timestamp, first.value as first_value,
      last.step as last_step, last."timestamp" as last_timestamp, last.value as last_value,
      min.step as min_step, min."timestamp" as min_timestamp, min.value as min_value,
      max.step as max_step, max."timestamp" as max_timestamp, max.value as max_value
    from ${cutTable(cuts)}
    cross join lateral (
      select ${bucketOf(place, sql`cut.level`)} as bucket,
        count(*) as count, count(*) filter (where points.value = 'NaN') as nan_count,
        min(nullif(points.value, 'NaN')) as min_value, max(nullif(points.value, 'NaN')) as max_value,
        min(${place}) as first_place, max(${place}) as last_place
      ${points}
      group by 1
    ) as whole
    cross join lateral (
      select points.step, points."timestamp", points.value ${points} and ${place} = whole.first_place
      order by points.step, points."timestamp", points.value
      limit 1
    ) as first
    cross join lateral (
      select points.step, points."timestamp", points.value ${points} and ${place} = whole.last_place
      order by points.step desc, points."timestamp" desc, points.value desc
      limit 1
    ) as last
    ${extreme("min")}
    ${extreme("max")}`;
}
