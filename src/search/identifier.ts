/** `type.key`: which entity an identifier names. The messages are those of MLflow 1.28 (behaviour.md §9, §5, §11). */
import { invalid } from "../errors.ts";
import type { Clause } from "./parse.ts";
import { shown } from "./text.ts";

export type Kind = "metric" | "param" | "tag" | "attribute";

/** `key` without its quotes. */
export interface Identifier {
  kind: Kind;
  key: string;
}

const runKinds = new Map<string, Kind>([
  ["metric", "metric"],
  ["metrics", "metric"],
  ["param", "param"],
  ["params", "param"],
  ["parameter", "param"],
  ["parameters", "param"],
  ["tag", "tag"],
  ["tags", "tag"],
  ["attribute", "attribute"],
  ["attributes", "attribute"],
  ["attr", "attribute"],
  ["run", "attribute"],
]);

/** The left side of a clause as text. */
export function identifierText({ left }: Clause): string {
  if (left.kind === "name" || left.kind === "quoted") return left.text;
  throw invalid(`Invalid comparison clause. Expected 'Identifier' found '${shown(left.text)}'`);
}

/**
 * An identifier of a run: `metrics.m`, `params.p`, `tags.t`, `attributes.status` and their aliases, or, as newer
 * clients write, a bare attribute for which `isAttribute` holds.
 */
export function runIdentifier(text: string, isAttribute: (key: string) => boolean): Identifier {
  const [type, key] = split(text);
  if (type === undefined) {
    if (isAttribute(key)) return { kind: "attribute", key };
    throw invalid(
      `Invalid identifier '${shown(text)}'. Columns should be specified as 'attribute.<key>', 'metric.<key>', 'tag.<key>', or 'param.'.`,
    );
  }
  const name = unquoted(type, "`");
  const kind = runKinds.get(name);
  if (kind) return { kind, key };
  throw invalid(
    `Invalid entity type '${shown(name)}'. Valid values are ['metric', 'parameter', 'tag', 'attribute']`,
  );
}

/** An identifier of an experiment, a registered model or a version: `tag.k`, `tags.k`, `attribute.name` or `name`. */
export function plainIdentifier(text: string): { kind: "tag" | "attribute"; key: string } {
  const [type, key] = split(text);
  if (type === undefined || type === "attribute") return { kind: "attribute", key };
  if (type === "tag" || type === "tags") return { kind: "tag", key };
  throw invalid(`Invalid entity type '${shown(type)}'. Valid entity types are ('attribute', 'tag', 'tags')`);
}

const loggedModelKinds = new Map<string, Kind>([
  ["attributes", "attribute"],
  ["metrics", "metric"],
  ["params", "param"],
  ["tags", "tag"],
]);

/** An identifier of a logged model, as MLflow 3 has it: `attributes.k`, `metrics.k`, `params.k`, `tags.k` or `name`. */
export function loggedModelIdentifier(text: string): Identifier {
  const [type, key] = split(text);
  if (type === undefined) return { kind: "attribute", key };
  const kind = loggedModelKinds.get(type);
  if (kind) return { kind, key };
  throw invalid(
    `Invalid entity type: '${shown(type)}'. Expected one of ['attributes', 'metrics', 'params', 'tags'].`,
  );
}

/** The type, if there is a dot, and the key. */
function split(text: string): [type: string | undefined, key: string] {
  const dot = text.indexOf(".");
  return [dot === -1 ? undefined : text.slice(0, dot), unquotedKey(text.slice(dot + 1))];
}

/** A key without one layer of quotes and then one of backticks. */
export const unquotedKey = (text: string) => unquoted(unquoted(text, '"'), "`");

const unquoted = (text: string, quote: string) =>
  text.length >= 2 && text.startsWith(quote) && text.endsWith(quote) ? text.slice(1, -1) : text;
