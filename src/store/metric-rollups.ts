import { sql } from "kysely";
import { type Database, transaction } from "./database.ts";
import { type Cut, partsOfPoints } from "./metric-parts.ts";
import { writersAreDone } from "./writers.ts";

/** One metric of one run. */
export interface Series {
  project: bigint;
  runKey: bigint;
  key: string;
}

/** How series are put into buckets; no answer depends on it. */
export interface RollupSizes {
  /** A series is rolled up once so many points are in no bucket. */
  worthwhile: number;
  /** Points in a bucket, on average. */
  bucket: number;
  /** Points that one transaction puts into buckets. */
  chunk: number;
}

const defaultSizes: RollupSizes = { worthwhile: 10_000, bucket: 128, chunk: 200_000 };

/** `rolled` of a series that has no buckets yet. */
const leastStep = -(2n ** 63n);

/**
 * Puts the settled part of a series into buckets: all steps below its greatest one, and again those buckets to which late
 * points have come. May run at any time, on any replica, beside any writer, and may break off anywhere.
 *
 * A point is counted or known to be late, for every order of events: a range is first announced, then the statements that
 * may not have seen that are waited for, and only then is the range read. What is written later says that it is late.
 */
export async function rollUp(db: Database, series: Series, sizes = defaultSizes): Promise<void> {
  const target = await tailEnd(db, series, sizes);
  if (target !== undefined) {
    await announce(db, series, target);
    if (!(await writersAreDone(db, ["metrics"]))) return;
  }
  while (await rollChunk(db, series, target, sizes));
}

/** The step before which a tail ends that is worth rolling up; undefined when it is too short. */
async function tailEnd(db: Database, series: Series, sizes: RollupSizes): Promise<bigint | undefined> {
  const { rows } = await sql<{ last: bigint; tail: bigint }>`
    select last.step as last,
      (
        select count(*)
        from (
          select from metrics
          where ${isOf(series)} and step >= coalesce(rollup.rolled, ${leastStep}::bigint) and step < last.step
          limit ${sizes.worthwhile}
        ) as points
      ) as tail
    from (select step from latest_metrics where ${isOf(series)} limit 1) as last
    left join lateral (select rolled from metric_rollups where ${isOf(series)} limit 1) as rollup on true`.execute(
    db,
  );
  const [found] = rows;
  return found && found.tail >= sizes.worthwhile ? found.last : undefined;
}

const isOf = ({ project, runKey, key }: Series) =>
  sql<boolean>`project_id = ${project} and run_key = ${runKey} and key = ${key}`;

/**
 * From its commit on, statements that begin to write points below `target` say that they are late. The run's row is locked
 * for that, since a run that is purged meanwhile (purge-runs.ts) must be left without a trace.
 */
async function announce(db: Database, series: Series, target: bigint): Promise<void> {
  await sql`
    with run as (
      update runs set has_rollups = true
      where project_id = ${series.project} and run_key = ${series.runKey}
      returning project_id, run_key
    )
    insert into metric_rollups (project_id, run_key, key, announced, rolled)
    select project_id, run_key, ${series.key}::text, ${target}::bigint, ${leastStep}::bigint
    from run
    on conflict (project_id, run_key, key) do update
    set announced = greatest(metric_rollups.announced, excluded.announced)`.execute(db);
}

/**
 * Puts one chunk into buckets, late points first. Readers see all of it or nothing.
 * @param target where the tail ends; undefined: the tail stays.
 * @returns whether there may be more to do.
 */
function rollChunk(
  db: Database,
  series: Series,
  target: bigint | undefined,
  sizes: RollupSizes,
): Promise<boolean> {
  return transaction(db, async (tx) => {
    // Whoever holds this lock is alone with the series' buckets; the statements behind it see what the last one did.
    const { rows } = await sql<{ rolled: bigint }>`
      select rolled from metric_rollups where ${isOf(series)} for update skip locked`.execute(tx);
    const rolled = rows[0]?.rolled;
    if (rolled === undefined) return false;
    const late = await takeLate(tx, series, rolled);
    if (late === undefined) {
      if (target === undefined || rolled >= target) return false;
      const tail = { first: rolled, last: target - 1n };
      const last = await endOfChunk(tx, series, tail, sizes.chunk);
      await sql`update metric_rollups set rolled = ${last + 1n} where ${isOf(series)}`.execute(tx);
      await fill(tx, series, { ...tail, last }, sizes.bucket);
      return true;
    }
    // The bucket before takes in late points that fall behind it, lest each make a bucket of its own.
    let first = late.before;
    let last = await endOfChunk(tx, series, { first, last: late.last }, sizes.chunk);
    if (last < late.last) {
      first = late.first;
      last = await endOfChunk(tx, series, late, sizes.chunk);
    }
    await sql`
      delete from metric_buckets where ${isOf(series)} and first_step between ${first} and ${last}`.execute(
      tx,
    );
    if (last < late.last)
      await sql`
        insert into late_metrics (project_id, run_key, key, first_step, last_step)
        values (${series.project}, ${series.runKey}, ${series.key}, ${last + 1n}, ${late.last})`.execute(tx);
    await fill(tx, series, { first, last }, sizes.bucket);
    return true;
  });
}

/** Steps, both inclusive. */
interface Steps {
  first: bigint;
  last: bigint;
}

/**
 * Takes one range of late points off the list, and all rows of the list within it. It neither begins nor ends inside a
 * bucket; `before` is where the bucket before it begins.
 */
async function takeLate(
  tx: Database,
  series: Series,
  rolled: bigint,
): Promise<(Steps & { before: bigint }) | undefined> {
  // What is not in buckets anyway needs no row: a chunk that is rolled later sees the point.
  await sql`delete from late_metrics where ${isOf(series)} and first_step >= ${rolled}`.execute(tx);
  if (rolled === leastStep) return undefined;
  const { rows } = await sql<Steps & { id: string }>`
    select id, first_step as first, least(last_step, ${rolled - 1n}) as last
    from late_metrics where ${isOf(series)} order by first_step limit 1000`.execute(tx);
  const [range] = rows;
  if (range === undefined) return undefined;
  const start = await lastBucketAt(tx, series, range.first);
  const end = await lastBucketAt(tx, series, range.last);
  const first = start !== undefined && start.last >= range.first ? start.first : range.first;
  const last = end !== undefined && end.last > range.last ? end.last : range.last;
  const taken = rows.filter((row) => row.first <= last && row.last <= last).map(({ id }) => id);
  await sql`delete from late_metrics where ${isOf(series)} and id = any(${taken}::uuid[])`.execute(tx);
  return { first, last, before: start?.first ?? first };
}

/** The last bucket that begins at a step or before it. */
async function lastBucketAt(tx: Database, series: Series, step: bigint): Promise<Steps | undefined> {
  const { rows } = await sql<Steps>`
    select first_step as first, last_step as last
    from metric_buckets where ${isOf(series)} and first_step <= ${step}
    order by first_step desc limit 1`.execute(tx);
  return rows[0];
}

/** The last step of a chunk from the beginning of `steps`; all points of one step are in one chunk. */
async function endOfChunk(
  tx: Database,
  series: Series,
  { first, last }: Steps,
  size: number,
): Promise<bigint> {
  const { rows } = await sql<{ step: bigint }>`
    select step from metrics
    where ${isOf(series)} and step between ${first} and ${last}
    order by step, "timestamp", value
    offset ${size} limit 1`.execute(tx);
  const next = rows[0]?.step;
  if (next === undefined) return last;
  if (next > first) return next - 1n;
  return first;
}

/** Makes the buckets of a range that has none, of a width that suits the density of its points. */
async function fill(tx: Database, series: Series, steps: Steps, size: number): Promise<void> {
  const { rows } = await sql<{ count: bigint; first: bigint | null; last: bigint | null }>`
    select count(*) as count, min(step) as first, max(step) as last
    from metrics where ${isOf(series)} and step between ${steps.first} and ${steps.last}`.execute(tx);
  const [found] = rows;
  if (!found || found.first === null || found.last === null) return;
  const width = (Number(found.last - found.first + 1n) * size) / Number(found.count);
  const level = Math.min(63, Math.max(0, Math.ceil(Math.log2(width))));
  const cut: Cut = { n: 0, runKey: series.runKey, key: series.key, level, ...steps };
  await sql`
    insert into metric_buckets (project_id, run_key, key, count, nan_count,
      first_step, first_timestamp, first_value, last_step, last_timestamp, last_value,
      min_step, min_timestamp, min_value, max_step, max_timestamp, max_value)
    select ${series.project}::bigint, ${series.runKey}::bigint, ${series.key}::text, count, nan_count,
      first_step, first_timestamp, first_value, last_step, last_timestamp, last_value,
      min_step, min_timestamp, min_value, max_step, max_timestamp, max_value
    from (${partsOfPoints(series.project, [cut])}) as parts`.execute(tx);
}
