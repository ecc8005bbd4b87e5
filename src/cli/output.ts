/** What a command prints: tables and sentences for people, JSON for programs. */

export type Value = string | number | bigint | boolean | Date | readonly string[] | null | undefined;
export type Row = Readonly<Record<string, Value>>;

export interface Output {
  /** A list: a table whose columns are those of the rows, or a JSON array. `none` is what a person reads when it is empty. */
  rows(rows: readonly Row[], none: string): void;
  /** One thing: a sentence or lines for people, the object for programs. */
  one(row: Row, lines: string | readonly string[]): void;
  /** One thing with all it has: a line per field, or the object. */
  card(row: Row): void;
  /** As it is, for what has one form only. */
  line(text: string): void;
}

export function output(json: boolean, say: (line: string) => void): Output {
  const object = (value: unknown) => say(asJson(value));
  const lines = (all: readonly string[]) => {
    for (const line of all) say(line);
  };
  return {
    rows: (rows, none) => (json ? object(rows) : lines(rows.length === 0 ? [none] : table(rows))),
    one: (row, text) => (json ? object(row) : lines([text].flat())),
    card: (row) => (json ? object(row) : lines(card(row))),
    line: say,
  };
}

/** TypeScript does not know it yet (ES2026). */
const { rawJSON } = JSON as typeof JSON & { rawJSON(text: string): unknown };

/** JSON with 64-bit integers as numbers, exact, and times in ISO 8601. */
const asJson = (value: unknown): string =>
  JSON.stringify(
    value,
    (_, one) => (typeof one === "bigint" ? rawJSON(String(one)) : one === undefined ? null : one),
    2,
  );

/** Aligned columns below their names; numbers to the right. */
function table(rows: readonly Row[]): string[] {
  const names = Object.keys(rows[0] ?? {});
  const columns = names.map((name) => {
    const cells = [title(name).toUpperCase(), ...rows.map((row) => text(row[name]))];
    const width = Math.max(...cells.map((cell) => cell.length));
    const values = rows.map((row) => row[name] ?? undefined).filter((value) => value !== undefined);
    const right = values.length > 0 && values.every((value) => ["number", "bigint"].includes(typeof value));
    return cells.map((cell) => (right ? cell.padStart(width) : cell.padEnd(width)));
  });
  return [undefined, ...rows].map((_, index) =>
    columns
      .map((cells) => cells[index])
      .join("  ")
      .trimEnd(),
  );
}

function card(row: Row): string[] {
  const width = Math.max(...Object.keys(row).map((name) => title(name).length));
  return Object.entries(row).map(([name, value]) => `${title(name).padEnd(width)}  ${text(value)}`);
}

const title = (name: string) => name.replaceAll("_", " ");

/** A value in a line of its own: nothing that callers of the API stored may move the cursor or change the terminal. */
function text(value: Value): string {
  if (value === undefined || value === null || value === "") return "-";
  if (value instanceof Date) return instant(value);
  if (typeof value === "boolean") return value ? "yes" : "no";
  return shown(Array.isArray(value) ? value.join(",") : String(value));
}

/** Text of others' as it may be printed: control and formatting characters as JSON escapes. */
export const shown = (text: string): string =>
  text.replaceAll(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, (one) =>
    [...Array(one.length).keys()]
      .map((index) => `\\u${one.charCodeAt(index).toString(16).padStart(4, "0")}`)
      .join(""),
  );

/** In UTC, to the second. */
export const instant = (time: Date): string => time.toISOString().replace(/\.\d+Z$/, "Z");
