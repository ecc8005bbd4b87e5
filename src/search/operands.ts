/** Tokens → operands: the names, values and lists that a clause compares. */
import type { Token } from "./tokens.ts";

/** One side of a comparison. `text` is as written, for messages. */
export type Operand =
  | { kind: "name" | "quoted" | "string" | "number"; text: string }
  /** A parenthesised list: what it holds, or what is wrong with it. */
  | { kind: "list"; text: string; items: readonly string[] | "empty" | "ill-formed" | "not text" }
  /** Something else that is not a value: `1 + 1`. */
  | { kind: "expression"; text: string };

/** A value being read and the number of the token after it. */
export interface Read<T> {
  value: T;
  next: number;
}

/** What operands are read from. */
export interface Source {
  text: string;
  tokens: readonly Token[];
  /** For each opening parenthesis that has a partner, the number of that token. */
  closers: ReadonlyMap<number, number>;
}

/**
 * Words that, written bare, are never a name: those of filters, and words of SQL that may be meant as an attribute. MLflow
 * reads filters with an SQL parser, which makes three pieces of `version = '1'`.
 */
export const reserved = new Set(
  (
    "AND OR NOT LIKE ILIKE RLIKE IN IS BETWEEN BY FROM GROUP LIMIT ORDER SELECT UNION WHERE " +
    "ALIAS COMMENT COUNT DATE KEY LANGUAGE LENGTH LEVEL LOCATION NUMBER OWNER PARAMETER PATH ROLE SIZE SOURCE TIME " +
    "TIMESTAMP TYPE USER VERSION"
  ).split(" "),
);

/** A name, a value or a list at `at`, together with any arithmetic that follows it. */
export function readOperand(source: Source, at: number): Read<Operand> | undefined {
  let read = readPrimary(source, at);
  const start = source.tokens[at]?.start;
  for (;;) {
    if (!read) return undefined;
    const sign = source.tokens[read.next];
    // In `m-1` the sign was read as part of the number.
    const negative = sign?.kind === "number" && sign.text.startsWith("-");
    if (!negative && sign?.kind !== "arithmetic") return read;
    const more = readPrimary(source, negative ? read.next : read.next + 1);
    if (!more) return read;
    const text = source.text.slice(start, source.tokens[more.next - 1]?.end);
    read = { value: { kind: "expression", text }, next: more.next };
  }
}

function readPrimary(source: Source, at: number): Read<Operand> | undefined {
  const token = source.tokens[at];
  switch (token?.kind) {
    case "name":
    case "quoted":
    case "string":
    case "number":
      if (reserved.has(keyword(token))) return undefined;
      return { value: { kind: token.kind, text: token.text }, next: at + 1 };
    case "open": {
      const close = source.closers.get(at);
      if (close === undefined) return undefined;
      const text = source.text.slice(token.start, source.tokens[close]?.end);
      return {
        value: { kind: "list", text, items: listItems(source.tokens.slice(at + 1, close)) },
        next: close + 1,
      };
    }
    default:
      return undefined;
  }
}

/** The texts of a list; a comma may follow the last, since Python prints a tuple of one so. */
function listItems(tokens: readonly Token[]): readonly string[] | "empty" | "ill-formed" | "not text" {
  if (tokens.length === 0) return "empty";
  if (tokens.some(({ kind }) => kind === "open" || kind === "close")) return "ill-formed";
  if (!tokens.every(({ kind }) => kind === "comma" || isText(kind))) return "not text";
  const alternates = tokens.every(({ kind }, place) => (place % 2 === 0) === isText(kind));
  return alternates
    ? tokens.filter(({ kind }) => isText(kind)).map(({ text }) => text.slice(1, -1))
    : "ill-formed";
}

const isText = (kind: Token["kind"]) => kind === "string" || kind === "quoted";

/** A bare word in upper case; "" for anything else. */
export const keyword = (token: Token | undefined) =>
  token?.kind === "name" && token.text.length <= 9 ? token.text.toUpperCase() : "";

/** Source.closers of these tokens. */
export function pairParentheses(tokens: readonly Token[]): Map<number, number> {
  const closers = new Map<number, number>();
  const open: number[] = [];
  tokens.forEach(({ kind }, at) => {
    if (kind === "open") open.push(at);
    if (kind !== "close") return;
    const opener = open.pop();
    if (opener !== undefined) closers.set(opener, at);
  });
  return closers;
}
