import { zstdCompressSync } from "node:zlib";
import type { ByteWriter, SchemaElement } from "hyparquet-writer";
import type { ColumnType, TableColumn } from "./export-table.ts";

/**
 * A row group is held in memory and encoded in one go, while other calls wait: it ends with so many characters, or with so
 * many rows of so few columns. Each adds to the footer, which is held as well, so even the widest has some rows.
 */
const groupSize = 2 ** 22;
const groupValues = 100_000;
const fewestRows = 1_000;

const compressors = { ZSTD: (input: Uint8Array) => zstdCompressSync(input) };

/**
 * A table as a Parquet file, row group by row group; columns are compressed with Zstandard.
 * @param size how much memory a row takes, in characters.
 */
export async function* parquet<Row>(
  columns: readonly TableColumn<Row>[],
  pages: AsyncIterable<readonly Row[]>,
  size: (row: Row) => number,
): AsyncGenerator<Buffer> {
  // Loaded late: a start has other things to do.
  const hyparquet = await import("hyparquet-writer");
  const bytes = new hyparquet.ByteWriter();
  const writer = new hyparquet.ParquetWriter({
    writer: bytes,
    schema: [{ name: "root", num_children: columns.length }, ...columns.map(toElement)],
    codec: "ZSTD",
    compressors,
    createdBy: "loggia",
  });
  const mostRows = Math.max(Math.floor(groupValues / columns.length), fewestRows);
  let group: Row[] = [];
  let held = 0;
  const writeGroup = () => {
    writer.write({
      columnData: columns.map(({ name, value }) => ({ name, data: group.map(value), offsetIndex: false })),
      rowGroupSize: group.length,
    });
    group = [];
    held = 0;
    return taken(bytes);
  };
  for await (const rows of pages)
    for (const row of rows) {
      group.push(row);
      held += size(row);
      if (held >= groupSize || group.length >= mostRows) yield writeGroup();
    }
  if (group.length > 0) yield writeGroup();
  writer.finish();
  yield taken(bytes);
}

/** What was written since the last time. The writer goes on counting where the file is. */
function taken(bytes: ByteWriter): Buffer {
  const part = Buffer.from(bytes.buffer.slice(0, bytes.index));
  bytes.index = 0;
  return part;
}

const types: Record<ColumnType, Omit<SchemaElement, "name">> = {
  int64: { type: "INT64" },
  double: { type: "DOUBLE" },
  text: { type: "BYTE_ARRAY", converted_type: "UTF8" },
  timestamp: { type: "INT64", converted_type: "TIMESTAMP_MILLIS" },
};

const toElement = <Row>({ name, type, required }: TableColumn<Row>): SchemaElement => ({
  name,
  ...types[type],
  repetition_type: required ? "REQUIRED" : "OPTIONAL",
});
