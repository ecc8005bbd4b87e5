import type { Range } from "./points.ts";
import { nearest } from "./reading.ts";

interface Now {
  range: Range;
  /** All that there is. */
  whole: Range;
  /** Where the chart is read. */
  at: number | undefined;
  /** Where there are points, in order. */
  places: () => readonly number[];
}

/** What of the browser's KeyboardEvent counts. */
interface Pressed {
  key: string;
  shiftKey: boolean;
  ctrlKey: boolean;
  metaKey: boolean;
  altKey: boolean;
}

/** What a key does to a chart: moves what is read, or what is shown. undefined: nothing. */
export function keyed(
  { key, shiftKey, ctrlKey, metaKey, altKey }: Pressed,
  now: Now,
): { zoom: Range | undefined } | { at: number | undefined } | undefined {
  if (ctrlKey || metaKey || altKey) return undefined;
  const { range, whole, at } = now;
  switch (key) {
    case "+":
    case "=":
      return { zoom: zoomed(range, at ?? (range.from + range.to) / 2, 0.5, whole) };
    case "-":
    case "_":
      return { zoom: zoomed(range, at ?? (range.from + range.to) / 2, 2, whole) };
    case "0":
      return { zoom: undefined };
    case "Escape":
      if (at !== undefined) return { at: undefined };
      return range.from > whole.from || range.to < whole.to ? { zoom: undefined } : undefined;
    case "ArrowLeft":
    case "ArrowRight": {
      const by = key === "ArrowLeft" ? -1 : 1;
      return shiftKey ? { zoom: moved(range, by / 4, whole) } : { at: stepped(now, by) };
    }
    case "Home":
      return { at: within(now)[0] };
    case "End":
      return { at: within(now).at(-1) };
    default:
      return undefined;
  }
}

/** A range `factor` times as wide around a place, within what there is; undefined for all of it. */
export function zoomed(range: Range, around: number, factor: number, whole: Range): Range | undefined {
  const from = Math.max(whole.from, around - (around - range.from) * factor);
  const to = Math.min(whole.to, around + (range.to - around) * factor);
  if (from <= whole.from && to >= whole.to) return undefined;
  // Steps and milliseconds are whole: there is nothing between two of them.
  return Math.ceil(to) - Math.floor(from) < 2 ? range : { from: Math.floor(from), to: Math.ceil(to) };
}

/** A range moved by a part of its width, not beyond the ends. */
export function moved(range: Range, part: number, whole: Range): Range {
  const width = range.to - range.from;
  const from = Math.min(
    Math.max(range.from + width * part, whole.from),
    Math.max(whole.from, whole.to - width),
  );
  return { from: Math.floor(from), to: Math.floor(from) + width };
}

const within = ({ places, range }: Now) => places().filter((x) => x >= range.from && x <= range.to);

function stepped(now: Now, by: number): number | undefined {
  const places = within(now);
  if (now.at === undefined) return by > 0 ? places[0] : places.at(-1);
  const next = nearest(places, now.at) + by;
  return places[Math.max(0, Math.min(places.length - 1, next))];
}
