import { zstdCompressSync } from "node:zlib";
import { ByteWriter, ParquetWriter, type SchemaElement } from "hyparquet-writer";
import type { ColumnType, TableColumn } from "./export-table.ts";

/**
 * Values of a row group: what is held in memory, and what is encoded in one go, while other calls wait. The rows are at least
 * so many because each group adds to the footer, which is held as well.
 */
const groupValues = 100_000;
const fewestRows = 1_000;
const mostRows = 20_000;

/** A table as a Parquet file, row group by row group; columns are compressed with Zstandard. */
export async function* parquet<Row>(
  columns: readonly TableColumn<Row>[],
  pages: AsyncIterable<readonly Row[]>,
): AsyncGenerator<Buffer> {
  const bytes = new ByteWriter();
  const writer = new ParquetWriter({
    writer: bytes,
    schema: [{ name: "root", num_children: columns.length }, ...columns.map(toElement)],
    codec: "ZSTD",
    compressors: { ZSTD: (input) => zstdCompressSync(input) },
    createdBy: "loggia",
  });
  const rowsOfGroup = Math.min(Math.max(Math.floor(groupValues / columns.length), fewestRows), mostRows);
  let group: Row[] = [];
  const writeGroup = (rows: readonly Row[]) => {
    writer.write({
      columnData: columns.map(({ name, value }) => ({ name, data: rows.map(value), offsetIndex: false })),
      rowGroupSize: rows.length,
    });
    return taken(bytes);
  };
  for await (const rows of pages) {
    group = group.concat(rows);
    for (; group.length >= rowsOfGroup; group = group.slice(rowsOfGroup))
      yield writeGroup(group.slice(0, rowsOfGroup));
  }
  if (group.length > 0) yield writeGroup(group);
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
