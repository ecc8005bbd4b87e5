import type { LoggiaError } from "./error.ts";

/** What a run logs. */
export type Item =
  | {
      readonly kind: "metric";
      readonly key: string;
      readonly value: number;
      readonly step: number | bigint;
      readonly timestamp: number;
    }
  | { readonly kind: "param"; readonly key: string; readonly value: string }
  | { readonly kind: "tag"; readonly key: string; readonly value: string };

/** Items of one run that are sent, stored or refused together. */
export interface Batch {
  readonly runId: string;
  readonly items: readonly Item[];
  /** Whether it was refused with others, or looks for why it was: it may spoil what it is sent with. */
  readonly isSuspect?: boolean;
}

/** Items that the server will never take, and why. */
export interface Refusal {
  readonly runId: string;
  readonly items: readonly Item[];
  readonly error: LoggiaError;
}

/** What one batch may hold. */
export interface BatchLimits {
  items: number;
  params: number;
  tags: number;
}

/** Memory of the items of a batch, as `bytesOf` counts it: less than the 4 MiB that the server takes in one message. */
const mostBytes = 2 * 2 ** 20;

/** Memory that a waiting item takes, in bytes: the object with its numbers, and two bytes a character. */
export function bytesOf(item: Item): number {
  return 128 + 2 * (item.key.length + (item.kind === "metric" ? 0 : item.value.length));
}

/**
 * How many of the items, from the first, fit one batch. A param is in it once: the same one again with another value is for
 * the server to refuse, alone.
 */
function batchLength(items: readonly Item[], from: number, limits: BatchLimits): number {
  const left = { metric: limits.items, param: limits.params, tag: limits.tags };
  const params = new Set<string>();
  const end = Math.min(items.length, from + limits.items);
  let bytes = 0;
  for (let at = from; at < end; at++) {
    const item = items[at];
    if (item === undefined || left[item.kind]-- === 0) return at - from;
    bytes += bytesOf(item);
    if (bytes > mostBytes && at > from) return at - from;
    if (item.kind === "param" && params.size === params.add(item.key).size) return at - from;
  }
  return end - from;
}

/** So many batches of points alone may be on their way at once. */
const mostBatches = 4;

/** The items that are sent next: one batch, or several of points alone, among which there is no order. */
export function nextBatches(items: readonly Item[], from: number, limits: BatchLimits): Item[][] {
  const batches: Item[][] = [];
  for (let at = from; at < items.length && batches.length < mostBatches; ) {
    const batch = items.slice(at, at + batchLength(items, at, limits));
    const isOrdered = batch.some(({ kind }) => kind !== "metric");
    if (isOrdered && batches.length > 0) break;
    batches.push(batch);
    if (isOrdered) break;
    at += batch.length;
  }
  return batches;
}
