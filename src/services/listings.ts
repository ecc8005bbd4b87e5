import type { CursorValue } from "../search/page-token.ts";
import type { Database } from "../store/database.ts";
import { pagesOf } from "./pages.ts";
import { between } from "./request-limits.ts";

/** Rows of a page when a request does not say, and at most. */
const usual = 100;
const most = 1_000;

export interface ListRequest {
  /** 0 when absent. */
  maxResults: number;
  pageToken: string;
}

export interface Listing<Row, Key extends CursorValue> {
  /** Whatever decides what is listed and in which order. */
  about: readonly unknown[];
  /** What the rows are ordered by; no two have the same. */
  key(row: Row): Key;
  /** `limit` rows at most, those that follow the one with the key `after`. */
  find(place: { after?: Key; limit: number }): Promise<Row[]>;
}

/** One page of a listing, and the token of the next if there is one. @throws INVALID_PARAMETER_VALUE */
export async function listPage<Row, Key extends CursorValue>(
  db: Database,
  { maxResults, pageToken }: ListRequest,
  { about, key, find }: Listing<Row, Key>,
): Promise<{ rows: Row[]; token: { nextPageToken?: string } }> {
  const limit = between("max_results", maxResults || usual, 1, most);
  const pages = await pagesOf(db, about);
  const [after] = (pages.open(pageToken) ?? []) as Key[];
  const found = await find({ limit: limit + 1, ...(after !== undefined && { after }) });
  const rows = found.slice(0, limit);
  const last = rows.at(-1);
  return { rows, token: pages.token(found.length > limit && last !== undefined ? [key(last)] : undefined) };
}
