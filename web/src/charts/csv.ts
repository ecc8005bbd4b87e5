type Cell = string | number | undefined;

/** RFC 4180: lines end with CRLF, and what holds a comma, a quote or a line break is quoted. Numbers have every digit. */
export const csv = (rows: readonly (readonly Cell[])[]): string =>
  rows.map((row) => `${row.map(cell).join(",")}\r\n`).join("");

function cell(value: Cell): string {
  const text = String(value ?? "");
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
