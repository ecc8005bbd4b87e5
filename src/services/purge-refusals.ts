import { invalid, notFound } from "../errors.ts";

/** What is known of something that is to be purged. */
interface State {
  id: string;
  stage: "active" | "deleted";
  isHeld: boolean;
}

/**
 * @param what `Run` or `Experiment`.
 * @param states of those of `ids` that exist.
 * @throws RESOURCE_DOES_NOT_EXIST or INVALID_PARAMETER_VALUE naming those that cannot be purged.
 */
export function refuse(what: string, ids: readonly string[], states: readonly State[]): void {
  const known = new Set(states.map((state) => state.id));
  const absent = ids.filter((id) => !known.has(id));
  if (absent.length > 0) throw notFound(`${list(what, absent)} not found. Nothing was purged.`);
  const active = states.filter((state) => state.stage === "active").map((state) => state.id);
  if (active.length > 0)
    throw invalid(
      `${list(what, active)} must be in the 'deleted' state to be purged. Current state is active. Nothing was purged.`,
    );
  const held = states.filter((state) => state.isHeld).map((state) => state.id);
  if (held.length > 0)
    throw invalid(
      `${list(what, held)} cannot be purged while versions of registered models are made of it. Delete those first. Nothing was purged.`,
    );
}

const longestList = 20;

function list(what: string, ids: readonly string[]): string {
  const shown = ids.slice(0, longestList).join(", ");
  const more = ids.length > longestList ? `, and ${ids.length - longestList} more,` : "";
  return `${what}${ids.length > 1 ? "s" : ""} with id=${shown}${more}`;
}
