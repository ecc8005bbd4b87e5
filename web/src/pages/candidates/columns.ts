import type { Candidate } from "../../api/candidates.ts";
import { shortNumber } from "../../format/number.ts";
import type { GridColumn } from "../../table/column.ts";
import { attributes } from "./attributes.tsx";
import { type ChosenColumn, type ColumnKind, nameColumn, orderByOf, parseColumn } from "./column-ids.ts";

const groups: Record<ColumnKind, string> = {
  attribute: "",
  metric: "Metrics",
  param: "Parameters",
  tag: "Metadata",
};

/** The title of a column without its group. */
export const titleOf = (id: string): string => attributes.get(id)?.title ?? parseColumn(id)?.key ?? id;

/** The column of the grid; undefined for an id that names nothing. */
export function gridColumn({ id, width, isPinned = false }: ChosenColumn): GridColumn<Candidate> | undefined {
  const named = parseColumn(id);
  if (named === undefined) return undefined;
  const attribute = attributes.get(id);
  if (attribute !== undefined) {
    return {
      id,
      ...attribute,
      width: width ?? attribute.width,
      isPinned: isPinned || id === nameColumn,
      isSortable: orderByOf(id, true) !== undefined,
    };
  }
  const { kind, key } = named;
  const [group, title] = grouped(groups[kind], key);
  const common = { id, title, group, isPinned, isSortable: true };
  if (kind === "metric")
    return {
      ...common,
      width: width ?? usualWidth(title, 112),
      isNumeric: true,
      cell({ metrics }) {
        const value = metrics.get(key);
        return value === undefined ? "" : shortNumber(value);
      },
      text({ metrics }) {
        const value = metrics.get(key);
        return value === undefined ? undefined : String(value);
      },
    };
  const read = (one: Candidate) => (kind === "param" ? one.params : one.tags).get(key);
  return {
    ...common,
    width: width ?? usualWidth(title, 112),
    cell: (one) => firstLine(read(one) ?? ""),
    text: read,
  };
}

/** `train/loss` is `loss` in the group `Metrics · train`. */
function grouped(group: string, key: string): [group: string, title: string] {
  const cut = key.lastIndexOf("/");
  if (cut <= 0 || cut === key.length - 1) return [group, key];
  return [`${group} · ${key.slice(0, cut)}`, key.slice(cut + 1)];
}

/** Wide enough for the title. */
const usualWidth = (title: string, least: number) => Math.min(200, Math.max(least, 60 + title.length * 7));

/** A cell has one line, and no use for a text of megabytes. */
const firstLine = (text: string) =>
  text.length > 300 || text.includes("\n") ? (text.split("\n")[0] ?? "").slice(0, 300) : text;
