/** What a chart draws of the histories that the server answers with. Pure: shared by drawing, reading, and their tests. */

/** A point as it was logged. */
export interface Point {
  step: number;
  /** Milliseconds since the epoch. */
  time: number;
  /** May be NaN or an infinity. */
  value: number;
}

/** A part of a history that was reduced to the points that stand out. */
export interface Bucket {
  first: Point;
  last: Point;
  /** Absent when every value is NaN. */
  min?: Point;
  max?: Point;
  count: number;
  nanCount: number;
}

/** The history of one metric of one run, as far as it was asked for. */
export interface History {
  runId: string;
  metric: string;
  /** What is drawn, in order. */
  points: readonly Point[];
  /** How many points there are; more than are drawn when `isSampled`. */
  count: number;
  isSampled: boolean;
  /** How many values are NaN, those that no drawn point has among them. */
  nanCount: number;
  /** Where NaN is among points that are not drawn: one place for each part of the history that has some. */
  nanWithin: readonly Point[];
}

/** The middles of buckets that have NaN beside their first and last points. Where in them it is, the server does not tell. */
export const nanWithin = (buckets: readonly Bucket[]): Point[] =>
  buckets.flatMap(({ first, last, count, nanCount }) => {
    const ends = [first, last].filter(({ value }) => Number.isNaN(value)).length;
    if (nanCount === 0 || nanCount <= (count === 1 ? 1 : ends)) return [];
    const middle = (a: number, b: number) => Math.round(a + (b - a) / 2);
    return [{ step: middle(first.step, last.step), time: middle(first.time, last.time), value: Number.NaN }];
  });

/** The points of buckets in order, each once: the first, the extremes and the last of each. */
export function pointsOf(buckets: readonly Bucket[]): Point[] {
  const points: Point[] = [];
  for (const { first, last, min, max } of buckets) {
    const chosen = [first, min, max, last].filter((point) => point !== undefined).sort(inOrder);
    for (const [at, point] of chosen.entries()) {
      const before = chosen[at - 1];
      if (before === undefined || inOrder(before, point) !== 0) points.push(point);
    }
  }
  return points;
}

/** The server's order of points, where NaN is the greatest value. */
const inOrder = (a: Point, b: Point): number => a.step - b.step || a.time - b.time || rank(a.value, b.value);

function rank(a: number, b: number): number {
  if (Number.isNaN(a) || Number.isNaN(b)) return Number(Number.isNaN(a)) - Number(Number.isNaN(b));
  return a === b ? 0 : a < b ? -1 : 1;
}

/** What the horizontal axis tells: the step, the time of day, or the time since the run began. */
export type Axis = "step" | "time" | "relative";

/** Where a point stands on the axis: a step, milliseconds since the epoch, or milliseconds since `start`. */
export const place = (point: Point, axis: Axis, start: number): number =>
  axis === "step" ? point.step : axis === "time" ? point.time : point.time - start;

export interface Range {
  from: number;
  to: number;
}

/**
 * The steps to ask for so that a range of an axis can be drawn to its edges: the server knows steps alone, so a range of time
 * becomes the steps of the points in it and of one neighbour on each side.
 * @param histories with the place that their runs began.
 * @returns undefined when nothing is known to be there.
 */
export function stepsOf(
  range: Range,
  axis: Axis,
  histories: readonly { points: readonly Point[]; start: number }[],
): Range | undefined {
  if (axis === "step") return { from: Math.floor(range.from), to: Math.ceil(range.to) };
  let from = Number.POSITIVE_INFINITY;
  let to = Number.NEGATIVE_INFINITY;
  for (const { points, start } of histories)
    for (const [at, point] of points.entries()) {
      const x = place(point, axis, start);
      if (x < range.from || x > range.to) continue;
      from = Math.min(from, (points[at - 1] ?? point).step);
      to = Math.max(to, (points[at + 1] ?? point).step);
    }
  if (from > to) return stepsAround(range, axis, histories);
  return { from, to };
}

/** The steps between the last points before a range and the first after it, where no known point is inside. */
function stepsAround(
  range: Range,
  axis: Axis,
  histories: readonly { points: readonly Point[]; start: number }[],
): Range | undefined {
  let from: number | undefined;
  let to: number | undefined;
  for (const { points, start } of histories) {
    const before = points.findLast((point) => place(point, axis, start) < range.from);
    const after = points.find((point) => place(point, axis, start) > range.to);
    if (before === undefined || after === undefined) continue;
    from = Math.min(from ?? before.step, before.step);
    to = Math.max(to ?? after.step, after.step);
  }
  return from === undefined || to === undefined || from > to ? undefined : { from, to };
}

/**
 * As many buckets as a line of this width can show; each may be drawn as four points. Fifty lines have a point for each pixel:
 * with twice as many they are the same to the eye, and take twice as long to come.
 */
export function bucketsFor(width: number, runs: number): number {
  const mostInAll = 25_000;
  const wanted = Math.max(50, Math.ceil(width / 2));
  return Math.max(1, Math.min(2000, wanted, Math.floor(mostInAll / Math.max(1, runs))));
}

/**
 * A history drawn in detail within a range of steps and as it was outside, so that a line goes on beyond the edges of a chart.
 * Counts are those of the detail.
 */
export function detailed(overview: History, detail: History | undefined, steps: Range): History {
  return {
    runId: overview.runId,
    metric: overview.metric,
    points: [
      ...overview.points.filter(({ step }) => step < steps.from),
      ...(detail?.points ?? []),
      ...overview.points.filter(({ step }) => step > steps.to),
    ],
    count: detail?.count ?? 0,
    isSampled: detail?.isSampled ?? false,
    nanCount: detail?.nanCount ?? 0,
    nanWithin: [
      ...overview.nanWithin.filter(({ step }) => step < steps.from || step > steps.to),
      ...(detail?.nanWithin ?? []),
    ],
  };
}
