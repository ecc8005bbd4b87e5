import { sql } from "kysely";
import { textArray } from "./array-literals.ts";
import type { Database } from "./database.ts";
import { type Axis, bucketOf, type Cut, cutTable, type Part, partsOfPoints } from "./metric-parts.ts";

export interface SampleQuery {
  project: bigint;
  /** 32 lower-case hex digits each; runs that do not exist have no points. */
  runIds: readonly string[];
  keys: readonly string[];
  /** Steps, both inclusive. */
  from: bigint;
  to: bigint;
  /** Buckets at most, for each history; at least 1. */
  buckets: number;
}

export interface Point {
  step: bigint;
  timestamp: bigint;
  value: number;
}

/** `min` and `max` are the earliest points of these values; undefined when every value is NaN. */
export interface Bucket {
  first: Point;
  last: Point;
  min: Point | undefined;
  max: Point | undefined;
  count: bigint;
  nanCount: bigint;
}

/** The history of one metric of one run: its points, when there are no more than buckets were asked for, else buckets. */
export interface Sample {
  /** As Postgres prints a uuid. */
  runId: string;
  runKey: bigint;
  key: string;
  content: { points: Point[] } | { buckets: Bucket[] };
  /** How many points were read one by one though they could be in buckets (metric-rollups.ts). */
  unrolled: number;
}

/**
 * Samples of many histories, without those that have no points, in one state of the database. A bucket spans 2^n steps from
 * a multiple of 2^n, with the least n that makes them few enough; where all points are of one step, it spans timestamps.
 */
export function sampleHistories(db: Database, query: SampleQuery): Promise<Sample[]> {
  return db
    .transaction()
    .setIsolationLevel("repeatable read")
    .setAccessMode("read only")
    .execute(async (tx) => {
      const all = await extents(tx, query);
      const isSmall = (extent: Extent) => extent.points <= query.buckets;
      const points = await readPoints(tx, query, all.filter(isSmall));
      const buckets = await readBuckets(
        tx,
        query,
        all.filter((extent) => !isSmall(extent)),
      );
      return all.map(({ n, run_id, run_key, key }) => {
        const found = buckets.get(n);
        return {
          runId: run_id,
          runKey: run_key,
          key,
          content: found === undefined ? { points: points.get(n) ?? [] } : { buckets: found.buckets },
          unrolled: found?.unrolled ?? 0,
        };
      });
    });
}

/** What there is of one series in the range. */
interface Extent {
  n: number;
  run_id: string;
  run_key: bigint;
  key: string;
  first_step: bigint;
  last_step: bigint;
  /** How many, up to one more than the buckets. */
  points: number;
  /** Steps below it are in buckets; null: none are. */
  rolled: bigint | null;
}

async function extents(tx: Database, { project, runIds, keys, from, to, buckets }: SampleQuery) {
  const points = sql`
    from metrics
    where metrics.project_id = ${project} and metrics.run_key = run.run_key and metrics.key = wanted.key
      and step between ${from} and ${to}`;
  const { rows } = await sql<Extent>`
    select row_number() over (order by run.n, wanted.n)::int as n,
      run.run_id, run.run_key, wanted.key, first.step as first_step, last.step as last_step,
      (select count(*)::int from (select ${points} limit ${buckets + 1}) as few) as points,
      (
        select rolled from metric_rollups
        where project_id = ${project} and metric_rollups.run_key = run.run_key and metric_rollups.key = wanted.key
      ) as rolled
    from (
      select given.n, run_id, run_key
      from unnest(${textArray(runIds)}::uuid[]) with ordinality as given (id, n)
      cross join lateral (
        select run_id, run_key from runs where project_id = ${project} and run_id = given.id limit 1
      ) as found
    ) as run
    cross join unnest(${textArray(keys)}::text[]) with ordinality as wanted (key, n)
    cross join lateral (select step ${points} order by step, "timestamp", value limit 1) as first
    cross join lateral (select step ${points} order by step desc, "timestamp" desc, value desc limit 1) as last
    order by n`.execute(tx);
  return rows;
}

async function readPoints(tx: Database, { project, from, to }: SampleQuery, of: readonly Extent[]) {
  const found = new Map<number, Point[]>();
  if (of.length === 0) return found;
  const cuts = of.map((extent) => cutOf(extent, 0, { first: from, last: to }));
  const { rows } = await sql<Point & { n: number }>`
    select cut.n, point.*
    from ${cutTable(cuts)}
    cross join lateral (
      select step, "timestamp", value
      from metrics
      where metrics.project_id = ${project} and metrics.run_key = cut.run_key and metrics.key = cut.key
        and step between cut.first_step and cut.last_step
    ) as point
    order by cut.n, step, "timestamp", value`.execute(tx);
  for (const { n, ...point } of rows) {
    const points = found.get(n);
    if (points === undefined) found.set(n, [point]);
    else points.push(point);
  }
  return found;
}

interface Sampled {
  buckets: Bucket[];
  unrolled: number;
}

/** The buckets of series that have several points, by `n`. */
async function readBuckets(
  tx: Database,
  { project, buckets }: SampleQuery,
  of: readonly Extent[],
): Promise<Map<number, Sampled>> {
  const sampled = new Map(of.map(({ n }) => [n, { buckets: new Map<bigint, Bucket>(), unrolled: 0 }]));
  const read = async (axis: Axis, cuts: readonly Cut[], isUnrolled: boolean) => {
    if (cuts.length === 0) return;
    const { rows } = await partsOfPoints(project, cuts, axis).execute(tx);
    for (const part of rows) {
      const series = sampled.get(part.n);
      if (series === undefined) continue;
      merge(series.buckets, part);
      if (isUnrolled) series.unrolled += Number(part.count);
    }
  };
  await read("timestamp", await timeCuts(tx, project, buckets, of.filter(isOneStep)), false);
  const { rolled, unrolled } = await stepCuts(
    tx,
    project,
    buckets,
    of.filter((extent) => !isOneStep(extent)),
  );
  await read("step", unrolled, true);
  if (rolled.length > 0) {
    for (const part of (await partsOfBuckets(project, rolled).execute(tx)).rows) {
      const series = sampled.get(part.n);
      if (series !== undefined) merge(series.buckets, part);
    }
    await read("step", (await unfitRanges(project, rolled).execute(tx)).rows, false);
  }
  return new Map(
    [...sampled].map(([n, { buckets, unrolled }]) => [
      n,
      {
        buckets: [...buckets].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([, bucket]) => bucket),
        unrolled,
      },
    ]),
  );
}

const isOneStep = ({ first_step, last_step }: Extent) => first_step === last_step;

const cutOf = ({ n, run_key, key }: Extent, level: number, { first, last }: Steps): Cut => ({
  n,
  runKey: run_key,
  key,
  level,
  first,
  last,
});

/** Both inclusive. */
interface Steps {
  first: bigint;
  last: bigint;
}

/** The least n for which at most `most` buckets of 2^n cover a range: below 64, unless one is to cover both signs. */
function levelOf(first: bigint, last: bigint, most: number): number {
  for (let level = 0; level < 64; level++)
    if ((last >> BigInt(level)) - (first >> BigInt(level)) < most) return level;
  return 64;
}

/** For series with points of one step only. */
async function timeCuts(tx: Database, project: bigint, most: number, of: readonly Extent[]): Promise<Cut[]> {
  if (of.length === 0) return [];
  const { rows } = await sql<{ n: number; first: bigint; last: bigint }>`
    select cut.n, min("timestamp") as first, max("timestamp") as last
    from ${cutTable(of.map((extent) => cutOf(extent, 0, { first: extent.first_step, last: extent.last_step })))}
    join metrics
      on metrics.project_id = ${project} and metrics.run_key = cut.run_key and metrics.key = cut.key
        and step = cut.first_step
    group by cut.n`.execute(tx);
  const levels = new Map(rows.map(({ n, first, last }) => [n, levelOf(first, last, most)]));
  return of.map((extent) =>
    cutOf(extent, levels.get(extent.n) ?? 0, { first: extent.first_step, last: extent.last_step }),
  );
}

/** Divides the ranges of series into what buckets were made of, up to late points, and what they were not. */
async function stepCuts(tx: Database, project: bigint, most: number, of: readonly Extent[]) {
  const rolled: Cut[] = [];
  const unrolled: Cut[] = [];
  const late = await lateSteps(tx, project, of);
  for (const extent of of) {
    const level = levelOf(extent.first_step, extent.last_step, most);
    let from = extent.first_step;
    for (const { first, last } of late.get(extent.n) ?? []) {
      if (first > from) rolled.push(cutOf(extent, level, { first: from, last: first - 1n }));
      unrolled.push(cutOf(extent, level, { first, last }));
      from = last + 1n;
    }
    const end = rolledEnd(extent);
    if (from < end) {
      rolled.push(cutOf(extent, level, { first: from, last: end - 1n }));
      from = end;
    }
    if (from <= extent.last_step)
      unrolled.push(cutOf(extent, level, { first: from, last: extent.last_step }));
  }
  return { rolled, unrolled };
}

/** Where the steps end that buckets were made of, exclusive and within the range. */
const rolledEnd = ({ first_step, last_step, rolled }: Extent): bigint => {
  if (rolled === null || rolled <= first_step) return first_step;
  return rolled <= last_step ? rolled : last_step + 1n;
};

/** The ranges of steps below `rolledEnd` with points that may be in no bucket: in order, apart from each other. */
async function lateSteps(
  tx: Database,
  project: bigint,
  of: readonly Extent[],
): Promise<Map<number, Steps[]>> {
  const late = new Map<number, Steps[]>();
  const cuts = of
    .filter((extent) => rolledEnd(extent) > extent.first_step)
    .map((extent) => cutOf(extent, 0, { first: extent.first_step, last: rolledEnd(extent) - 1n }));
  if (cuts.length === 0) return late;
  const { rows } = await sql<Steps & { n: number }>`
    select cut.n, greatest(range.first_step, cut.first_step) as first, least(range.last_step, cut.last_step) as last
    from ${cutTable(cuts)}
    cross join lateral (
      select first_step, last_step
      from late_metrics
      where project_id = ${project} and late_metrics.run_key = cut.run_key and late_metrics.key = cut.key
        and late_metrics.first_step <= cut.last_step and late_metrics.last_step >= cut.first_step
    ) as range
    order by cut.n, first`.execute(tx);
  for (const { n, first, last } of rows) {
    const ranges = late.get(n) ?? [];
    const before = ranges.at(-1);
    if (before === undefined || first > before.last + 1n) ranges.push({ first, last });
    else if (last > before.last) before.last = last;
    late.set(n, ranges);
  }
  return late;
}

/** Whether a row of metric_buckets lies in its cut and in one bucket of the answer. */
const fits = sql`(
  made.first_step >= cut.first_step and made.last_step <= cut.last_step
  and ${bucketOf(sql`made.first_step`, sql`cut.level`)} = ${bucketOf(sql`made.last_step`, sql`cut.level`)}
)`;

/**
 * The ranges of steps of rows that do not fit, as far as they are in the cut: their points are read one by one. Neighbours
 * are one range; between rows there are no points.
 */
const unfitRanges = (project: bigint, cuts: readonly Cut[]) => sql<Cut>`
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

/** The parts of the rows that fit. */
function partsOfBuckets(project: bigint, cuts: readonly Cut[]) {
  const row = (columns: ReturnType<typeof sql>) => sql`
    select ${columns}
    from metric_buckets as made
    where made.project_id = ${project} and made.run_key = cut.run_key and made.key = cut.key`;
  const extreme = (name: "min" | "max") => sql`
    left join lateral (
      ${row(sql`${sql.ref(`${name}_step`)}, ${sql.ref(`${name}_timestamp`)}, ${sql.ref(`${name}_value`)}`)}
        and made.first_step between whole.first_row and whole.last_row
        and made.${sql.ref(`${name}_value`)} = whole.${sql.ref(`${name}_value`)}
      order by made.first_step
      limit 1
    ) as ${sql.id(name)} on true`;
  return sql<Part>`
    select cut.n, whole.bucket, whole.count, whole.nan_count, first.*, last.*, "min".*, "max".*
    from ${cutTable(cuts)}
    cross join lateral (
      select ${bucketOf(sql`made.first_step`, sql`cut.level`)} as bucket,
        sum(made.count)::bigint as count, sum(made.nan_count)::bigint as nan_count,
        min(made.min_value) as min_value, max(made.max_value) as max_value,
        min(made.first_step) as first_row, max(made.first_step) as last_row
      from metric_buckets as made
      where made.project_id = ${project} and made.run_key = cut.run_key and made.key = cut.key
        and made.first_step between cut.first_step and cut.last_step and ${fits}
      group by 1
    ) as whole
    cross join lateral (
      ${row(sql`first_step, first_timestamp, first_value`)} and made.first_step = whole.first_row limit 1
    ) as first
    cross join lateral (
      ${row(sql`last_step, last_timestamp, last_value`)} and made.first_step = whole.last_row limit 1
    ) as last
    ${extreme("min")}
    ${extreme("max")}`;
}

/** Adds a part to the buckets of its series. Parts of one bucket do not overlap in steps, and come in any order. */
function merge(buckets: Map<bigint, Bucket>, part: Part): void {
  const point = (step: bigint | null, timestamp: bigint | null, value: number | null) =>
    step === null || timestamp === null || value === null ? undefined : { step, timestamp, value };
  const first = { step: part.first_step, timestamp: part.first_timestamp, value: part.first_value };
  const last = { step: part.last_step, timestamp: part.last_timestamp, value: part.last_value };
  const min = point(part.min_step, part.min_timestamp, part.min_value);
  const max = point(part.max_step, part.max_timestamp, part.max_value);
  const bucket = buckets.get(part.bucket);
  if (bucket === undefined) {
    buckets.set(part.bucket, { first, last, min, max, count: part.count, nanCount: part.nan_count });
    return;
  }
  if (first.step < bucket.first.step) bucket.first = first;
  if (last.step > bucket.last.step) bucket.last = last;
  if (
    min &&
    (!bucket.min ||
      min.value < bucket.min.value ||
      (min.value === bucket.min.value && min.step < bucket.min.step))
  )
    bucket.min = min;
  if (
    max &&
    (!bucket.max ||
      max.value > bucket.max.value ||
      (max.value === bucket.max.value && max.step < bucket.max.step))
  )
    bucket.max = max;
  bucket.count += part.count;
  bucket.nanCount += part.nan_count;
}
