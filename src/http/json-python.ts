import { pythonFloat, pythonString } from "../services/python-text.ts";

/**
 * A JSON value as Python shows it: MLflow's messages quote what was sent by `str(value)` and `type(value).__name__`
 * (behaviour.md §2). Numbers keep the kind that their text had, since Python tells 1 from 1.0.
 */

/** What Python calls a float, as opposed to an int of the same value. */
class PythonFloat {
  readonly value: number;

  constructor(value: number) {
    this.value = value;
  }
}

/** Longer quotations are cut: a refused batch need not travel back in full. */
const longest = 2000;
const deepest = 50;

/** Parses JSON so that ints and floats stay apart. @throws RangeError for very deep text. */
export function parsePython(text: string): unknown {
  return JSON.parse(text, (_key, value: unknown, context?: { source: string }) => {
    if (typeof value !== "number") return value;
    const source = context?.source ?? String(value);
    return /[.eE]/.test(source) ? new PythonFloat(value) : BigInt(source);
  });
}

/** Python's `type(value).__name__`. */
export function pythonType(value: unknown): string {
  if (value === null) return "NoneType";
  if (Array.isArray(value)) return "list";
  if (value instanceof PythonFloat) return "float";
  return { string: "str", boolean: "bool", bigint: "int" }[typeof value as string] ?? "dict";
}

/** Python's `str(value)`, cut after 2000 characters. */
export function pythonText(value: unknown): string {
  const text = typeof value === "string" ? value : show(value, longest, 0);
  return text.length > longest ? `${text.slice(0, longest).toWellFormed()}…` : text.toWellFormed();
}

/** Python's `repr(value)`; stops early once it has more than `room` characters. */
function show(value: unknown, room: number, depth: number): string {
  if (value === null) return "None";
  if (typeof value === "boolean") return value ? "True" : "False";
  if (typeof value === "bigint") return `${value}`;
  if (typeof value === "string") return pythonString(value.length > room ? value.slice(0, room) : value);
  if (value instanceof PythonFloat) return pythonFloat(value.value);
  if (depth === deepest || typeof value !== "object") return "…";
  const isList = Array.isArray(value);
  let text = "";
  for (const [key, item] of Object.entries(value)) {
    const name = isList ? "" : `${pythonString(key)}: `;
    text += `${text === "" ? "" : ", "}${name}${show(item, room - text.length, depth + 1)}`;
    if (text.length > room) break;
  }
  return isList ? `[${text}]` : `{${text}}`;
}
