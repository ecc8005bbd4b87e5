import { invalid } from "../errors.ts";
import { missing } from "./context.ts";

/** @returns `value`. @throws INVALID_PARAMETER_VALUE */
export function between<T extends number | bigint>(
  parameter: string,
  value: T,
  least: number,
  most: number | bigint,
): T {
  if (value < least || value > most)
    throw invalid(
      `Invalid value for parameter '${parameter}': it must be between ${least} and ${most}, but is ${value}.`,
    );
  return value;
}

/** What a request lists, each once. @throws INVALID_PARAMETER_VALUE for none, and for too many. */
export function named(parameter: string, given: readonly string[], most: number): string[] {
  const each = [...new Set(given)];
  if (each.length === 0) throw missing(parameter);
  if (each.length > most) throw tooMany(parameter, most, each.length);
  return each;
}

export const tooMany = (parameter: string, most: number, found: number) =>
  invalid(`Invalid value for parameter '${parameter}': it must name at most ${most}, but names ${found}.`);
