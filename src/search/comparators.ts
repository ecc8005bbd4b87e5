/** Which comparators there are. */
import { invalid } from "../errors.ts";
import type { ListOp, NumberOp, PresenceOp, TextOp } from "./ast.ts";
import { shown } from "./text.ts";

const numberOps: readonly string[] = ["=", "!=", ">", ">=", "<", "<="] satisfies NumberOp[];
const textOps: readonly string[] = ["=", "!=", "LIKE", "ILIKE"] satisfies TextOp[];
const listOps: readonly string[] = ["IN", "NOT IN"] satisfies ListOp[];
const presenceOps: readonly string[] = ["IS NULL", "IS NOT NULL"] satisfies PresenceOp[];

export const isNumberOp = (op: string): op is NumberOp => numberOps.includes(op);
export const isTextOp = (op: string): op is TextOp => textOps.includes(op);
const isListOp = (op: string): op is ListOp => listOps.includes(op);
export const isPresenceOp = (op: string): op is PresenceOp => presenceOps.includes(op);

// MLflow prints Python sets here, whose order changes from process to process; ours is sorted.
const numberSet = "{'!=', '<', '<=', '=', '>', '>='}";
const textSet = "{'!=', '=', 'ILIKE', 'LIKE'}";

/**
 * The error for a comparator that a run's metric, param, tag or attribute does not have, down to the quotation mark
 * that MLflow 1.28 closes for params only (behaviour.md §9).
 */
export function invalidRunComparator(kind: "metric" | "param" | "tag" | "attribute", op: string) {
  const set = kind === "metric" ? numberSet : textSet;
  return invalid(`Invalid comparator '${shown(op)}' not one of '${set}${kind === "param" ? "'" : ""}`);
}

/** The same for experiments, registered models and versions (behaviour.md §5, §11). */
export function invalidPlainComparator(kind: "tag" | "attribute", op: string) {
  return invalid(`Invalid comparator for ${kind}: ${shown(op)}`);
}

/** The comparator of a list. */
export function listComparator(op: string): ListOp {
  if (isListOp(op)) return op;
  throw invalid(`Invalid comparator '${shown(op)}' for a list of values. Use IN or NOT IN.`);
}
