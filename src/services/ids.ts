import { randomUUIDv7 } from "node:crypto";
import { invalid, type LoggiaError, notFound } from "../errors.ts";

const greatestInt8 = 2n ** 63n - 1n;

/**
 * An experiment id as the number it is looked up by: "007" finds 7 (behaviour.md §5).
 * @throws RESOURCE_DOES_NOT_EXIST for text that no id can be.
 */
export function experimentKey(id: string): bigint {
  const key = /^\d{1,40}$/.test(id) ? BigInt(id) : undefined;
  if (key === undefined || key > greatestInt8) throw experimentNotFound(id);
  return key;
}

export const experimentNotFound = (id: string): LoggiaError => notFound(`No Experiment with id=${id} exists`);

export const experimentNotActive = (id: string): LoggiaError =>
  invalid(`The experiment ${id} must be in the 'active' state. Current state is deleted.`);

/** A new run's id: a UUID of version 7, so in the order of time, as 32 lower-case hex digits. */
export const newRunId = (): string => randomUUIDv7().replaceAll("-", "");

/** A run id as Postgres prints it, in the form that callers know. */
export const fromUuid = (uuid: string): string => uuid.replaceAll("-", "");

/**
 * @returns `id`, which is fit for a query: 32 lower-case hex digits.
 * @throws RESOURCE_DOES_NOT_EXIST for any other text, as no run has such an id.
 */
export function runKeyText(id: string): string {
  if (!/^[0-9a-f]{32}$/.test(id)) throw runNotFound(id);
  return id;
}

export const runNotFound = (id: string): LoggiaError => notFound(`Run with id=${id} not found`);

export const runNotInState = (id: string, wanted: "active" | "deleted"): LoggiaError =>
  invalid(
    `The run ${id} must be in the '${wanted}' state. Current state is ${wanted === "active" ? "deleted" : "active"}.`,
  );
