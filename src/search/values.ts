/** The right side of a clause: texts, numbers and lists, each with MLflow's sentence for what does not fit. */
import { invalid } from "../errors.ts";
import type { NumberOp, TextOp } from "./ast.ts";
import type { Operand } from "./operands.ts";
import { shown } from "./text.ts";

/** The text between the quotes of an operand. `expected` makes the message for what cannot be a text at all. */
export function textValue(operand: Operand, expected: (found: string) => string): string {
  if (operand.kind === "string" || operand.kind === "quoted") return operand.text.slice(1, -1);
  const found = shown(operand.text);
  if (operand.kind === "name" && operand.text.toUpperCase() !== "NULL") {
    throw invalid(
      `Parameter value is either not quoted or unidentified quote types used for string value ${found}. Use either single or double quotes.`,
    );
  }
  throw invalid(expected(found));
}

/** The literal of a number, as written. */
export function numberText(operand: Operand, expected: (found: string) => string): string {
  if (operand.kind === "number") return operand.text;
  throw invalid(expected(shown(operand.text)));
}

/** The texts of a list such as `('a', 'b')`, of which there is at least one. */
export function listValues(operand: Operand): readonly string[] {
  const start = "While parsing a list in the query, expected";
  const items = operand.kind === "list" ? operand.items : "ill-formed";
  switch (items) {
    case "empty":
      throw invalid(`${start} a non-empty list of string values, but got empty list`);
    case "ill-formed":
      throw invalid(`${start} a non-empty list of string values, but got ill-formed list.`);
    case "not text":
      throw invalid(
        `${start} string value, punctuation, or whitespace, but got different type in list: ${shown(operand.text)}`,
      );
    default:
      return items;
  }
}

/** Refuses a LIKE pattern whose last backslash escapes nothing: Postgres has an error for it, not an answer. */
export function checkPattern(op: TextOp, pattern: string): void {
  let backslashes = 0;
  while (pattern.at(-1 - backslashes) === "\\") backslashes++;
  if ((op === "LIKE" || op === "ILIKE") && backslashes % 2 === 1) {
    throw invalid(`Invalid ${op} pattern '${shown(pattern)}'. It must not end in a single backslash.`);
  }
}

const MAX = 2n ** 63n - 1n;
const MIN = -(2n ** 63n);

/**
 * A comparison of an int64 column with any decimal, as the same comparison with an int64. What no int64 fulfils
 * becomes `> 9223372036854775807`, what each fulfils `>= -9223372036854775808`.
 */
export function integerComparison(op: NumberOp, decimal: string): { op: NumberOp; value: bigint } {
  const { floor, exact } = floorOf(decimal);
  const never = { op: ">", value: MAX } as const;
  const always = { op: ">=", value: MIN } as const;
  if (op === "=") return exact && inRange(floor) ? { op, value: floor } : never;
  if (op === "!=") return exact && inRange(floor) ? { op, value: floor } : always;
  const greater = op === ">" || op === ">=";
  if (floor > MAX) return greater ? never : always;
  if (floor < MIN) return greater ? always : never;
  if (exact) return { op, value: floor };
  return { op: greater ? ">" : "<=", value: floor };
}

const inRange = (value: bigint) => value >= MIN && value <= MAX;

/** The greatest integer up to a decimal, exact where the decimal has at most 25 digits before its point. */
function floorOf(decimal: string): { floor: bigint; exact: boolean } {
  const [, sign, whole = "", fraction = ""] = /^(-?)(\d{0,25})(?:\.(\d*))?$/.exec(decimal) ?? [];
  if (sign !== undefined) {
    const exact = !/[1-9]/.test(fraction);
    const magnitude = BigInt(whole);
    if (sign === "") return { floor: magnitude, exact };
    return { floor: exact ? -magnitude : -magnitude - 1n, exact };
  }
  const value = Number(decimal);
  const floor = Math.floor(value);
  if (!Number.isFinite(floor)) return { floor: value > 0 ? MAX + 1n : MIN - 1n, exact: false };
  return { floor: BigInt(floor), exact: floor === value };
}
