import { LoggiaError } from "../errors.ts";
import type { Database } from "../store/database.ts";

/** Exports of one project that one process works on at a time: each holds two pages in memory and is busy for minutes. */
const most = 8;

const running = new WeakMap<Database, Map<bigint, number>>();

/**
 * `items`, which count as an export of `project` from the first until the last or until their reader goes.
 * @throws REQUEST_LIMIT_EXCEEDED in place of the first, when too many are under way.
 */
export async function* oneOfFew<T>(
  db: Database,
  project: bigint,
  items: AsyncIterable<T>,
): AsyncGenerator<T> {
  const counts = running.get(db) ?? new Map<bigint, number>();
  running.set(db, counts);
  const count = counts.get(project) ?? 0;
  if (count >= most)
    throw new LoggiaError(
      "REQUEST_LIMIT_EXCEEDED",
      `At most ${most} exports of one project are worked on at a time.`,
      { retryAfter: 10 },
    );
  counts.set(project, count + 1);
  try {
    yield* items;
  } finally {
    const left = (counts.get(project) ?? 1) - 1;
    if (left === 0) counts.delete(project);
    else counts.set(project, left);
  }
}
