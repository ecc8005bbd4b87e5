import { count, shortNumber } from "../format/number.ts";
import { once } from "../format/once.ts";
import { duration } from "../format/time.ts";
import type { Axis } from "./points.ts";

/** The name of an axis, with its unit. */
export const axisTitles: Record<Axis, string> = {
  step: "Step",
  time: "Time",
  relative: "Time since the run began",
};

const clock = once(() => new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit" }));
const seconds = once(
  () => new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit", second: "2-digit" }),
);
const day = once(() => new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short" }));
const hour = 3_600_000;

/** The steps between marks of an axis of time, in milliseconds. */
export const timeSteps = [
  1,
  2,
  5,
  10,
  20,
  50,
  100,
  200,
  500,
  ...[1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800].map((s) => s * 1000),
  ...[1, 2, 3, 6, 12, 24, 48, 96, 168, 336, 720, 1440, 4320, 8760].map((h) => h * hour),
];

/** Marks of an axis as texts. Times have their day below where it begins. */
export function axisTexts(axis: Axis, marks: readonly number[]): string[] {
  if (axis === "step") return marks.map((mark) => (Math.abs(mark) < 1e7 ? count(mark) : shortNumber(mark)));
  const gap = (marks[1] ?? 0) - (marks[0] ?? 0);
  if (axis === "relative") return marks.map((mark) => span(mark, gap));
  if (gap >= 24 * hour) return marks.map((mark) => day().format(mark));
  const format = gap >= 60_000 ? clock() : seconds();
  return marks.map((mark, at) => {
    const today = day().format(mark);
    const before = marks[at - 1];
    return before === undefined || day().format(before) !== today
      ? `${format.format(mark)}\n${today}`
      : format.format(mark);
  });
}

/** `0`, `30 s`, `5 min`, `1 h 30`, without parts that no mark has. */
function span(ms: number, gap: number): string {
  if (ms === 0) return "0";
  if (ms < 0) return `−${span(-ms, gap)}`;
  if (ms < 1000) return `${ms} ms`;
  if (ms < 60_000) return `${ms / 1000} s`;
  if (ms < hour) return gap % 60_000 === 0 && ms % 60_000 === 0 ? `${ms / 60_000} min` : duration(ms);
  if (ms < 48 * hour) {
    const minutes = Math.round((ms % hour) / 60_000);
    return minutes === 0
      ? `${Math.floor(ms / hour)} h`
      : `${Math.floor(ms / hour)} h ${String(minutes).padStart(2, "0")}`;
  }
  return `${shortNumber(ms / (24 * hour))} d`;
}

/** One place of an axis in full. */
export const placeText = (axis: Axis, x: number, exactTime: (time: number) => string): string =>
  axis === "step" ? `Step ${count(x)}` : axis === "time" ? exactTime(x) : `${duration(x)} after the start`;
