/**
 * The records of CSV or TSV (RFC 4180): fields in quotes hold anything, quotes in them doubled; CR LF, LF and CR end a record.
 * @param most records that are read.
 */
export function parseCsv(text: string, delimiter: string, most = Number.POSITIVE_INFINITY): string[][] {
  const records: string[][] = [];
  let record: string[] = [];
  let at = text.charCodeAt(0) === 0xfeff ? 1 : 0;
  while (at < text.length && records.length < most) {
    let field = "";
    if (text[at] === '"') {
      const [quoted, end] = quotedField(text, at + 1);
      field = quoted;
      at = end;
    }
    const start = at;
    while (at < text.length && text[at] !== delimiter && text[at] !== "\n" && text[at] !== "\r") at += 1;
    record.push(field + text.slice(start, at));
    if (text[at] === delimiter) {
      at += 1;
      if (at === text.length) record.push("");
      else continue;
    }
    if (text[at] === "\r" && text[at + 1] === "\n") at += 1;
    at += 1;
    // An empty line is no record.
    if (record.length > 1 || record[0] !== "") records.push(record);
    record = [];
  }
  return records;
}

/** What stands between quotes, and where what follows begins. */
function quotedField(text: string, start: number): [field: string, end: number] {
  let field = "";
  let from = start;
  for (;;) {
    const quote = text.indexOf('"', from);
    if (quote === -1) return [field + text.slice(from), text.length];
    field += text.slice(from, quote);
    if (text[quote + 1] !== '"') return [field, quote + 1];
    field += '"';
    from = quote + 2;
  }
}
