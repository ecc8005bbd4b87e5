import { inProjects } from "../store/scope.ts";
import { type Mark, mark, settle } from "../store/settled-metrics.ts";
import type { Deps } from "./deps.ts";

/** Milliseconds. A series is settled when it has been quiet for one to two of them. */
const interval = 15_000;

/**
 * Settles metrics that are not being logged any more (store/settled-metrics.ts). May run on several servers at once. A failure
 * is told and ends nothing.
 * @returns what ends it.
 */
export function settleMetrics({ db }: Pick<Deps, "db">, tell: { failed(error: unknown): void }): () => void {
  let last: Mark | undefined;
  let isBusy = false;
  const round = async () => {
    if (isBusy) return;
    isBusy = true;
    try {
      const now = await mark(db);
      if (last !== undefined) await settle(db, last);
      last = now;
    } catch (error) {
      tell.failed(error);
    } finally {
      isBusy = false;
    }
  };
  const sweep = () => void inProjects("all", round);
  sweep();
  const timer = setInterval(sweep, interval).unref();
  return () => clearInterval(timer);
}
