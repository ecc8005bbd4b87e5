import { clearGarbage } from "../store/artifact-garbage.ts";
import { inProjects } from "../store/scope.ts";
import type { Deps } from "./deps.ts";
import { hour, rounds } from "./rounds.ts";

/** Removes the objects that have been garbage for a day. @returns how many it removed. */
export const sweep = ({ db, artifacts }: Deps): Promise<number> =>
  inProjects("all", () => clearGarbage(db, (objectIds) => artifacts.delete(objectIds)));

/**
 * Sweeps now and every hour.
 * @returns what ends it.
 */
export function sweepHourly(
  deps: Deps,
  tell: { swept(count: number): void; failed(error: unknown): void },
): () => Promise<void> {
  return rounds(async () => tell.swept(await sweep(deps)), { interval: hour, failed: tell.failed });
}
