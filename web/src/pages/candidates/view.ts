import { decodePart, type Search } from "../../address.ts";
import { type ChosenColumn, nameColumn, parseColumn } from "./column-ids.ts";

/** All that a viewer chose on the page of candidates. The address holds it, so that a link shows the same. */
export interface View {
  /** MLflow's filter language. */
  filter: string;
  /** A part of the name. */
  name: string;
  sort: { column: string; descending: boolean } | undefined;
  stage: "active" | "deleted" | "all";
  /** undefined: the usual ones. */
  columns: readonly ChosenColumn[] | undefined;
  /** Run ids. */
  selected: readonly string[];
  /** Whether children stand below their parents rather than in the order of all. */
  isTree: boolean;
  /** Whether charts stand beside the table, or on a narrow page in its place. */
  isCharts: boolean;
}

/** As many are compared at most; more would not fit an address either. */
export const mostInAddress = 50;

/** What an address says; what it says wrongly is as if it was not there. */
export function parseView(search: Partial<Search>): View {
  const sort = search.sort ?? "";
  const column = sort.replace(/^-/, "");
  return {
    filter: search.filter ?? "",
    name: search.name ?? "",
    sort: parseColumn(column) === undefined ? undefined : { column, descending: sort.startsWith("-") },
    stage: search.view === "deleted" || search.view === "all" ? search.view : "active",
    columns: parseColumns(search.columns),
    selected: (search.selected ?? "").split(",").filter((id) => /^\w[\w-]*$/.test(id)),
    isTree: search.tree !== "no",
    isCharts: search.show === "charts",
  };
}

/** The parts of an address for what is changed; an empty text takes the part away. */
export function printView(view: Partial<View>): Search {
  const search: Search = {};
  if (view.filter !== undefined) search.filter = view.filter;
  if (view.name !== undefined) search.name = view.name;
  if ("sort" in view)
    search.sort = view.sort === undefined ? "" : `${view.sort.descending ? "-" : ""}${view.sort.column}`;
  if (view.stage !== undefined) search.view = view.stage === "active" ? "" : view.stage;
  if ("columns" in view) search.columns = view.columns === undefined ? "" : printColumns(view.columns);
  if (view.selected !== undefined)
    search.selected = view.selected.length > mostInAddress ? "" : view.selected.join(",");
  if (view.isTree !== undefined) search.tree = view.isTree ? "" : "no";
  if (view.isCharts !== undefined) search.show = view.isCharts ? "charts" : "";
  return search;
}

/** `name:240,@status,metrics.loss`: in their order, pinned with @, with a width where it is not the usual one. */
const printColumns = (columns: readonly ChosenColumn[]): string =>
  columns
    .map(
      ({ id, width, isPinned }) =>
        `${isPinned ? "@" : ""}${encodeURIComponent(id)}${width === undefined ? "" : `:${width}`}`,
    )
    .join(",");

function parseColumns(text: string | undefined): ChosenColumn[] | undefined {
  if (text === undefined || text === "") return undefined;
  const columns = text.split(",").flatMap((part): ChosenColumn[] => {
    const [, pin, name = "", width] = /^(@?)([^:]*)(?::(\d{2,3}))?$/.exec(part) ?? [];
    const id = decodePart(name);
    if (parseColumn(id) === undefined) return [];
    return [
      {
        id,
        ...(pin === "@" ? { isPinned: true } : {}),
        ...(width === undefined ? {} : { width: Number(width) }),
      },
    ];
  });
  const distinct = columns.filter(({ id }, at) => columns.findIndex((other) => other.id === id) === at);
  return distinct.some(({ id }) => id === nameColumn) ? distinct : [{ id: nameColumn }, ...distinct];
}
