import { invalid } from "../errors.ts";
import type { WantedKeys } from "../store/run-data.ts";
import { checkStorable } from "./names.ts";

const kinds = ["params", "metrics", "tags"] as const;
type Kind = (typeof kinds)[number];

/** Columns that a table has beside those which every table has, when they are asked for. */
export const moreAttributes = ["status", "user_id", "lifecycle_stage", "artifact_uri"] as const;
export type MoreAttribute = (typeof moreAttributes)[number];

/** What of runs is exported. */
export interface ChosenColumns {
  /** Without a kind: all keys of it. */
  keys: WantedKeys;
  attributes: readonly MoreAttribute[];
}

/** All that runs have logged. */
export const everything: readonly string[] = kinds;

const mostColumns = 5_000;

/**
 * @param columns `params`, `metrics` and `tags` for all keys of a kind, `params.lr` for one, `status` and the like.
 * @throws INVALID_PARAMETER_VALUE
 */
export function chooseColumns(columns: readonly string[]): ChosenColumns {
  if (columns.length > mostColumns)
    throw invalid(
      `Invalid value for parameter 'columns': at most ${mostColumns} can be named, but there are ${columns.length}.`,
    );
  const whole = new Set<Kind>();
  const keys: Record<Kind, Set<string>> = { params: new Set(), metrics: new Set(), tags: new Set() };
  const attributes = new Set<MoreAttribute>();
  for (const column of columns) {
    checkStorable("columns", column);
    const dot = column.indexOf(".");
    const kind = kinds.find((name) => name === (dot === -1 ? column : column.slice(0, dot)));
    const attribute = moreAttributes.find((name) => name === column);
    if (attribute !== undefined) attributes.add(attribute);
    else if (kind === undefined || dot === column.length - 1) throw unknown(column);
    else if (dot === -1) whole.add(kind);
    else keys[kind].add(column.slice(dot + 1));
  }
  return {
    keys: Object.fromEntries(kinds.filter((kind) => !whole.has(kind)).map((kind) => [kind, [...keys[kind]]])),
    attributes: moreAttributes.filter((name) => attributes.has(name)),
  };
}

const unknown = (column: string) =>
  invalid(
    `Invalid value for parameter 'columns': each must be ${[...kinds, ...moreAttributes].join(", ")}, or a single one such as params.lr, but one is ${JSON.stringify(column.slice(0, 300))}.`,
  );
