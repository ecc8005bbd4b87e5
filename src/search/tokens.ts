/**
 * Cuts a filter or order_by into tokens, in linear time: each pattern either matches at the current place or fails
 * there once, since a quote without a partner has none after it either.
 */

export type TokenKind =
  /** `metrics.loss`, ``tags.`my tag` ``, also a keyword; dots join its parts. */
  | "name"
  /** `"text"`: a value, or a quoted name. */
  | "quoted"
  /** `'text'` */
  | "string"
  | "number"
  /** A run of `<>=!~`, valid or not. */
  | "comparator"
  | "arithmetic"
  | "open"
  | "close"
  | "comma"
  | "semicolon"
  | "comment"
  /** One character that means nothing here. */
  | "other";

export interface Token {
  kind: TokenKind;
  text: string;
  /** Offset of the first code unit. */
  start: number;
  /** Offset after the last code unit. */
  end: number;
}

const word = String.raw`[\p{L}\p{M}\p{N}_]`;
// As in sqlparse, which MLflow reads filters with: a doubled quote does not end a text and a backslash may protect
// one; neither is taken away from the value. Unlike there, `\'` before a space, `)`, `,`, `;` or the end does end the
// text, so that 'C:\data\' can be written anywhere.
const text = (quote: string) =>
  String.raw`${quote}(?:${quote}${quote}|\\${quote}(?![\s),;]|$)|[^${quote}])*${quote}`;
const part = `(?:${word}+|\`(?:\`\`|[^\`])*\`|${text('"')})`;

const patterns: readonly (readonly [TokenKind | "space", RegExp])[] = [
  ["space", /\s+/uy],
  ["comment", /--[^\n]*|\/\*[^*]*(?:\*(?!\/)[^*]*)*(?:\*\/)?|#[^\n]*/uy],
  ["number", new RegExp(String.raw`-?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?(?!${word}|\.)`, "uy")],
  ["name", new RegExp(String.raw`${part}(?:\.${part}?)*`, "uy")],
  ["string", new RegExp(text("'"), "uy")],
  ["comparator", /[<>=!~]+/uy],
  ["arithmetic", /[-+*/%^]|\|\|?|&&?/uy],
  ["open", /\(/uy],
  ["close", /\)/uy],
  ["comma", /,/uy],
  ["semicolon", /;/uy],
  ["other", /./suy],
];

const wholeQuoted = new RegExp(`^${text('"')}$`, "u");

/** The tokens of a text without its white space. Never throws; what it cannot read becomes `other`. */
export function tokenize(source: string): Token[] {
  const tokens: Token[] = [];
  let start = 0;
  while (start < source.length) {
    for (const [kind, pattern] of patterns) {
      pattern.lastIndex = start;
      if (!pattern.test(source)) continue;
      const end = pattern.lastIndex;
      if (kind !== "space") {
        const text = source.slice(start, end);
        tokens.push({ kind: kind === "name" && isQuoted(text) ? "quoted" : kind, text, start, end });
      }
      start = end;
      break;
    }
  }
  return tokens;
}

const isQuoted = (name: string) => name.startsWith('"') && wholeQuoted.test(name);
