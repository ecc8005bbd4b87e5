import { clearGarbage } from "../store/artifact-garbage.ts";
import { inProjects } from "../store/scope.ts";
import type { Deps } from "./deps.ts";

const hour = 60 * 60 * 1000;

/** Removes the objects that have been garbage for a day. @returns how many it removed. */
export const sweep = ({ db, artifacts }: Deps): Promise<number> =>
  inProjects("all", () => clearGarbage(db, (objectIds) => artifacts.delete(objectIds)));

/**
 * Sweeps now and every hour. A failure is told and ends nothing: the next round comes.
 * @returns what ends it.
 */
export function sweepHourly(
  deps: Deps,
  tell: { swept(count: number): void; failed(error: unknown): void },
): () => void {
  const round = () => void sweep(deps).then(tell.swept, tell.failed);
  round();
  const timer = setInterval(round, hour).unref();
  return () => clearInterval(timer);
}
