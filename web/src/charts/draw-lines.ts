import type uPlot from "uplot";
import { isDrawable, type Line, type Mark, markOf } from "./lines.ts";
import type { ThemeColours } from "./theme-colours.ts";

export interface Drawing {
  lines: readonly Line[];
  isLog: boolean;
  isSmoothed: boolean;
  /** The run to which others give way. */
  focus: string | undefined;
  colours: ThemeColours;
}

/** Fewer pixels than this for a point on average, and points are not drawn one by one. */
const roomForDots = 14;

/** Draws the lines into the plot: those that were logged, faint where a smoothed one is in front of them. */
export function drawLines(u: uPlot, drawing: Drawing): void {
  const { ctx, bbox } = u;
  const { lines, focus, isSmoothed } = drawing;
  ctx.save();
  ctx.beginPath();
  // Lines along the edge are not cut in half.
  ctx.rect(bbox.left - 2, bbox.top - 2, bbox.width + 4, bbox.height + 4);
  ctx.clip();
  ctx.lineJoin = "round";
  ctx.lineCap = "round";
  const ordered =
    focus === undefined ? lines : [...lines].sort((a, b) => Number(a.id === focus) - Number(b.id === focus));
  for (const line of ordered) {
    const strength = focus === undefined || focus === line.id ? 1 : 0.22;
    const width = focus === line.id ? 2.25 : 1.5;
    ctx.strokeStyle = ctx.fillStyle = drawing.colours.runs[line.look.colour] ?? "";
    if (isSmoothed) {
      ctx.globalAlpha = 0.26 * strength;
      stroke(u, line, line.values, 1, drawing.isLog);
    }
    ctx.globalAlpha = strength;
    stroke(u, line, isSmoothed ? line.smoothed : line.values, width, drawing.isLog);
    drawMarks(u, line, drawing.isLog);
  }
  ctx.restore();
}

function stroke(u: uPlot, line: Line, values: readonly number[], width: number, isLog: boolean): void {
  const { ctx } = u;
  const ratio = devicePixelRatio;
  const path = new Path2D();
  const dots = new Path2D();
  const { from, to } = visible(u, line.xs);
  const hasDots = u.bbox.width / ratio / Math.max(1, to - from) > roomForDots;
  let isOpen = false;
  for (let at = from; at < to; at++) {
    const value = values[at] ?? Number.NaN;
    if (!isDrawable(value, isLog)) {
      isOpen = false;
      continue;
    }
    const x = u.valToPos(line.xs[at] ?? 0, "x", true);
    const y = u.valToPos(value, "y", true);
    if (isOpen) path.lineTo(x, y);
    else path.moveTo(x, y);
    // A point between two gaps has no line to be seen by.
    const isAlone = !isOpen && !isDrawable(values[at + 1] ?? Number.NaN, isLog);
    if (hasDots || isAlone) {
      dots.moveTo(x, y);
      dots.arc(x, y, (isAlone ? 2.5 : 2) * ratio, 0, 2 * Math.PI);
    }
    isOpen = true;
  }
  ctx.lineWidth = width * ratio;
  ctx.setLineDash(line.look.dash.map((length) => length * ratio));
  ctx.stroke(path);
  ctx.setLineDash([]);
  ctx.fill(dots);
}

/** The points within the plot and one neighbour on each side. */
function visible(u: uPlot, xs: readonly number[]): { from: number; to: number } {
  const { min = 0, max = 0 } = u.scales.x ?? {};
  let from = 0;
  let to = xs.length;
  while (from < to && (xs[from + 1] ?? Number.POSITIVE_INFINITY) < min) from++;
  while (to > from && (xs[to - 2] ?? Number.NEGATIVE_INFINITY) > max) to--;
  return { from, to };
}

/** What has no place on the scale: × for NaN, a triangle at the edge beyond which a value is. */
function drawMarks(u: uPlot, line: Line, isLog: boolean): void {
  const { ctx, bbox } = u;
  const ratio = devicePixelRatio;
  const r = 3.5 * ratio;
  const bottom = bbox.top + bbox.height - r - ratio;
  const top = bbox.top + r + ratio;
  ctx.lineWidth = 1.5 * ratio;
  const taken = new Set<string>();
  const put = (mark: Mark, place: number) => {
    const x = Math.round(u.valToPos(place, "x", true));
    if (x < bbox.left || x > bbox.left + bbox.width || taken.has(`${mark}${x}`)) return;
    taken.add(`${mark}${x}`);
    const path = new Path2D();
    if (mark === "nan") {
      path.moveTo(x - r, bottom - r);
      path.lineTo(x + r, bottom + r);
      path.moveTo(x + r, bottom - r);
      path.lineTo(x - r, bottom + r);
      ctx.stroke(path);
      return;
    }
    const [tip, base] = mark === "over" ? [top - r, top + r] : [bottom + r, bottom - r];
    path.moveTo(x, tip);
    path.lineTo(x + r, base);
    path.lineTo(x - r, base);
    path.closePath();
    ctx.fill(path);
  };
  for (const [at, place] of line.xs.entries()) {
    const mark = markOf(line.values[at] ?? 0, isLog);
    if (mark !== undefined) put(mark, place);
  }
  for (const place of line.nanXs) put("nan", place);
}
