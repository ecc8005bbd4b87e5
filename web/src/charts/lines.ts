import type { Look } from "./palette.ts";
import { type Axis, type History, type Point, place, type Range } from "./points.ts";
import { smooth } from "./smoothing.ts";

/** A run as a chart draws it: points in the order of their places on the axis. */
export interface Line {
  id: string;
  name: string;
  look: Look;
  points: readonly Point[];
  xs: readonly number[];
  /** As logged, and smoothed; the same where nothing is smoothed. */
  values: readonly number[];
  smoothed: readonly number[];
  /** Places of NaN among what a sample leaves out. */
  nanXs: readonly number[];
}

export function lineOf(
  { id, name, look }: Pick<Line, "id" | "name" | "look">,
  history: History,
  { axis, start, smoothing }: { axis: Axis; start: number; smoothing: number },
): Line {
  const x = (point: Point) => place(point, axis, start);
  // Clocks go back, and steps are logged late; the sort is stable.
  const points = axis === "step" ? history.points : history.points.toSorted((a, b) => x(a) - x(b));
  const xs = points.map(x);
  const values = points.map(({ value }) => value);
  return {
    id,
    name,
    look,
    points,
    xs,
    values,
    smoothed: smoothing > 0 ? smooth(xs, values, smoothing) : values,
    nanXs: history.nanWithin.map(x),
  };
}

/** From the first point to the last of all lines; undefined when there is none. */
export function extent(lines: readonly Line[]): Range | undefined {
  let from = Number.POSITIVE_INFINITY;
  let to = Number.NEGATIVE_INFINITY;
  for (const { xs } of lines) {
    if (xs.length === 0) continue;
    from = Math.min(from, xs[0] ?? from);
    to = Math.max(to, xs.at(-1) ?? to);
  }
  return from > to ? undefined : { from, to };
}

/** Whether a value has a place on the scale. */
export const isDrawable = (value: number, isLog: boolean): boolean =>
  Number.isFinite(value) && (!isLog || value > 0);

/** The least and the greatest value to be drawn within a range: of what was logged, so that smoothing cuts nothing off. */
export function heights(lines: readonly Line[], range: Range, isLog: boolean): Range | undefined {
  let from = Number.POSITIVE_INFINITY;
  let to = Number.NEGATIVE_INFINITY;
  for (const { xs, values } of lines)
    for (let at = 0; at < xs.length; at++) {
      const x = xs[at] ?? 0;
      const value = values[at] ?? Number.NaN;
      if (x < range.from || x > range.to || !isDrawable(value, isLog)) continue;
      if (value < from) from = value;
      if (value > to) to = value;
    }
  return from > to ? undefined : { from, to };
}

/** What a value without a place on the scale is drawn as: at the lower or the upper edge. */
export type Mark = "nan" | "over" | "under";

export const markOf = (value: number, isLog: boolean): Mark | undefined =>
  Number.isNaN(value)
    ? "nan"
    : value === Number.POSITIVE_INFINITY
      ? "over"
      : isDrawable(value, isLog)
        ? undefined
        : "under";

export interface Count {
  drawn: number;
  /** Of the server. */
  all: number;
  isSampled: boolean;
  nan: number;
  over: number;
  /** −∞; and on a log scale what is 0 or less. */
  under: number;
}

/** How much of the histories is to be seen, which a chart says. */
export function countOf(
  histories: readonly History[],
  lines: readonly Line[],
  range: Range,
  isLog: boolean,
): Count {
  const count: Count = { drawn: 0, all: 0, isSampled: false, nan: 0, over: 0, under: 0 };
  for (const history of histories) {
    count.isSampled ||= history.isSampled;
    count.all += history.count;
    if (history.isSampled) count.nan += history.nanCount;
  }
  const sampled = new Set(histories.filter(({ isSampled }) => isSampled).map(({ runId }) => runId));
  for (const { id, xs, values } of lines)
    for (const [at, x] of xs.entries()) {
      if (x < range.from || x > range.to) continue;
      count.drawn++;
      const mark = markOf(values[at] ?? Number.NaN, isLog);
      if (mark === "nan" && sampled.has(id)) continue;
      if (mark !== undefined) count[mark]++;
    }
  return count;
}
