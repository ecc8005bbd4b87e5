import type { ModelOrder } from "../../api/models.ts";
import type { Sorting } from "../../parts/Table.tsx";

/** What the address calls the columns, and the server. */
const orders = {
  name: "name",
  updated: "last_updated_timestamp",
  created: "creation_timestamp",
} as const satisfies Record<string, ModelOrder>;

export type ModelColumn = keyof typeof orders;

const isColumn = (text: string): text is ModelColumn => Object.hasOwn(orders, text);

/** `name` up, `-updated` down; what changed last first where the address says nothing. */
export function parseSort(text: string | undefined): Sorting<ModelColumn> {
  const key = text?.replace(/^-/, "") ?? "";
  return isColumn(key)
    ? { key, descending: text?.startsWith("-") ?? false }
    : { key: "updated", descending: true };
}

export function printSort({ key, descending }: Sorting<ModelColumn>): string {
  const text = `${descending ? "-" : ""}${key}`;
  return text === "-updated" ? "" : text;
}

export const orderOf = ({ key, descending }: Sorting<ModelColumn>) => ({ order: orders[key], descending });
