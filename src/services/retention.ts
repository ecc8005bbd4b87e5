import type { Deps } from "./deps.ts";
import { gc } from "./purge.ts";
import { isAnything, type Purged } from "./purge-tally.ts";
import { hour, rounds } from "./rounds.ts";

/**
 * Purges now and every hour what the projects' retention says, and what an interrupted purge has left.
 * @returns what ends it.
 */
export function purgeHourly(
  deps: Deps,
  tell: { purged(what: Purged): void; failed(error: unknown): void },
): () => Promise<void> {
  const purge = async () => {
    const purged = await gc(deps);
    if (isAnything(purged)) tell.purged(purged);
  };
  return rounds(purge, { interval: hour, failed: tell.failed });
}
