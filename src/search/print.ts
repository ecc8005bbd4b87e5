/** Conditions → filter text: the canonical way to write what was understood. */
import type { RunCondition } from "./ast.ts";
import { unquotedKey } from "./identifier.ts";
import { tokenize } from "./tokens.ts";

/** A filter of runs that parses to the same conditions. Every result of parseRunFilter can be printed. */
export function printRunFilter(conditions: readonly RunCondition[]): string {
  return conditions.map(printCondition).join(" AND ");
}

function printCondition(condition: RunCondition): string {
  const left = `${condition.kind}s.${printKey(condition.key)} ${condition.op}`;
  if ("values" in condition) return `${left} (${condition.values.map(printText).join(", ")})`;
  if (!("value" in condition)) return left;
  const { value } = condition;
  return `${left} ${typeof value === "string" ? printText(value) : printNumber(value)}`;
}

function printNumber(value: number | bigint): string {
  if (Object.is(value, -0)) return "-0";
  // Decimals have no word for infinity, but any that float8 cannot hold is one.
  return String(value).replace("Infinity", "1e999");
}

const printText = (value: string) => spelling(value, [`'${value}'`, `"${value}"`], isText);

const printKey = (key: string) => spelling(key, [key, `\`${key}\``, `"${key}"`, `"\`${key}\`"`], isKey);

/** The first spelling that is read back as the value. */
function spelling(
  value: string,
  candidates: readonly string[],
  reads: (text: string, value: string) => boolean,
) {
  const found = candidates.find((candidate) => reads(candidate, value));
  if (found === undefined) throw new Error("This text has more kinds of quotes than a filter can write");
  return found;
}

function isText(text: string, value: string): boolean {
  const [token, ...more] = tokenize(text);
  return (
    more.length === 0 && (token?.kind === "string" || token?.kind === "quoted") && text.slice(1, -1) === value
  );
}

function isKey(text: string, key: string): boolean {
  const [token, ...more] = tokenize(`tags.${text}`);
  return (
    more.length === 0 && token?.kind === "name" && token.end === text.length + 5 && unquotedKey(text) === key
  );
}
