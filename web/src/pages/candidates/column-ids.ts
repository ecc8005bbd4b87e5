import { quotedKey } from "../../filter/quote.ts";

/**
 * A column of candidates is named by an id: that of an attribute (`name`, `created`), or as a filter names what was logged:
 * `metrics.loss`, `params.depth`, `tags.team`. Addresses hold these ids.
 */
export type ColumnKind = "attribute" | "metric" | "param" | "tag";

/** What every candidate has, by id: the attribute by which the server orders it, if it can. */
const attributes: ReadonlyMap<string, string | undefined> = new Map([
  ["name", "run_name"],
  ["status", "status"],
  ["created", "start_time"],
  ["duration", "duration"],
  ["user", "user_id"],
  ["job", undefined],
  ["ended", "end_time"],
  ["artifacts", undefined],
  ["models", undefined],
  ["source", undefined],
  ["id", "run_id"],
]);

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

export interface ChosenColumn {
  id: string;
  /** Pixels; the usual width when absent. */
  width?: number;
  isPinned?: boolean;
}

/** MLflow's order_by for a column; undefined when the server cannot order by it. */
export function orderByOf(id: string, descending: boolean): string | undefined {
  const named = parseColumn(id);
  if (named === undefined) return undefined;
  const field = named.kind === "attribute" ? attributes.get(id) : quotedKey(named.key);
  return field === undefined ? undefined : `${named.kind}s.${field} ${descending ? "DESC" : "ASC"}`;
}
