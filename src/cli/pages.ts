const size = 1_000;

/** All rows of a list that the store gives in pages. @param key of a row, after which the next page begins. */
export async function everyPage<T, K>(
  page: (after: K | undefined, limit: number) => Promise<T[]>,
  key: (row: T) => K,
): Promise<T[]> {
  const all: T[] = [];
  let after: K | undefined;
  for (;;) {
    const rows = await page(after, size);
    all.push(...rows);
    const last = rows.at(-1);
    if (last === undefined || rows.length < size) return all;
    after = key(last);
  }
}
