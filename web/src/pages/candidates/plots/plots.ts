import { decodePart, type Search } from "../../../address.ts";
import type { Candidate, Keys } from "../../../api/candidates.ts";
import { parseColumn } from "../column-ids.ts";

export type Kind = "lines" | "scatter" | "parallel" | "best";

/** What the charts beside the table show. Columns are named as those of the table: `metrics.loss`, `params.depth`. */
export interface Plots {
  kind: Kind;
  x: string;
  y: string;
  axes: readonly string[];
  /** The metric that bars are of, and that lines across axes are coloured by. */
  by: string;
  /** Whether the least value is the best; by the name of the metric when undefined. */
  isLeastBest: boolean | undefined;
  /** Parts of axes, from 0 to 1, that lines must pass through. */
  brushes: ReadonlyMap<string, { from: number; to: number }>;
}

/** What an address says, and where it says nothing what there is most of. */
export function parsePlots(search: Partial<Search>, { metrics, params }: Keys): Plots {
  const metric = metrics[0] === undefined ? "" : `metrics.${metrics[0]}`;
  const param = params[0] === undefined ? `metrics.${metrics[1] ?? metrics[0] ?? ""}` : `params.${params[0]}`;
  const usualAxes = [
    ...params.slice(0, 4).map((key) => `params.${key}`),
    ...metrics.slice(0, 2).map((key) => `metrics.${key}`),
  ];
  const axes = (search.axes ?? "").split(",").map(decodePart).filter(isLogged);
  const kind = search.plot;
  return {
    kind: kind === "scatter" || kind === "parallel" || kind === "best" ? kind : "lines",
    x: isLogged(search.x) ? search.x : param,
    y: isLogged(search.y) ? search.y : metric,
    axes: axes.length === 0 ? usualAxes : [...new Set(axes)],
    by: isLogged(search.by) && search.by.startsWith("metrics.") ? search.by : metric,
    isLeastBest: search.first === "least" ? true : search.first === "greatest" ? false : undefined,
    brushes: new Map(
      (search.brush ?? "").split(",").flatMap((part): [string, { from: number; to: number }][] => {
        const [, id = "", from, to] = /^(.+):([\d.]+):([\d.]+)$/.exec(part) ?? [];
        return Number(from) < Number(to) ? [[decodePart(id), { from: Number(from), to: Number(to) }]] : [];
      }),
    ),
  };
}

export function printPlots(change: Partial<Plots>): Search {
  const search: Search = {};
  if (change.kind !== undefined) search.plot = change.kind === "lines" ? "" : change.kind;
  if (change.x !== undefined) search.x = change.x;
  if (change.y !== undefined) search.y = change.y;
  if (change.axes !== undefined) search.axes = change.axes.map(encodeURIComponent).join(",");
  if (change.by !== undefined) search.by = change.by;
  if ("isLeastBest" in change)
    search.first = change.isLeastBest === undefined ? "" : change.isLeastBest ? "least" : "greatest";
  if (change.brushes !== undefined)
    search.brush = [...change.brushes]
      .map(([id, { from, to }]) => `${encodeURIComponent(id)}:${from.toFixed(3)}:${to.toFixed(3)}`)
      .join(",");
  return search;
}

const isLogged = (id: string | undefined): id is string => {
  const kind = parseColumn(id ?? "")?.kind;
  return kind === "metric" || kind === "param";
};

/** The columns to ask for. */
export function keysOfPlots({ kind, x, y, axes, by }: Plots): Keys {
  const ids = kind === "scatter" ? [x, y] : kind === "parallel" ? [...axes, by] : [by];
  const of = (wanted: "metric" | "param") => [
    ...new Set(
      ids.flatMap((id) => {
        const column = parseColumn(id);
        return column?.kind === wanted ? [column.key] : [];
      }),
    ),
  ];
  return { metrics: of("metric"), params: of("param"), tags: [] };
}

/** What a candidate has in a column. */
export function columnValue(candidate: Candidate, id: string): string | number | undefined {
  const column = parseColumn(id);
  if (column?.kind === "metric") return candidate.metrics.get(column.key);
  return column?.kind === "param" ? candidate.params.get(column.key) : undefined;
}
