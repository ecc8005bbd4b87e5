import { type RawBuilder, sql } from "kysely";
import { bucketOf, type Cut, cutTable, type Part } from "./metric-parts.ts";

/** Whether a row of metric_buckets lies in its cut and in one bucket of the answer. */
const fits = sql`(
  made.first_step >= cut.first_step and made.last_step <= cut.last_step
  and ${bucketOf(sql`made.first_step`, sql`cut.level`)} = ${bucketOf(sql`made.last_step`, sql`cut.level`)}
)`;

/**
 * The ranges of steps of rows that do not fit, as far as they are in the cut: their points are read one by one. Neighbours
 * are one range; between rows there are no points.
 */
export const unfitRanges = (project: bigint, cuts: readonly Cut[]) => sql<Cut>`
  select cut.n, cut.run_key as "runKey", cut.key, cut.level,
    greatest(unfit.first_step, cut.first_step) as first, least(unfit.last_step, cut.last_step) as last
  from ${cutTable(cuts)}
  cross join lateral (
    select max(first_step) as first_step
    from metric_buckets
    where project_id = ${project} and metric_buckets.run_key = cut.run_key and metric_buckets.key = cut.key
      and metric_buckets.first_step < cut.first_step
  ) as before
  cross join lateral (
    select min(first_step) as first_step, max(last_step) as last_step
    from (
      select made.first_step, made.last_step, ${fits} as fits,
        count(*) filter (where ${fits}) over (order by made.first_step) as fits_before
      from metric_buckets as made
      where made.project_id = ${project} and made.run_key = cut.run_key and made.key = cut.key
        and made.first_step between coalesce(before.first_step, cut.first_step) and cut.last_step
        and made.last_step >= cut.first_step
    ) as made
    where not fits
    group by fits_before
  ) as unfit`;

/** Rows for each bucket of the answer up to which they are sent one by one: to look up the extremes of a bucket takes as long as to send four. */
const few = 4;

/**
 * The parts of the rows that fit: where they are few, a part for each, which whoever asks adds up; else one for each bucket, whose
 * ends and extremes are looked up.
 */
export function partsOfBuckets(project: bigint, cuts: readonly Cut[]) {
  const row = (columns: RawBuilder<unknown>) => sql`
    select ${columns}
    from metric_buckets as made
    where made.project_id = ${project} and made.run_key = cut.run_key and made.key = cut.key`;
  const bucket = bucketOf(sql`made.first_step`, sql`cut.level`);
  const inCut = sql`made.first_step between cut.first_step and cut.last_step`;
  const point = (name: "first" | "last" | "min" | "max") =>
    sql`${sql.ref(`${name}_step`)}, ${sql.ref(`${name}_timestamp`)}, ${sql.ref(`${name}_value`)}`;
  const extreme = (name: "min" | "max") => sql`
    left join lateral (
      ${row(point(name))}
        and made.first_step between whole.first_row and whole.last_row
        and made.${sql.ref(`${name}_value`)} = whole.${sql.ref(`${name}_value`)}
      order by made.first_step
      limit 1
    ) as ${sql.id(name)} on true`;
  return sql<Part>`
    select cut.n, part.*
    from ${cutTable(cuts)}
    cross join lateral (
      select count(*) <= ${few} * (
        ${bucketOf(sql`cut.last_step`, sql`cut.level`)} - ${bucketOf(sql`cut.first_step`, sql`cut.level`)} + 1
      ) as is_few
      from (${row(sql`1`)} and ${inCut}) as made
    ) as size
    cross join lateral (
      (
        ${row(sql`${bucket} as bucket, made.count::bigint as count, made.nan_count::bigint as nan_count,
          ${point("first")}, ${point("last")}, ${point("min")}, ${point("max")}`)}
          and size.is_few and ${inCut} and ${fits}
      )
      union all
      (
        select whole.bucket, whole.count, whole.nan_count, first.*, last.*, "min".*, "max".*
        from (
          ${row(sql`${bucket} as bucket, sum(made.count)::bigint as count, sum(made.nan_count)::bigint as nan_count,
            min(made.min_value) as min_value, max(made.max_value) as max_value,
            min(made.first_step) as first_row, max(made.first_step) as last_row`)}
            and not size.is_few and ${inCut} and ${fits}
          group by 1
        ) as whole
        cross join lateral (${row(point("first"))} and made.first_step = whole.first_row limit 1) as first
        cross join lateral (${row(point("last"))} and made.first_step = whole.last_row limit 1) as last
        ${extreme("min")}
        ${extreme("max")}
      )
    ) as part`;
}
