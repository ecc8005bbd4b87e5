/** What every text of the search language has in common: its limits, and how it is shown in a message. */
import { invalid } from "../errors.ts";

/** Longest filter, in bytes of UTF-8; clients send `IN` lists of many run ids. */
export const MAX_FILTER_BYTES = 65_536;
/** Most conditions in one filter; a list counts as one. */
export const MAX_CLAUSES = 256;
/** Most items of one order_by; each may cost a join. */
export const MAX_ORDERS = 32;

const SHOWN = 500;

/** Refuses a text that Postgres could not store or that is too long to be worth reading. `what` names the parameter. */
export function checkText(what: "filter" | "order_by", text: string): void {
  if (text.length > MAX_FILTER_BYTES || Buffer.byteLength(text) > MAX_FILTER_BYTES) {
    throw invalid(`Invalid ${what}: it must be at most ${MAX_FILTER_BYTES} bytes long.`);
  }
  if (text.includes("\0")) throw invalid(`Invalid ${what}: it must not contain NUL characters.`);
  if (!text.isWellFormed()) throw invalid(`Invalid ${what}: it must be well-formed Unicode.`);
}

/** A caller's text for a message, cut to a length that a log line bears. */
export function shown(text: string): string {
  return text.length <= SHOWN ? text : `${text.slice(0, SHOWN).replace(/[\uD800-\uDBFF]$/, "")}…`;
}

/** Texts as Python prints a list of them, for messages that MLflow makes so. */
export function pythonList(items: readonly string[]): string {
  return `[${items.map(pythonString).join(", ")}]`;
}

/** JSON text as Python prints what it holds; numbers stay as they are written. @throws SyntaxError, RangeError when deep */
export function pythonValue(json: string): string {
  class Digits {
    readonly source: string;
    constructor(source: string) {
      this.source = source;
    }
  }
  const show = (value: unknown): string => {
    if (typeof value === "string") return pythonString(value);
    if (value instanceof Digits) return value.source;
    if (Array.isArray(value)) return `[${value.map(show).join(", ")}]`;
    if (typeof value === "object" && value !== null) {
      const members = Object.entries(value).map(([key, member]) => `${pythonString(key)}: ${show(member)}`);
      return `{${members.join(", ")}}`;
    }
    return value === null ? "None" : value === true ? "True" : "False";
  };
  return show(
    JSON.parse(json, (_key, value: unknown, context?: { source: string }) =>
      typeof value === "number" ? new Digits(context?.source ?? String(value)) : value,
    ),
  );
}

function pythonString(text: string): string {
  const quote = text.includes("'") && !text.includes('"') ? '"' : "'";
  const escaped = text
    .replaceAll("\\", "\\\\")
    .replaceAll("\n", "\\n")
    .replaceAll("\r", "\\r")
    .replaceAll("\t", "\\t");
  return `${quote}${quote === "'" ? escaped.replaceAll("'", "\\'") : escaped}${quote}`;
}
