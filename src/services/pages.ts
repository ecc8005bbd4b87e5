import { type CursorValue, decodePageToken, encodePageToken } from "../search/page-token.ts";
import type { Database } from "../store/database.ts";
import { pageTokenSecret } from "../store/secrets.ts";

/**
 * The page tokens of one search.
 * @param about everything that decides what it finds and in which order, the project included.
 */
export async function pagesOf(db: Database, about: readonly unknown[]) {
  const secret = await pageTokenSecret(db);
  const query = textOf(about);
  return {
    /** Where the page begins; undefined for the first. @throws INVALID_PARAMETER_VALUE for a token of another search. */
    open: (token: string): CursorValue[] | undefined => decodePageToken(secret, query, token),
    /** The token for what follows, if anything does. */
    token: (next: readonly CursorValue[] | undefined): { nextPageToken?: string } =>
      next === undefined ? {} : { nextPageToken: encodePageToken(secret, query, next) },
  };
}

/** A text in which two lists of values differ as soon as the values do. */
export const textOf = (about: readonly unknown[]): string =>
  JSON.stringify(about, (_, value) => (typeof value === "bigint" ? String(value) : value));
