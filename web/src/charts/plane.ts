import { shortNumber } from "../format/number.ts";
import { axisTexts, timeSteps } from "./axis-text.ts";
import { heights, type Line } from "./lines.ts";
import type { Axis, Range } from "./points.ts";
import { logTicks, ticks } from "./ticks.ts";

/** Where a chart has its plot, and where values stand in it. All in pixels of the chart's box. */
export interface Plane {
  left: number;
  top: number;
  width: number;
  height: number;
  /** What the plot shows of the axis, and of the values. */
  x: Range;
  y: Range;
  isLog: boolean;
  xMarks: readonly AxisMark[];
  yMarks: readonly AxisMark[];
}

export interface AxisMark {
  /** Pixels from the left, or from above. */
  at: number;
  /** Lines are divided by `\n`. */
  text: string;
}

/** Pixels around the plot, and those that a mark needs at least. */
const above = 8;
const beside = 12;
export const titleHeight = 16;
const marksHeight: Record<Axis, number> = { step: 22, time: 34, relative: 22 };
const roomForX: Record<Axis, number> = { step: 56, time: 72, relative: 72 };
const roomForY = 32;
const roomForLogY = 40;
/** Of the font in which marks are written. */
const digitWidth = 6.2;

/** Lays a chart of some lines out in a box. */
export function planeOf(
  lines: readonly Line[],
  {
    axis,
    isLog,
    range,
    width,
    height,
  }: { axis: Axis; isLog: boolean; range: Range; width: number; height: number },
): Plane {
  const y = rangeOfValues(heights(lines, range, isLog), isLog);
  const plotHeight = Math.max(1, height - above - marksHeight[axis] - titleHeight);
  const values = isLog
    ? logTicks(y.from, y.to, height / roomForLogY)
    : ticks(y.from, y.to, plotHeight / roomForY);
  const texts = values.map(shortNumber);
  const left = 14 + Math.max(0, ...texts.map(({ length }) => length)) * digitWidth;
  const plotWidth = Math.max(1, width - left - beside);
  const x = range.from === range.to ? { from: range.from - 1, to: range.to + 1 } : range;
  const plane = { left, top: above, width: plotWidth, height: plotHeight, x, y, isLog };
  const places = placesOf(axis, x, plotWidth / roomForX[axis]);
  const placeTexts = axisTexts(axis, places);
  return {
    ...plane,
    xMarks: places.map((place, i) => ({ at: pixelOfX(plane, place), text: placeTexts[i] ?? "" })),
    yMarks: values.map((value, i) => ({ at: pixelOfY(plane, value), text: texts[i] ?? "" })),
  };
}

type Scales = Pick<Plane, "left" | "top" | "width" | "height" | "x" | "y" | "isLog">;

export const pixelOfX = ({ left, width, x: { from, to } }: Scales, x: number): number =>
  left + ((x - from) / (to - from)) * width;

export const xAt = ({ left, width, x: { from, to } }: Scales, pixel: number): number =>
  from + ((pixel - left) / width) * (to - from);

export function pixelOfY({ top, height, y: { from, to }, isLog }: Scales, value: number): number {
  const part = isLog
    ? (Math.log10(value) - Math.log10(from)) / (Math.log10(to) - Math.log10(from))
    : (value - from) / (to - from);
  return top + (1 - part) * height;
}

/** Steps are whole numbers, and so are their marks; times stand at whole seconds, minutes, hours. */
function placesOf(axis: Axis, { from, to }: Range, count: number): number[] {
  if (axis === "step") return ticks(from, to, count).filter(Number.isInteger);
  const rough = (to - from) / Math.max(1, count);
  const step = timeSteps.find((one) => one >= rough) ?? Math.ceil(rough / longestStep) * longestStep;
  const first = Math.ceil(from / step);
  return Array.from({ length: Math.max(0, Math.floor(to / step) - first + 1) }, (_, i) => (first + i) * step);
}

const longestStep = timeSteps.at(-1) ?? 1;

/** Values with some room around them. */
function rangeOfValues(found: Range | undefined, isLog: boolean): Range {
  if (found === undefined) return isLog ? { from: 0.1, to: 10 } : { from: 0, to: 1 };
  const { from, to } = found;
  if (!isLog) {
    const room = to === from ? Math.abs(to) * 0.1 || 1 : (to - from) * 0.06;
    return { from: from - room, to: to + room };
  }
  if (to / from < 1.01) return { from: from / 2, to: to * 2 };
  const room = (to / from) ** 0.05;
  return { from: from / room, to: to * room };
}
