import { decodePart, type Search } from "../address.ts";
import type { Axis, Range } from "./points.ts";

/** How charts show what they show. The address holds it. */
export interface ChartSettings {
  axis: Axis;
  /** The weight of the moving average: from 0 to 0.99. */
  smoothing: number;
  isLog: boolean;
  /** A part of the axis; all when undefined. */
  zoom: Range | undefined;
  /** A part of the names of metrics. */
  find: string;
  /** The metrics that are shown large. */
  wide: readonly string[];
  /** Run ids whose lines are not drawn. */
  hidden: readonly string[];
}

export const mostSmoothing = 0.99;

export function parseSettings(search: Partial<Search>): ChartSettings {
  const smoothing = Number(search.smooth ?? 0);
  return {
    axis: search.axis === "time" || search.axis === "relative" ? search.axis : "step",
    smoothing: smoothing >= 0 && smoothing <= mostSmoothing ? smoothing : 0,
    isLog: search.scale === "log",
    zoom: parseRange(search.zoom),
    find: search.metric ?? "",
    wide: parseList(search.wide),
    hidden: parseList(search.hidden),
  };
}

/** The parts of an address for what is changed; an empty text takes the part away. */
export function printSettings(change: Partial<ChartSettings>): Search {
  const search: Search = {};
  if (change.axis !== undefined) search.axis = change.axis === "step" ? "" : change.axis;
  if (change.smoothing !== undefined) search.smooth = change.smoothing === 0 ? "" : String(change.smoothing);
  if (change.isLog !== undefined) search.scale = change.isLog ? "log" : "";
  if ("zoom" in change)
    search.zoom = change.zoom === undefined ? "" : `${change.zoom.from}:${change.zoom.to}`;
  if (change.find !== undefined) search.metric = change.find;
  if (change.wide !== undefined) search.wide = printList(change.wide);
  if (change.hidden !== undefined) search.hidden = printList(change.hidden);
  return search;
}

function parseRange(text: string | undefined): Range | undefined {
  const [, from, to] = /^(-?\d+):(-?\d+)$/.exec(text ?? "") ?? [];
  const range = { from: Number(from), to: Number(to) };
  return range.from < range.to && Number.isSafeInteger(range.from) && Number.isSafeInteger(range.to)
    ? range
    : undefined;
}

const printList = (all: readonly string[]) => all.map(encodeURIComponent).join(",");

const parseList = (text = ""): string[] =>
  text
    .split(",")
    .filter((part) => part !== "")
    .map(decodePart);
