/** How Loggia grows: its searches at a million runs beside the same at fewer, and what a hopeless search does to ingest. */
import type { Report } from "./generator.ts";
import { measure } from "./measure.ts";
import { rows as allRows, type Row, value } from "./rows.ts";
import { searchedExperiment, writesExperiment } from "./seed.ts";
import type { Stage } from "./stage.ts";
import { type Running, systems } from "./systems.ts";
import { number, result, type Samples, table } from "./table.ts";

/** What is seeded for it. */
export const millionRuns = { runs: 1_000_000, points: 5, experiments: 1000, histories: [] };

/** Legal, and without any help from an index: every param of every run is looked at, several times. */
const worst = ["p0", "p1", "p3", "p4"].map((key) => `params.${key} ILIKE '%_%no%such%value%'`).join(" and ");

/** @returns two tables; the first compares with the `samples` of the sitting that came before. */
export async function million(
  stage: Stage,
  before: { rows: Row[]; samples: Samples; seconds: number },
): Promise<string> {
  const loggia = systems.find(({ name }) => name === "loggia");
  if (loggia === undefined) throw new Error("there is no Loggia");
  const { running } = await stage.bringUp(loggia, millionRuns, "million");
  const lines: string[][] = [];
  for (const row of allRows(millionRuns).filter(({ id }) => id.startsWith("search-") || id === "walk")) {
    if (row.id === "search-experiments") continue;
    const spec = { ...row.spec, url: running.url, seconds: before.seconds, warmup: before.seconds / 3 };
    const sample = await measure(stage, spec, running.pid);
    const fewer = result(before.samples, row, "loggia");
    const now = sample instanceof Error ? undefined : value(row, sample.report);
    const factor = fewer === undefined || now === undefined ? undefined : now / fewer;
    console.error(`million ${row.id}: ${sample instanceof Error ? sample.message : number(now)}`);
    lines.push([
      `${row.title}, ${row.unit}`,
      number(fewer),
      number(now),
      factor ? `${number(factor)}× (3×)` : "–",
    ]);
  }
  return [
    table(["Loggia, 1,000,000 runs, 50,000,000 points", "before", "now", "times as long (at most)"], lines),
    await besideWorst(stage, running, before.seconds),
  ].join("\n\n");
}

/** The p99 of a steady ingest, alone and while the worst search runs. */
async function besideWorst(stage: Stage, { url }: Running, seconds: number): Promise<string> {
  const ingest = {
    ...{ workload: "log-metric", experiment: writesExperiment, clients: 64, url },
    ...{ rate: 200, warmup: 1, seconds: Math.max(seconds, 10) },
  };
  const alone = await stage.generator.measure(ingest);
  const other = await stage.another();
  const search = { workload: "search-runs", experiment: searchedExperiment, clients: 1, filter: worst, url };
  let searching: Promise<Report | Error> | undefined;
  const beside = await stage.generator.measure(ingest, () => {
    searching = other.measure({ ...search, seconds: ingest.seconds }).catch((error: Error) => error);
  });
  const found = await searching;
  const outcome =
    found instanceof Error ? found.message : found ? `answered in ${number(found.p50 / 1000)} s` : "not made";
  return table(
    ["log_metric, 200 a second offered, p99 ms", "alone", "beside the worst search", "that search"],
    [["Loggia", number(alone.p99), number(beside.p99), outcome]],
  );
}
