/** Where the tables go: the terminal, and the documents of this folder. */
import { execFile } from "node:child_process";
import { readFile, writeFile } from "node:fs/promises";
import { availableParallelism, cpus, totalmem } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import type { Postgres } from "./postgres.ts";
import type { Row } from "./rows.ts";
import type { Seed } from "./seed.ts";
import { type Column, cpuTable, type Footprint, footprintTable, type Samples, speedTable } from "./table.ts";

const run = promisify(execFile);

/** Prints the tables and, if asked, puts them into the document that is theirs, between its two marks. */
export async function writeResults(found: {
  rows: Row[];
  samples: Samples;
  footprints: Map<Column, Footprint>;
  /** Further tables. */
  more: string[];
  postgres: Postgres;
  data: Seed;
  full: boolean;
  write: boolean;
}): Promise<void> {
  const { rows, samples, footprints, more, postgres, data, full, write } = found;
  const text = [
    `${await machine(postgres)} ${data.runs.toLocaleString("en")} runs in the searched experiment. Made by \`npm run bench -- ${process.argv.slice(2).join(" ")}\` on ${new Date().toISOString().slice(0, 10)}.`,
    speedTable(rows, samples),
    cpuTable(rows, samples),
    footprintTable(footprints),
    ...more,
  ].join("\n\n");
  console.log(text);
  if (!write) return;
  const path = join(import.meta.dirname, full ? "RESULTS.md" : "README.md");
  const before = await readFile(path, "utf8");
  const marks = /(<!-- tables -->\n)[\s\S]*(<!-- end of tables -->)/;
  if (!marks.test(before)) throw new Error(`${path} has no place marked for the tables`);
  await writeFile(
    path,
    before.replace(marks, (_, start, end) => `${start}\n${text}\n\n${end}`),
  );
}

/** The machine and the versions, in a sentence. */
async function machine(postgres: Postgres): Promise<string> {
  const [row] = await postgres.run("postgres", "show server_version");
  const { stdout: go } = await run("go", ["env", "GOVERSION"]);
  const gib = Math.round(totalmem() / 2 ** 30);
  const model = cpus()[0]?.model.trim() ?? "unknown processor";
  return [
    `${availableParallelism()} cores (${model}), ${gib} GiB, shared by client, server and database;`,
    `PostgreSQL ${row?.server_version} with fsync on and 128 MB of shared buffers, through a unix socket;`,
    `Node ${process.version.slice(1)}, Go ${go.trim().slice(2)}.`,
  ].join(" ");
}
