import type { Line } from "./lines.ts";
import type { Point, Range } from "./points.ts";

/** What the runs have at a place of the axis. */
export interface Reading {
  /** The place of the nearest point of any run. */
  x: number;
  rows: readonly ReadingRow[];
}

export interface ReadingRow {
  line: Line;
  point: Point;
  x: number;
  smoothed: number;
  /** Whether the run has no point at the place itself, so that this is its nearest one. */
  isNear: boolean;
}

/**
 * Reads all lines at the point nearest to a place, the greatest value first. A run without a point there tells the nearest one
 * that it has, if there is one within `reach`.
 * @param reach in units of the axis.
 */
export function readAt(lines: readonly Line[], place: number, reach: number): Reading | undefined {
  let x: number | undefined;
  for (const { xs } of lines) {
    const found = xs[nearest(xs, place)];
    if (found !== undefined && (x === undefined || Math.abs(found - place) < Math.abs(x - place))) x = found;
  }
  if (x === undefined) return undefined;
  const rows: ReadingRow[] = [];
  for (const line of lines) {
    const at = nearest(line.xs, x);
    const found = line.xs[at];
    const point = line.points[at];
    if (found === undefined || point === undefined || Math.abs(found - x) > reach) continue;
    rows.push({ line, point, x: found, smoothed: line.smoothed[at] ?? point.value, isNear: found !== x });
  }
  return { x, rows: rows.sort((a, b) => descending(a.point.value, b.point.value)) };
}

const descending = (a: number, b: number): number =>
  Number.isNaN(a) || Number.isNaN(b)
    ? Number(Number.isNaN(a)) - Number(Number.isNaN(b))
    : b === a
      ? 0
      : b > a
        ? 1
        : -1;

/** The index of the place nearest to x in an ascending list; the last one of those that are the same. -1 when it is empty. */
export function nearest(xs: readonly number[], x: number): number {
  let low = 0;
  let high = xs.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((xs[middle] ?? 0) <= x) low = middle + 1;
    else high = middle;
  }
  const [before, after] = [xs[low - 1], xs[low]];
  if (before === undefined) return after === undefined ? -1 : lastOf(xs, low);
  if (after === undefined || x - before <= after - x) return low - 1;
  return lastOf(xs, low);
}

function lastOf(xs: readonly number[], at: number): number {
  let last = at;
  while (xs[last + 1] === xs[at]) last++;
  return last;
}

/** The places of all runs in order, each once, for going from one to the next by keys. */
export function placesOf(lines: readonly Line[]): number[] {
  return [...new Set(lines.flatMap(({ xs }) => xs))].sort((a, b) => a - b);
}

/** Pixels between a place that is read and the box that tells what is there. */
const gap = 12;

/**
 * Where a box beside a place begins: on the wanted side if it is seen there whole, else on the other, else over the place. It may
 * stand over the chart beside its own. All in pixels of the chart's box.
 */
export function beside(at: number, width: number, isRight: boolean, { from, to }: Range): number {
  const right = at + gap;
  const left = at - gap - width;
  if (isRight ? right + width <= to : left < from && right + width <= to) return right;
  return left >= from ? left : Math.max(from, Math.min(right, to - width));
}

/** Lines of fields between tabs, as spreadsheets paste them, with every digit. */
export const textOf = (rows: readonly ReadingRow[]): string =>
  [
    ["run", "run_id", "step", "timestamp", "value"],
    ...rows.map(({ line, point }) => [line.name, line.id, point.step, point.time, point.value]),
  ]
    .map((row) => row.map((cell) => String(cell).replace(/[\t\r\n]+/g, " ")).join("\t"))
    .join("\n");
