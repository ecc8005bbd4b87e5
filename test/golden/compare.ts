/** Compares an answer with a recorded one. */
import { Exact, type Json, print } from "./exact-json.ts";
import { type Captures, fill } from "./exchange.ts";

export interface Known {
  captures: Captures;
  /** When each exchange was handled: milliseconds since 1970, first and last. */
  windows: ReadonlyMap<string, { from: number; to: number }>;
  /** Members that our answers may have besides MLflow's: `parent.member`. */
  additions?: ReadonlySet<string>;
  /** Hears of each addition that is there. */
  seen?: (addition: string) => void;
}

/** Lists without a defined order in 1.28 (behaviour.md §3, §7, §11): compared as sets. */
const unordered = new Set(["params", "tags", "metrics", "latest_versions"]);
/** The same, but only in the answers of one RPC. */
const unorderedOf: Record<string, string> = {
  "ModelRegistryService.getLatestVersions": "model_versions",
  "MlflowService.listExperiments": "experiments",
};

/** Sorts what has no defined order, so that two answers can be compared item by item. */
export function settle(value: Json, rpc: string | undefined, key = ""): Json {
  if (typeof value === "string") return key === "message" ? sortPythonSets(value) : value;
  if (value === null || typeof value !== "object" || value instanceof Exact) return value;
  if (Array.isArray(value)) {
    const items = value.map((item) => settle(item, rpc));
    const loose = unordered.has(key) || (rpc !== undefined && unorderedOf[rpc] === key);
    return loose ? items.toSorted((a, b) => (rank(a) < rank(b) ? -1 : rank(a) > rank(b) ? 1 : 0)) : items;
  }
  return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, settle(item, rpc, name)]));
}

/** What tells the items of an unordered list apart, none of it made by a server. */
function rank(item: Json): string {
  if (item === null || typeof item !== "object" || Array.isArray(item) || item instanceof Exact) return "";
  const { key, name, version, timestamp, step, value } = item;
  return print([key, name, version, timestamp, step, value].map((part) => part ?? null));
}

/** Python prints the members of a set in any order: `{'b', 'a'}` → `{'a', 'b'}`. */
function sortPythonSets(text: string): string {
  return text.replace(/\{('[^'{}]*'(?:, '[^'{}]*')*)\}/g, (_, members: string) => {
    return `{${members.split(", ").toSorted().join(", ")}}`;
  });
}

/** Where and how `actual` differs from `expected` (with holes); undefined when it does not. */
export function difference(
  expected: Json,
  actual: Json | undefined,
  known: Known,
  path = "body",
): string | undefined {
  const say = () => `${path}: expected ${short(expected)}, got ${short(actual)}`;
  if (actual === undefined) return say();
  if (typeof expected === "string") return sameText(expected, actual, known) ? undefined : say();
  if (expected instanceof Exact) {
    return actual instanceof Exact && sameNumber(expected.source, actual.source) ? undefined : say();
  }
  if (expected === null || typeof expected !== "object") return expected === actual ? undefined : say();
  if (actual === null || typeof actual !== "object" || actual instanceof Exact) return say();
  if (Array.isArray(expected)) {
    if (!Array.isArray(actual)) return say();
    if (expected.length !== actual.length)
      return `${path}: expected ${expected.length} items, got ${actual.length}: ${short(actual)}`;
    for (const [i, item] of expected.entries()) {
      const found = difference(item, actual[i], known, `${path}.${i}`);
      if (found !== undefined) return found;
    }
    return undefined;
  }
  if (Array.isArray(actual)) return say();
  for (const [key, item] of Object.entries(expected)) {
    const found = difference(item, actual[key], known, `${path}.${key}`);
    if (found !== undefined) return found;
  }
  const parent = path.split(".").findLast((step) => !/^\d+$/.test(step));
  const extra = Object.keys(actual).filter((key) => {
    if (key in expected) return false;
    const addition = `${parent}.${key}`;
    if (!known.additions?.has(addition)) return true;
    known.seen?.(addition);
    return false;
  });
  return extra.length === 0 ? undefined : `${path}: has ${extra.join(", ")}, which MLflow's answer has not`;
}

function sameText(expected: string, actual: Json, known: Known): boolean {
  const time = /^\{\{time:(.+)\}\}$/.exec(expected);
  if (time?.[1] !== undefined) {
    const window = known.windows.get(time[1]);
    const value = actual instanceof Exact ? Number(actual.source) : Number.NaN;
    return window !== undefined && value >= window.from && value <= window.to;
  }
  if (typeof actual !== "string") return false;
  const text = fill(expected, known.captures);
  if (!text.includes("{{")) return text === actual;
  const pattern = text
    .split(/(\{\{[^{}]+\}\})/)
    .map((part) =>
      part === "{{token}}" ? ".+" : part === "{{any}}" ? ".*" : part.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"),
    )
    .join("");
  return new RegExp(`^${pattern}$`, "s").test(actual);
}

/** Integers digit by digit; numbers of which either has a fraction or an exponent by value (1.0 is 1). */
function sameNumber(a: string, b: string): boolean {
  return a === b || (/[.eE]/.test(a + b) && Number(a) === Number(b));
}

function short(value: Json | undefined): string {
  const text = value === undefined ? "nothing" : print(value);
  return text.length > 400 ? `${text.slice(0, 400)}…` : text;
}
