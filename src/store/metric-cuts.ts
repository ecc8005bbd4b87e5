import { sql } from "kysely";
import type { Database } from "./database.ts";
import { type Cut, cutTable } from "./metric-parts.ts";

/** What there is of one series in the range. */
export interface Extent {
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

export const isOneStep = ({ first_step, last_step }: Extent) => first_step === last_step;

export const cutOf = ({ n, run_key, key }: Extent, level: number, { first, last }: Steps): Cut => ({
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
export async function timeCuts(
  tx: Database,
  project: bigint,
  most: number,
  of: readonly Extent[],
): Promise<Cut[]> {
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
export async function stepCuts(tx: Database, project: bigint, most: number, of: readonly Extent[]) {
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
