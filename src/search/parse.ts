/** Tokens → clauses: what compares with what, before anyone asks whether that makes sense. */
import { invalid, type LoggiaError } from "../errors.ts";
import {
  keyword,
  type Operand,
  pairParentheses,
  type Read,
  readOperand,
  reserved,
  type Source,
} from "./operands.ts";
import { inFilter, type Span } from "./place.ts";
import { checkText, MAX_CLAUSES, shown } from "./text.ts";
import { type Token, tokenize } from "./tokens.ts";

/** `left op right`, or `left IS [NOT] NULL`. Keywords of `op` are upper case. */
export interface Clause {
  left: Operand;
  op: string;
  /** Absent with IS NULL and IS NOT NULL. */
  right?: Operand;
  /** Where each stands; `right` is the comparator's place where there is no right side. */
  spans: { left: Span; op: Span; right: Span };
}

/**
 * How MLflow shows the pieces it could not read: quoted in a filter of runs; bare elsewhere, and without the lone names and
 * brackets that it lets pass there.
 */
export type PieceStyle = "quoted" | "bare";

/** A stretch of the filter; `piece` is one that could not be read. */
interface Item {
  kind: "clause" | "and" | "comma" | "piece";
  start: number;
  end: number;
  clause?: Clause;
  /** Whether a piece is a lone name or something in brackets. */
  lone?: boolean;
}

/**
 * The AND-ed clauses of a filter; `""` has none.
 * @throws LoggiaError INVALID_PARAMETER_VALUE with MLflow 1.28's text (behaviour.md §9); also for a dangling AND, for
 * two clauses without AND between them, and for a lone name or brackets, all of which 1.28 lets pass (§14.12).
 */
export function parseClauses(filter: string, style: PieceStyle): Clause[] {
  checkText("filter", filter);
  if (filter === "") return [];
  const tokens = tokenize(filter);
  const wrongAt = (start: number, end: number, error: LoggiaError): never =>
    inFilter(filter, { start, end }, () => {
      throw error;
    });
  if (tokens.length === 0)
    wrongAt(0, filter.length, invalid(`Invalid filter '${shown(filter)}'. Could not be parsed.`));
  const semicolon = tokens.findIndex((token) => token.kind === "semicolon");
  if (semicolon !== -1 && semicolon < tokens.length - 1) {
    wrongAt(
      tokens[semicolon]?.start ?? 0,
      filter.length,
      invalid(
        `Search filter contained multiple expression '${shown(filter)}'. Provide AND-ed expression list.`,
      ),
    );
  }
  const items = readItems(filter, tokens);
  const wrong = items.filter((item) => item.kind === "piece" || item.kind === "comma");
  if (wrong.length === 0) wrong.push(...misplaced(items));
  if (wrong.length > 0) {
    const told = style === "quoted" ? wrong : wrong.filter(({ lone }) => lone !== true);
    const texts = (told.length > 0 ? told : wrong).map(({ start, end }) => filter.slice(start, end));
    const list = texts.map((text) => (style === "quoted" ? `'${text}'` : text)).join(", ");
    const [first] = wrong;
    wrongAt(
      first?.start ?? 0,
      first?.end ?? 0,
      invalid(`Invalid clause(s) in filter string: ${shown(list)}`),
    );
  }
  const clauses = items.flatMap((item) => item.clause ?? []);
  if (clauses.length > MAX_CLAUSES) {
    wrongAt(
      clauses[MAX_CLAUSES]?.spans.left.start ?? 0,
      filter.length,
      invalid(`Invalid filter: it must have at most ${MAX_CLAUSES} clauses, but has ${clauses.length}.`),
    );
  }
  return clauses;
}

/** The first item that breaks the alternation of clause and AND, if any. */
function misplaced(items: readonly Item[]): Item[] {
  const first = items.find((item, place) => item.kind !== (place % 2 === 0 ? "clause" : "and"));
  const last = items.at(-1);
  if (first) return [first];
  return last?.kind === "and" ? [last] : [];
}

function readItems(text: string, tokens: readonly Token[]): Item[] {
  const source: Source = { text, tokens, closers: pairParentheses(tokens) };
  const items: Item[] = [];
  let at = 0;
  while (at < tokens.length) {
    const { value: item, next } = readItem(source, at);
    at = next;
    const previous = items.at(-1);
    if (item.kind !== "comma" && previous?.kind !== "comma") {
      items.push(item);
    } else {
      // MLflow shows what commas join as one piece.
      const kind = item.kind === "comma" ? "comma" : "piece";
      items.splice(-1, 1, { kind, start: previous?.start ?? item.start, end: item.end });
    }
  }
  return items;
}

function readItem(source: Source, at: number): Read<Item> {
  const { tokens } = source;
  const start = tokens[at]?.start ?? 0;
  const item = (kind: Item["kind"], next: number): Read<Item> => ({
    value: { kind, start, end: tokens[next - 1]?.end ?? start },
    next,
  });
  const piece = ({ kind }: Operand, next: number): Read<Item> => {
    const read = item("piece", next);
    return {
      ...read,
      value: { ...read.value, lone: kind === "name" || kind === "quoted" || kind === "list" },
    };
  };
  if (keyword(tokens[at]) === "AND") return item("and", at + 1);
  if (tokens[at]?.kind === "comma") return item("comma", at + 1);
  const left = readOperand(source, at);
  if (!left) return item("piece", at + 1);
  const op = readComparator(tokens, left.next);
  if (!op) {
    const named = left.value.kind === "name" || left.value.kind === "quoted";
    return piece(left.value, named && isAlias(tokens, left.next) ? left.next + 1 : left.next);
  }
  const span = (from: number, to: number): Span => ({
    start: tokens[from]?.start ?? 0,
    end: tokens[to - 1]?.end ?? 0,
  });
  const leftSpan = span(at, left.next);
  const opSpan = span(left.next, op.next);
  if (op.value.startsWith("IS ")) {
    const read = item("clause", op.next);
    const spans = { left: leftSpan, op: opSpan, right: opSpan };
    return { ...read, value: { ...read.value, clause: { left: left.value, op: op.value, spans } } };
  }
  let right = readOperand(source, op.next);
  if (!right) return piece(left.value, left.next);
  let clause: Clause = {
    left: left.value,
    op: op.value,
    right: right.value,
    spans: { left: leftSpan, op: opSpan, right: span(op.next, right.next) },
  };
  let next = right.next;
  // `a > 1 > 2` compares a comparison.
  for (;;) {
    const again = readComparator(tokens, next);
    right = again && readOperand(source, again.next);
    if (!again || !right) break;
    const text = source.text.slice(start, tokens[next - 1]?.end);
    clause = {
      left: { kind: "expression", text },
      op: again.value,
      right: right.value,
      spans: {
        left: span(at, next),
        op: span(next, again.next),
        right: span(again.next, right.next),
      },
    };
    next = right.next;
  }
  if (isAlias(tokens, next)) return item("piece", next + 1);
  const read = item("clause", next);
  return { ...read, value: { ...read.value, clause } };
}

/** Whether a name follows that SQL would take for an alias of what stands before it, so that both are one piece. */
function isAlias(tokens: readonly Token[], at: number): boolean {
  const token = tokens[at];
  if (token?.kind !== "name" && token?.kind !== "quoted") return false;
  const word = keyword(token);
  return !reserved.has(word) && word !== "NULL" && !readComparator(tokens, at + 1);
}

function readComparator(tokens: readonly Token[], at: number): Read<string> | undefined {
  const token = tokens[at];
  if (token?.kind === "comparator") return { value: token.text, next: at + 1 };
  const [first, second, third] = [keyword(token), keyword(tokens[at + 1]), keyword(tokens[at + 2])];
  if (wordComparators.has(first)) return { value: first, next: at + 1 };
  if (first === "NOT" && wordComparators.has(second)) return { value: `NOT ${second}`, next: at + 2 };
  if (first === "IS" && second === "NULL") return { value: "IS NULL", next: at + 2 };
  if (first === "IS" && second === "NOT" && third === "NULL") return { value: "IS NOT NULL", next: at + 3 };
  return undefined;
}

const wordComparators = new Set(["LIKE", "ILIKE", "RLIKE", "IN"]);
