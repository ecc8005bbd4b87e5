import { everyPoint } from "../api/every-point.ts";
import { csv } from "./csv.ts";
import type { Line } from "./lines.ts";
import type { Range } from "./points.ts";
import type { ThemeColours } from "./theme-colours.ts";

/** Hands the viewer a file. */
export function save(name: string, blob: Blob): void {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(blob);
  link.download = name.replace(/[^\p{L}\p{N}._-]+/gu, "_");
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}

/** Every point of the runs, as they were logged; what a sample leaves out is there too. */
export async function csvOf(
  project: string,
  metric: string,
  runs: readonly { id: string; name: string }[],
  steps: Range | undefined,
): Promise<Blob> {
  const parts = [csv([["run_id", "run", "metric", "step", "timestamp", "value"]])];
  for (const { id, name } of runs)
    for await (const points of everyPoint(project, id, metric)) {
      const wanted =
        steps === undefined ? points : points.filter(({ step }) => step >= steps.from && step <= steps.to);
      parts.push(csv(wanted.map(({ step, time, value }) => [id, name, metric, step, time, value])));
    }
  return new Blob(parts, { type: "text/csv;charset=utf-8" });
}

/** The chart as it is seen, with its title above and the runs below. */
export async function pngOf(
  chart: HTMLCanvasElement,
  title: string,
  lines: readonly Line[],
  notes: readonly string[],
  colours: ThemeColours,
): Promise<Blob> {
  const ratio = devicePixelRatio;
  const [pad, row] = [16, 18];
  const width = chart.width / ratio;
  const below = [...notes, ...lines];
  const canvas = document.createElement("canvas");
  canvas.width = (width + 2 * pad) * ratio;
  canvas.height = chart.height + (2 * pad + 28 + 8 + below.length * row) * ratio;
  const ctx = canvas.getContext("2d");
  if (ctx === null) throw new Error("This browser draws nothing.");
  ctx.scale(ratio, ratio);
  ctx.fillStyle = colours.surface;
  ctx.fillRect(0, 0, canvas.width, canvas.height);
  ctx.fillStyle = colours.text;
  ctx.font = `600 14px ${colours.font}`;
  ctx.fillText(title, pad, pad + 14, width);
  ctx.drawImage(chart, pad, pad + 28, width, chart.height / ratio);
  ctx.font = `12px ${colours.font}`;
  let y = pad + 28 + chart.height / ratio + 20;
  for (const one of below) {
    const isNote = typeof one === "string";
    if (!isNote) {
      ctx.strokeStyle = colours.runs[one.look.colour] ?? "";
      ctx.lineWidth = 2;
      ctx.setLineDash([...one.look.dash]);
      ctx.beginPath();
      ctx.moveTo(pad, y - 4);
      ctx.lineTo(pad + 24, y - 4);
      ctx.stroke();
    }
    ctx.fillStyle = isNote ? colours.textSoft : colours.text;
    ctx.fillText(isNote ? one : one.name, isNote ? pad : pad + 32, y, width - 32);
    y += row;
  }
  return new Promise((resolve, reject) =>
    canvas.toBlob(
      (blob) => (blob === null ? reject(new Error("No picture could be made.")) : resolve(blob)),
      "image/png",
    ),
  );
}
