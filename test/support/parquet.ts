import { zstdDecompressSync } from "node:zlib";
import { parquetMetadata, parquetReadObjects } from "hyparquet";

const compressors = { ZSTD: (input: Uint8Array) => zstdDecompressSync(input) };

/** Reads a Parquet file with the reader of another package than the writer's. */
export async function readParquet(bytes: ArrayBuffer) {
  const { schema, row_groups } = parquetMetadata(bytes);
  return {
    rows: await parquetReadObjects({ file: bytes, compressors }),
    columns: schema.slice(1),
    groups: row_groups.map(({ num_rows }) => Number(num_rows)),
  };
}
