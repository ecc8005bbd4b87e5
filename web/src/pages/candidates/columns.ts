import type { Candidate } from "../../api/candidates.ts";
import { quotedKey } from "../../filter/quote.ts";
import { shortNumber } from "../../format/number.ts";
import type { GridColumn } from "../../table/column.ts";
import { attributes } from "./attributes.tsx";

/**
 * A column of candidates is named by an id: that of an attribute (`name`, `created`), or as a filter names what was logged:
 * `metrics.loss`, `params.depth`, `tags.team`. Addresses hold these ids.
 */
export type ColumnKind = "attribute" | "metric" | "param" | "tag";

const prefixes: Record<string, ColumnKind> = { "metrics.": "metric", "params.": "param", "tags.": "tag" };

/** What an id names; undefined when it names nothing. */
export function parseColumn(id: string): { kind: ColumnKind; key: string } | undefined {
  if (attributes.has(id)) return { kind: "attribute", key: id };
  for (const [prefix, kind] of Object.entries(prefixes))
    if (id.startsWith(prefix) && id.length > prefix.length) return { kind, key: id.slice(prefix.length) };
  return undefined;
}

/** Pinned, and always there. */
export const nameColumn = "name";

/** Those that are shown where the address names none. */
export const usualAttributes = ["name", "status", "created", "duration", "user"];

const groups: Record<ColumnKind, string> = {
  attribute: "",
  metric: "Metrics",
  param: "Parameters",
  tag: "Metadata",
};

/** The title of a column without its group. */
export const titleOf = (id: string): string => attributes.get(id)?.title ?? parseColumn(id)?.key ?? id;

export interface ChosenColumn {
  id: string;
  /** Pixels; the usual width when absent. */
  width?: number;
  isPinned?: boolean;
}

/** The column of the grid; undefined for an id that names nothing. */
export function gridColumn({ id, width, isPinned = false }: ChosenColumn): GridColumn<Candidate> | undefined {
  const named = parseColumn(id);
  if (named === undefined) return undefined;
  const attribute = attributes.get(id);
  if (attribute !== undefined) {
    const { orderBy, ...rest } = attribute;
    return {
      id,
      ...rest,
      width: width ?? attribute.width,
      isPinned: isPinned || id === nameColumn,
      isSortable: orderBy !== undefined,
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

/** MLflow's order_by for a column; undefined when the server cannot order by it. */
export function orderByOf(id: string, descending: boolean): string | undefined {
  const named = parseColumn(id);
  if (named === undefined) return undefined;
  const field = named.kind === "attribute" ? attributes.get(id)?.orderBy : quotedKey(named.key);
  return field === undefined ? undefined : `${named.kind}s.${field} ${descending ? "DESC" : "ASC"}`;
}
