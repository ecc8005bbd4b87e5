import { sql } from "kysely";
import { textArray } from "./array-literals.ts";
import type { Database } from "./database.ts";
import { partsOfBuckets, unfitRanges } from "./metric-bucket-parts.ts";
import { cutOf, type Extent, isOneStep, stepCuts, timeCuts } from "./metric-cuts.ts";
import { type Axis, type Cut, cutTable, type Part, partsOfPoints } from "./metric-parts.ts";

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
