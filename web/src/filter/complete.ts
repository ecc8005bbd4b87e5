import { type Token, tokenize } from "../../../src/search/tokens.ts";
import { quotedKey, quotedValue } from "./quote.ts";

/** What may come next in a filter, told from the same tokens that the server reads. */

/** What of runs a filter can name. */
export interface Vocabulary {
  metrics: readonly string[];
  params: readonly string[];
  tags: readonly string[];
}

export interface Completion {
  /** What is put in. */
  text: string;
  /** What it is, in a word. */
  about: string;
}

/** Where completions go, and which there are; or of what the values are wanted, which only the server knows. */
export interface Completions {
  /** Offsets of code units: what a chosen completion takes the place of. */
  start: number;
  end: number;
  options: readonly Completion[];
  /** The column whose values can stand here, and what is typed of one. */
  values?: { kind: "param" | "tag" | "attribute"; key: string; prefix: string };
}

const attributes: readonly Completion[] = [
  ["status", "attribute"],
  ["run_name", "attribute"],
  ["user_id", "attribute"],
  ["start_time", "ms since the epoch"],
  ["end_time", "ms since the epoch"],
  ["duration", "ms from start to end"],
  ["run_id", "attribute"],
].map(([name = "", about = ""]) => ({ text: `attributes.${name}`, about }));

const numberOps = ["=", "!=", ">", ">=", "<", "<="];
const textOps = ["=", "!=", "LIKE", "ILIKE"];
const presenceOps = ["IS NULL", "IS NOT NULL"];

export const statuses = ["RUNNING", "SCHEDULED", "FINISHED", "FAILED", "KILLED"];

const most = 60;

/** What may come at the caret. @param caret offset of a code unit. */
export function complete(text: string, caret: number, vocabulary: Vocabulary): Completions {
  const tokens = tokenize(text.slice(0, caret));
  const last = tokens.at(-1);
  // A word that the caret touches is being typed; so is a quotation without its end.
  const open = openQuotation(text.slice(0, caret), tokens);
  const typed = open ?? (last !== undefined && last.end === caret && isWord(last) ? last : undefined);
  const before = tokens.filter(
    ({ end, start }) => end <= (typed?.start ?? caret) && start < (typed?.start ?? caret + 1),
  );
  const place = { start: typed?.start ?? caret, end: caret };
  const clause = clauseOf(before);
  const word = typed?.text ?? "";

  const [name, ...comparator] = clause;
  if (name === undefined) return { ...place, options: fields(word, vocabulary) };
  if (comparator.length === 0) return { ...place, options: matching(comparators(name.text), word) };
  const op = comparator
    .map(({ text }) => text)
    .join(" ")
    .toUpperCase();
  if (/^IS( NOT)?$/.test(op))
    return { ...place, options: matching(op === "IS" ? ["NULL", "NOT NULL"] : ["NULL"], word) };
  if (comparator.length === 1 && comparator[0]?.kind !== "string") {
    const column = columnOf(name.text);
    if (column === undefined || column.kind === "metric") return { ...place, options: [] };
    const prefix = word.replace(/^['"]/, "");
    if (column.kind === "attribute" && column.key === "status")
      return { ...place, options: matching(statuses.map(quotedValue), word) };
    // Values of the other attributes are not listed: they are times, and ids.
    if (column.kind === "attribute" && column.key !== "user_id") return { ...place, options: [] };
    return { ...place, options: [], values: { kind: column.kind, key: column.key, prefix } };
  }
  return { ...place, options: matching(["AND"], word) };
}

const isWord = ({ kind }: Token) =>
  ["name", "string", "quoted", "number", "comparator", "other"].includes(kind);

/** A quotation that begins and does not end before the caret. */
function openQuotation(text: string, tokens: readonly Token[]): Token | undefined {
  const at = tokens.findIndex(({ kind, text }) => kind === "other" && /['"`]/.test(text));
  const opening = tokens[at];
  if (opening === undefined) return undefined;
  // `metrics.` stands right before the quotation of its key.
  const before = tokens[at - 1];
  const start =
    before !== undefined && before.end === opening.start && before.kind === "name"
      ? before.start
      : opening.start;
  return { kind: "other", text: text.slice(start), start, end: text.length };
}

/** The tokens since the last AND. */
function clauseOf(tokens: readonly Token[]): Token[] {
  const and = tokens.findLastIndex(({ kind, text }) => kind === "name" && text.toUpperCase() === "AND");
  return tokens.slice(and + 1);
}

function columnOf(name: string): { kind: "metric" | "param" | "tag" | "attribute"; key: string } | undefined {
  const dot = name.indexOf(".");
  const key = name.slice(dot + 1).replace(/^(["`])(.*)\1$/, "$2");
  if (dot < 0) return { kind: "attribute", key };
  const type = name.slice(0, dot).toLowerCase();
  if (type.startsWith("metric")) return { kind: "metric", key };
  if (type.startsWith("param")) return { kind: "param", key };
  if (type.startsWith("tag")) return { kind: "tag", key };
  return /^(attributes?|attr|run)$/.test(type) ? { kind: "attribute", key } : undefined;
}

function comparators(name: string): readonly string[] {
  const column = columnOf(name);
  if (column?.kind === "metric" || /(start|end)_time$|^duration$/.test(column?.key ?? "")) return numberOps;
  if (column?.kind === "attribute") return column.key === "run_id" ? [...textOps, "IN"] : textOps;
  return [...textOps, ...presenceOps];
}

function fields(word: string, { metrics, params, tags }: Vocabulary): Completion[] {
  const wanted = word.toLowerCase().replaceAll("`", "");
  const named = (type: string, about: string, keys: readonly string[]) =>
    keys.map((key) => ({ text: `${type}.${quotedKey(key)}`, plain: `${type}.${key}`.toLowerCase(), about }));
  const all = [
    ...named("metrics", "metric", metrics),
    ...named("params", "parameter", params),
    ...named("tags", "metadata", tags),
    ...attributes.map((one) => ({ ...one, plain: one.text })),
  ];
  const starting = all.filter(
    ({ plain }) => plain.startsWith(wanted) || plain.slice(plain.indexOf(".") + 1).startsWith(wanted),
  );
  const holding = all.filter((one) => !starting.includes(one) && one.plain.includes(wanted));
  return [...starting, ...holding].slice(0, most).map(({ text, about }) => ({ text, about }));
}

const matching = (words: readonly string[], typed: string): Completion[] =>
  words
    .filter((word) => word.toLowerCase().startsWith(typed.toLowerCase()))
    .map((text) => ({ text, about: "" }));
