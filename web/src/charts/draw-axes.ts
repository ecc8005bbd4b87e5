import { axisTitles } from "./axis-text.ts";
import { type Plane, titleHeight } from "./plane.ts";
import type { Axis } from "./points.ts";
import type { ThemeColours } from "./theme-colours.ts";

const gap = 6;
const lineHeight = 13;

/** Draws what stands around the lines: marks of both axes, the lines of the values' marks, and what the axis is. */
export function drawAxes(
  ctx: CanvasRenderingContext2D,
  plane: Plane,
  axis: Axis,
  colours: ThemeColours,
): void {
  const { left, top, width, height } = plane;
  const bottom = top + height;
  const crisp = (place: number) => Math.round(place) + 0.5;
  ctx.save();
  ctx.font = `11px ${colours.font}`;
  ctx.fillStyle = colours.textSoft;
  ctx.strokeStyle = colours.line;
  ctx.lineWidth = 1;
  ctx.beginPath();
  for (const { at } of plane.yMarks) {
    ctx.moveTo(left, crisp(at));
    ctx.lineTo(left + width, crisp(at));
  }
  ctx.moveTo(left, crisp(bottom));
  ctx.lineTo(left + width, crisp(bottom));
  ctx.stroke();
  ctx.textAlign = "right";
  ctx.textBaseline = "middle";
  for (const { at, text } of plane.yMarks) ctx.fillText(text, left - gap, at);
  ctx.textAlign = "center";
  ctx.textBaseline = "top";
  let end = bottom;
  for (const { at, text } of plane.xMarks)
    for (const [row, part] of text.split("\n").entries()) {
      ctx.fillText(part, at, bottom + gap + row * lineHeight);
      end = Math.max(end, bottom + gap + (row + 1) * lineHeight);
    }
  ctx.textBaseline = "bottom";
  ctx.fillText(axisTitles[axis], left + width / 2, Math.max(end, bottom + gap) + titleHeight);
  ctx.restore();
}
