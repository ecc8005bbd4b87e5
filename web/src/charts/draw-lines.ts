import { isDrawable, type Line, type Mark, markOf } from "./lines.ts";
import { type Plane, pixelOfX, pixelOfY } from "./plane.ts";
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
export function drawLines(ctx: CanvasRenderingContext2D, plane: Plane, drawing: Drawing): void {
  const { lines, focus, isSmoothed } = drawing;
  ctx.save();
  ctx.beginPath();
  // Lines along the edge are not cut in half.
  ctx.rect(plane.left - 2, plane.top - 2, plane.width + 4, plane.height + 4);
  ctx.clip();
  ctx.lineJoin = "round";
  const ordered =
    focus === undefined ? lines : [...lines].sort((a, b) => Number(a.id === focus) - Number(b.id === focus));
  for (const line of ordered) {
    const strength = focus === undefined || focus === line.id ? 1 : 0.22;
    const width = focus === line.id ? 2.25 : 1.5;
    ctx.strokeStyle = ctx.fillStyle = drawing.colours.runs[line.look.colour] ?? "";
    if (isSmoothed) {
      ctx.globalAlpha = 0.26 * strength;
      stroke(ctx, plane, line, line.values, 1);
    }
    ctx.globalAlpha = strength;
    stroke(ctx, plane, line, isSmoothed ? line.smoothed : line.values, width);
    drawMarks(ctx, plane, line);
  }
  ctx.restore();
}

function stroke(
  ctx: CanvasRenderingContext2D,
  plane: Plane,
  line: Line,
  values: readonly number[],
  width: number,
): void {
  const { isLog } = plane;
  const path = new Path2D();
  const dots = new Path2D();
  const { from, to } = visible(plane, line.xs);
  const hasDots = plane.width / Math.max(1, to - from) > roomForDots;
  let isOpen = false;
  for (let at = from; at < to; at++) {
    const value = values[at] ?? Number.NaN;
    if (!isDrawable(value, isLog)) {
      isOpen = false;
      continue;
    }
    const x = pixelOfX(plane, line.xs[at] ?? 0);
    const y = pixelOfY(plane, value);
    if (isOpen) path.lineTo(x, y);
    else path.moveTo(x, y);
    // A point between two gaps has no line to be seen by.
    const isAlone = !isOpen && !isDrawable(values[at + 1] ?? Number.NaN, isLog);
    if (hasDots || isAlone) {
      dots.moveTo(x, y);
      dots.arc(x, y, isAlone ? 2.5 : 2, 0, 2 * Math.PI);
    }
    isOpen = true;
  }
  ctx.lineWidth = width;
  // A round end of each dash would fill the gap, and takes as long to draw as the line.
  ctx.lineCap = line.look.dash.length === 0 ? "round" : "butt";
  ctx.setLineDash([...line.look.dash]);
  ctx.stroke(path);
  ctx.setLineDash([]);
  ctx.fill(dots);
}

/** The points within the plot and one neighbour on each side. */
function visible({ x: { from: min, to: max } }: Plane, xs: readonly number[]): { from: number; to: number } {
  let from = 0;
  let to = xs.length;
  while (from < to && (xs[from + 1] ?? Number.POSITIVE_INFINITY) < min) from++;
  while (to > from && (xs[to - 2] ?? Number.NEGATIVE_INFINITY) > max) to--;
  return { from, to };
}

/** What has no place on the scale: × for NaN, a triangle at the edge beyond which a value is. */
function drawMarks(ctx: CanvasRenderingContext2D, plane: Plane, line: Line): void {
  const r = 3.5;
  const bottom = plane.top + plane.height - r - 1;
  const top = plane.top + r + 1;
  ctx.lineWidth = 1.5;
  ctx.lineCap = "round";
  const taken = new Set<string>();
  const put = (mark: Mark, place: number) => {
    const x = Math.round(pixelOfX(plane, place));
    if (x < plane.left || x > plane.left + plane.width || taken.has(`${mark}${x}`)) return;
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
    const mark = markOf(line.values[at] ?? 0, plane.isLog);
    if (mark !== undefined) put(mark, place);
  }
  for (const place of line.nanXs) put("nan", place);
}
