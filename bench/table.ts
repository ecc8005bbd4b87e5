/** The tables in Markdown. */
import type { Report } from "./generator.ts";
import { type Row, speedup, value } from "./rows.ts";

/** One measurement of one row on one system; processor time in milliseconds per call. */
export interface Sample {
  report: Report;
  serverCpu: number;
  postgresCpu: number;
}

/** What is compared: the systems, and Postgres without any. */
export const columns = {
  mlflow: "MLflow 1.28",
  fasttrackml: "FastTrackML 0.6",
  raw: "raw Postgres",
  loggia: "Loggia",
} as const;
export type Column = keyof typeof columns;

/** Samples by row and column. */
export type Samples = Map<string, Map<Column, Sample[]>>;

/** What is known of a server as a whole; memory in MiB, start in seconds, sizes in bytes. */
export interface Footprint {
  coldStart: number;
  idle: number;
  loaded: number;
  bytesPerPoint: number;
}

export function median(numbers: number[]): number {
  const sorted = numbers.toSorted((a, b) => a - b);
  const middle = sorted.length / 2;
  const [low = Number.NaN, high = low] = [sorted[Math.ceil(middle) - 1], sorted[Math.floor(middle)]];
  return (low + high) / 2;
}

/** The median of a row's values on a system, when it was measured there. */
export function result(samples: Samples, row: Row, column: Column): number | undefined {
  const found = samples.get(row.id)?.get(column);
  return found && median(found.map((sample) => value(row, sample.report)));
}

/** Speeds beside each other, with how many times as fast Loggia is and must be. */
export function speedTable(rows: Row[], samples: Samples): string {
  const lines = rows.map((row) => {
    const of = (column: Column) => result(samples, row, column);
    const ours = of("loggia");
    const times = (theirs: number | undefined, goal: number | undefined) => {
      if (ours === undefined || theirs === undefined) return "";
      const factor = speedup(row, ours, theirs);
      const mark = goal === undefined ? "" : ` (${number(goal)}×) ${factor >= goal ? "✓" : "✗"}`;
      return `${number(factor)}×${mark}`;
    };
    return [
      `${row.title}, ${row.unit}`,
      ...(Object.keys(columns) as Column[]).map((column) => number(of(column))),
      times(of("fasttrackml"), row.goal.fasttrackml),
      times(of("raw"), row.goal.raw),
    ];
  });
  return table(["work", ...Object.values(columns), "× FastTrackML (goal)", "× raw (goal)"], lines);
}

/** Processor time per call, server + Postgres. */
export function cpuTable(rows: Row[], samples: Samples): string {
  const lines = rows.map((row) => [
    row.title.replace(/, p(50|99)$/, ""),
    ...(Object.keys(columns) as Column[]).map((column) => {
      const found = samples.get(row.id)?.get(column);
      if (found === undefined) return "";
      const server = median(found.map((sample) => sample.serverCpu));
      const postgres = median(found.map((sample) => sample.postgresCpu));
      return column === "raw" ? number(postgres) : `${number(server)} + ${number(postgres)}`;
    }),
  ]);
  return table(["CPU ms per call, server + Postgres", ...Object.values(columns)], lines);
}

/** Start, memory and size on disk. */
export function footprintTable(footprints: Map<Column, Footprint>): string {
  const measured = (Object.keys(columns) as Column[]).filter((column) => footprints.has(column));
  const line = (title: string, show: (footprint: Footprint) => string) => [
    title,
    ...measured.map((column) => {
      const footprint = footprints.get(column);
      return footprint === undefined ? "" : show(footprint);
    }),
  ];
  return table(
    ["", ...measured.map((column) => columns[column])],
    [
      line("cold start, s", ({ coldStart }) => number(coldStart)),
      line(
        "resident memory, MiB, idle → after load",
        ({ idle, loaded }) => `${number(idle)} → ${number(loaded)}`,
      ),
      line("bytes on disk per metric point", ({ bytesPerPoint }) => number(bytesPerPoint)),
    ],
  );
}

export function table(head: string[], lines: string[][]): string {
  const rule = head.map((_, i) => (i === 0 ? "---" : "---:"));
  return [head, rule, ...lines].map((cells) => `| ${cells.join(" | ")} |`).join("\n");
}

/** Three digits, or all of a whole number; nothing when there is none. */
export function number(n: number | undefined): string {
  if (n === undefined || Number.isNaN(n)) return "–";
  const digits = n >= 100 ? 0 : n >= 10 ? 1 : n >= 1 ? 2 : 3;
  return Number(n.toFixed(digits)).toLocaleString("en");
}
