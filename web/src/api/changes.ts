import type { QueryKey } from "@tanstack/react-query";
import { queries } from "./queries.ts";

/** Waits for a change; then the pages look again at what has these keys. */
export async function changed<T>(answer: Promise<T>, ...keys: readonly QueryKey[]): Promise<T> {
  const value = await answer;
  await Promise.all(keys.map((queryKey) => queries.invalidateQueries({ queryKey })));
  return value;
}

/** All rows of a listing that comes in pages. */
export async function everyPage<Row>(
  ask: (pageToken: string) => Promise<{ rows: Row[]; nextPageToken?: string | undefined }>,
): Promise<Row[]> {
  const all: Row[] = [];
  let pageToken: string | undefined = "";
  while (pageToken !== undefined) {
    const page = await ask(pageToken);
    all.push(...page.rows);
    pageToken = page.nextPageToken;
  }
  return all;
}
