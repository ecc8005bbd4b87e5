/** JSON whose numbers keep their text, so that 9223372036854775807 and 1e+308 can be compared without loss. */

export class Exact {
  readonly source: string;
  constructor(source: string) {
    this.source = source;
  }
}

export type Json = null | boolean | string | Exact | Json[] | { [key: string]: Json };

/** @throws SyntaxError for text that is not JSON. */
export function parseExact(text: string): Json {
  return JSON.parse(text, (_key: string, value: unknown, context?: { source: string }) =>
    typeof value === "number" ? new Exact(context?.source ?? String(value)) : value,
  ) as Json;
}

/** The plain value of a literal, with its numbers made Exact; undefined members are left out. */
export const exact = (value: unknown): Json => parseExact(JSON.stringify(value));

/** JSON text, indented by one space per level; a list or object that fits on a line of 120 characters stays on it. */
export function printExact(value: Json, indent = ""): string {
  const flat = print(value);
  if (flat.length + indent.length <= 120 || value === null || typeof value !== "object") return flat;
  if (value instanceof Exact) return flat;
  const deeper = `${indent} `;
  const [open, close] = Array.isArray(value) ? "[]" : "{}";
  const items = Array.isArray(value)
    ? value.map((item) => printExact(item, deeper))
    : Object.entries(value).map(([key, item]) => `${JSON.stringify(key)}: ${printExact(item, deeper)}`);
  return `${open}\n${items.map((item) => deeper + item).join(",\n")}\n${indent}${close}`;
}

/** JSON text on one line. */
export function print(value: Json): string {
  if (value instanceof Exact) return value.source;
  if (Array.isArray(value)) return `[${value.map(print).join(", ")}]`;
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  const members = Object.entries(value).map(([key, item]) => `${JSON.stringify(key)}: ${print(item)}`);
  return `{${members.join(", ")}}`;
}

/** The value at a path such as `run.info.run_id` or `runs.0.info`; undefined when there is none. */
export function at(value: Json, path: string): Json | undefined {
  let here: Json | undefined = value;
  for (const step of path.split(".")) {
    if (Array.isArray(here)) here = here[Number(step)];
    else if (typeof here === "object" && here !== null && !(here instanceof Exact)) here = here[step];
    else return undefined;
  }
  return here;
}
