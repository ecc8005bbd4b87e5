/** Reads CSV as RFC 4180 has it, and strictly: records end in CR LF, and what is not quoted holds no quote. */
export function readCsv(text: string): string[][] {
  const records: string[][] = [];
  let record: string[] = [];
  const field = /(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r\n)/sy;
  while (field.lastIndex < text.length) {
    const at = field.lastIndex;
    const found = field.exec(text);
    if (found === null) throw new Error(`no CSV from ${at}: ${JSON.stringify(text.slice(at, at + 80))}`);
    const [, quoted, plain = "", end] = found;
    record.push(quoted === undefined ? plain : quoted.replaceAll('""', '"'));
    if (end === ",") continue;
    records.push(record);
    record = [];
  }
  return records;
}

/** The records by the names in the first; a name that occurs twice is an error. */
export function readCsvTable(text: string): Record<string, string>[] {
  const [names = [], ...records] = readCsv(text);
  if (new Set(names).size !== names.length) throw new Error(`names that occur twice: ${names}`);
  return records.map((record) => {
    if (record.length !== names.length)
      throw new Error(`${record.length} fields below ${names.length} names`);
    return Object.fromEntries(names.map((name, i) => [`${name}`, record[i] ?? ""]));
  });
}
