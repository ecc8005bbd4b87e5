import type { Deps } from "./deps.ts";
import { gc } from "./purge.ts";
import { isAnything, type Purged } from "./purge-tally.ts";

const hour = 60 * 60 * 1000;

/**
 * Purges now and every hour what the projects' retention says, and what an interrupted purge has left. A failure is told
 * and ends nothing: the next round comes, once this one is over.
 * @returns what ends it.
 */
export function purgeHourly(
  deps: Deps,
  tell: { purged(what: Purged): void; failed(error: unknown): void },
): () => void {
  let isBusy = false;
  const round = async () => {
    if (isBusy) return;
    isBusy = true;
    try {
      const purged = await gc(deps);
      if (isAnything(purged)) tell.purged(purged);
    } catch (error) {
      tell.failed(error);
    } finally {
      isBusy = false;
    }
  };
  void round();
  const timer = setInterval(round, hour).unref();
  return () => clearInterval(timer);
}
