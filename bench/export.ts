/** How fast runs and points leave as a stream, and what the server needs for it: the whole of an experiment, in each format. */
import { get, type IncomingMessage } from "node:http";
import { createClient } from "@connectrpc/connect";
import { createGrpcTransport } from "@connectrpc/connect-node";
import { ExportService } from "../gen/loggia/v1/export_pb.js";
import { cpuMilliseconds, residentMiB } from "./processes.ts";
import { searchedExperiment } from "./seed.ts";
import type { Running } from "./systems.ts";
import { number, table } from "./table.ts";

/** Reads an export to its end, and says how many bytes it had. */
type Export = (url: string) => Promise<number>;

const file =
  (path: string): Export =>
  async (url) => {
    const response = await new Promise<IncomingMessage>((resolve, reject) =>
      get(`${url}/api/1.0/loggia/export/${path}&experiment_id=${searchedExperiment}`, resolve).once(
        "error",
        reject,
      ),
    );
    let bytes = 0;
    for await (const chunk of response) bytes += chunk.length;
    if (response.statusCode !== 200) throw new Error(`${path}: ${response.statusCode}`);
    return bytes;
  };

const messages: Export = async (baseUrl) => {
  const client = createClient(ExportService, createGrpcTransport({ baseUrl }));
  let runs = 0;
  for await (const part of client.exportRuns({ experimentIds: [searchedExperiment] }))
    runs += part.runs.length;
  return runs;
};

const exports: [string, Export][] = [
  ["runs as NDJSON", file("runs?format=ndjson")],
  ["runs as CSV", file("runs?format=csv")],
  ["runs as Parquet", file("runs?format=parquet")],
  ["runs as NDJSON, one of two by a filter", file("runs?format=ndjson&filter=metrics.m3%20%3E%200.5")],
  ["runs as NDJSON, by a metric", file("runs?format=ndjson&order_by=metrics.m1%20DESC")],
  ["runs over gRPC", messages],
  ["points as NDJSON", file("metrics?format=ndjson")],
  ["points as Parquet", file("metrics?format=parquet")],
];

/** @param count runs of the experiment, each with ten points. @returns a table */
export async function measureExports({ url, pid }: Running, count: number): Promise<string> {
  const lines: string[][] = [];
  for (const [title, run] of exports) {
    const before = residentMiB(pid);
    const cpu = cpuMilliseconds(pid);
    const readings: number[] = [];
    const timer = setInterval(() => readings.push(residentMiB(pid)), 200);
    const start = performance.now();
    const size = await run(url).finally(() => clearInterval(timer));
    const seconds = (performance.now() - start) / 1000;
    const rate =
      (count * (title.startsWith("points") ? 10 : 1) * (title.includes("of two") ? 0.5 : 1)) / seconds;
    const middle = Math.ceil(readings.length / 2);
    lines.push([
      title,
      number(seconds),
      number(rate),
      number((cpuMilliseconds(pid) - cpu) / 1000),
      title.endsWith("gRPC") ? "–" : number(size / 2 ** 20),
      number(before),
      number(Math.max(...readings.slice(0, middle), before)),
      number(Math.max(...readings.slice(middle), before)),
    ]);
    console.error(`export ${lines.at(-1)?.join("  ")}`);
  }
  return table(
    [
      `export of ${count.toLocaleString("en")} runs (25 values each)`,
      ...[
        "s",
        "a second",
        "server's CPU s",
        "MiB sent",
        "RSS before, MiB",
        "most in the first half",
        "in the second",
      ],
    ],
    lines,
  );
}
