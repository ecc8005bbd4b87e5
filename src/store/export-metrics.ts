import { sql } from "kysely";
import { numberArray, textArray } from "./array-literals.ts";
import type { Database } from "./database.ts";
import type { MetricPoint } from "./run-data.ts";

/** Metric histories in bulk, along the primary key of `metrics`: by run, key, step, timestamp and value. */

/** The points of a run: of one metric, or of all. */
export interface Series {
  runKey: bigint;
  key: string | undefined;
}

/** A point and the place of its series among those that were asked for, from 0. */
export interface SeriesPoint extends MetricPoint {
  place: number;
}

/** Points that are read at a time: with the longest names below the 4 MB of a gRPC message. Series that one statement looks at. */
const chunk = 10_000;
const mostSeries = 500;

/**
 * All points of `series`, one after the other, in chunks that are not empty: of a series of all metrics by key first, then by
 * step, timestamp and value, NaN being the greatest. All are of one metric, or none is.
 * @param after a point of the first series; what comes behind it is read.
 */
export async function* readSeries(
  db: Database,
  project: bigint,
  series: readonly Series[],
  after: MetricPoint | undefined,
): AsyncGenerator<SeriesPoint[]> {
  let at = after;
  for (let from = 0; from < series.length; ) {
    // Behind a point only its own series is read: one range of the index.
    const part = series.slice(from, from + (at === undefined ? mostSeries : 1));
    const rows = await read(db, project, part, at);
    const points = rows.map(({ n, ...point }) => ({ ...point, place: from + Number(n) - 1 }));
    if (points.length > 0) yield points;
    const last = points.at(-1);
    if (points.length < chunk || last === undefined) {
      from += part.length;
      at = undefined;
    } else {
      from = last.place;
      at = last;
    }
  }
}

async function read(
  db: Database,
  project: bigint,
  series: readonly Series[],
  after: MetricPoint | undefined,
): Promise<(MetricPoint & { n: bigint })[]> {
  const runs = numberArray(series.map(({ runKey }) => runKey));
  const keys = series.flatMap(({ key }) => (key === undefined ? [] : [key]));
  const isKeyed = keys.length > 0;
  const order = isKeyed ? sql`m.step, m."timestamp", m.value` : sql`m.key, m.step, m."timestamp", m.value`;
  const place = after && sql`${after.step}::bigint, ${after.timestamp}::bigint, ${after.value}::float8`;
  const beyond =
    place === undefined
      ? sql``
      : isKeyed
        ? sql`and (${order}) > (${place})`
        : sql`and (${order}) > (${after?.key}::text collate "C", ${place})`;
  const { rows } = await sql<MetricPoint & { n: bigint }>`
    select w.n, p.key, p.step, p."timestamp", p.value
    from ${isKeyed ? sql`unnest(${runs}::bigint[], ${textArray(keys)}::text[])` : sql`unnest(${runs}::bigint[])`}
      with ordinality as w (run_key, ${isKeyed ? sql`key, ` : sql``}n)
    cross join lateral (
      select m.key, m.step, m."timestamp", m.value
      from metrics m
      where m.project_id = ${project} and m.run_key = w.run_key
        ${isKeyed ? sql`and m.key = w.key` : sql``} ${beyond}
      order by ${order}
      limit ${chunk}
    ) p
    order by w.n, p.key, p.step, p."timestamp", p.value
    limit ${chunk}`.execute(db);
  return rows;
}
