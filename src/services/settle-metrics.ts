import { inProjects } from "../store/scope.ts";
import { type Mark, mark, settle } from "../store/settled-metrics.ts";
import type { Deps } from "./deps.ts";
import { rounds } from "./rounds.ts";

/** Milliseconds. A series is settled when it has been quiet for one to two of them. */
const interval = 15_000;

/**
 * Settles metrics that are not being logged any more (store/settled-metrics.ts). May run on several servers at once.
 * @returns what ends it.
 */
export function settleMetrics(
  { db }: Pick<Deps, "db">,
  tell: { failed(error: unknown): void },
): () => Promise<void> {
  let last: Mark | undefined;
  const sweep = async () => {
    const now = await mark(db);
    if (last !== undefined) await settle(db, last);
    last = now;
  };
  return rounds(() => inProjects("all", sweep), { interval, failed: tell.failed });
}
