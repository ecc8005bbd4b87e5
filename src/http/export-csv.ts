import { stringify } from "csv-stringify/sync";
import type { TableColumn } from "./export-table.ts";

export interface CsvOptions {
  /** Whether text that a spreadsheet would take for a formula begins with an apostrophe; otherwise values are exact. */
  escapeFormulas: boolean;
}

/**
 * A table as CSV (RFC 4180: lines end in CR LF), with its names in the first line. What a row lacks is nothing, and an empty
 * text is "". Numbers have all the digits that tell them apart; times are milliseconds since the epoch.
 */
export async function* csv<Row>(
  columns: readonly TableColumn<Row>[],
  pages: AsyncIterable<readonly Row[]>,
  { escapeFormulas }: CsvOptions,
): AsyncGenerator<string> {
  const lines = (records: unknown[][]) =>
    stringify(records, {
      record_delimiter: "windows",
      quoted_match: /^$/,
      escape_formulas: escapeFormulas,
    });
  yield lines([columns.map(({ name }) => name)]);
  for await (const rows of pages) yield lines(rows.map((row) => columns.map(({ value }) => value(row))));
}
