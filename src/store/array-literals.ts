/**
 * Postgres' text form of arrays. pg's own serialiser quotes and escapes item by item, numbers too; for the thousand
 * numbers of a batch a join is several times faster.
 */

/** `{1,2.5,NaN,-Infinity}`: for bigint[], int[] and float8[] parameters. */
export const numberArray = (values: readonly (number | bigint)[]): string => `{${values.join(",")}}`;

/** `{"a","b \"c\""}`: for text[] and uuid[] parameters. */
export const textArray = (values: readonly string[]): string =>
  values.length === 0 ? "{}" : `{"${values.map(escaped).join('","')}"}`;

const escaped = (text: string) =>
  text.includes('"') || text.includes("\\") ? text.replace(/["\\]/g, "\\$&") : text;
