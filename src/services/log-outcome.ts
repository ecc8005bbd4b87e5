import { invalid } from "../errors.ts";
import type { Outcome } from "../store/log-batch.ts";
import { runNotFound, runNotInState } from "./ids.ts";

/**
 * Turns what became of a batch into the caller's answer.
 * @param changed makes the error for params that exist with another value.
 * @throws RESOURCE_DOES_NOT_EXIST, INVALID_PARAMETER_VALUE
 */
export function checkLogged(
  runId: string,
  outcome: Outcome,
  changed?: (stored: Record<string, string>) => string,
): void {
  switch (outcome.state) {
    case "logged":
      return;
    case "absent":
      throw runNotFound(runId);
    case "deleted":
      throw runNotInState(runId, "active");
    case "changed":
      throw invalid(changed?.(outcome.stored) ?? "Changing param values is not allowed.");
  }
}

/** What log-param says of a param that exists with another value; log-batch has a sentence of its own. */
export const changedParam = (
  runId: string,
  { key, value }: { key: string; value: string },
  stored: Record<string, string>,
): string =>
  `Changing param values is not allowed. Param with key='${key}' was already logged with value='${stored[key]}' for run ID='${runId}'. Attempted logging new value '${value}'.`;
