/** The syntax of order_by, which all searches share: one identifier per item, then ASC or DESC in any case. */
import { invalid } from "../errors.ts";
import { inOrder } from "./place.ts";
import { checkText, MAX_ORDERS, pythonList, shown } from "./text.ts";
import { type Token, tokenize } from "./tokens.ts";

/** An item before its identifier is understood. */
export interface OrderItem {
  identifier: string;
  ascending: boolean;
}

/**
 * The items of an order_by.
 * @throws LoggiaError INVALID_PARAMETER_VALUE with MLflow 1.28's texts (behaviour.md §9)
 */
export function parseOrders(items: readonly string[]): OrderItem[] {
  if (items.length > MAX_ORDERS) {
    throw invalid(`Invalid order_by: it must have at most ${MAX_ORDERS} items, but has ${items.length}.`);
  }
  return items.map((text, item) => inOrder(item, text, () => parseOrder(text)));
}

function parseOrder(item: string): OrderItem {
  checkText("order_by", item);
  const [first, second, ...more] = tokenize(item);
  const readable = isName(first) && (!second || isName(second)) && more.length === 0;
  const trimmed = first?.start === 0 && (second ?? first).end === item.length;
  if (!readable || !trimmed || direction(first)) {
    throw invalid(`Invalid order_by clause '${shown(item)}'. Could not be parsed.`);
  }
  if (!second) return { identifier: first.text, ascending: true };
  const word = direction(second);
  if (!word) throw invalid(`Invalid ordering key in order_by clause '${shown(item)}'.`);
  return { identifier: first.text, ascending: word === "ASC" };
}

const isName = (token: Token | undefined): token is Token =>
  token?.kind === "name" || token?.kind === "quoted";

function direction({ text }: Token): "ASC" | "DESC" | undefined {
  if (/^asc$/i.test(text)) return "ASC";
  if (/^desc$/i.test(text)) return "DESC";
  return undefined;
}

interface Order {
  kind: string;
  key: string;
}

/** Refuses an order_by that has a column twice, in the words of MLflow 1.28, which answers 500. */
export function refuseDuplicates(items: readonly string[], orders: readonly Order[]): void {
  if (withoutDuplicates(orders).length < orders.length) {
    throw invalid(`\`order_by\` contains duplicate fields: ${shown(pythonList(items))}`);
  }
}

/** The orders without those that cannot decide anything, because an earlier one has the same column. */
export function withoutDuplicates<T extends Order>(orders: readonly T[]): T[] {
  const seen = new Set<string>();
  return orders.filter(({ kind, key }) => {
    const column = `${kind}.${key}`;
    return !seen.has(column) && seen.add(column);
  });
}
