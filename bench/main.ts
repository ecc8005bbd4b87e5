/**
 * `npm run bench`: Loggia beside MLflow 1.28, FastTrackML and raw Postgres, all on one Postgres with fsync on. Rounds
 * are interleaved over the systems, and medians shown. See bench/README.md.
 */
import { parseArgs } from "node:util";
import { largeArtifact } from "./artifact.ts";
import { floors } from "./capture.ts";
import { measureExports } from "./export.ts";
import type { Spec } from "./generator.ts";
import { measure } from "./measure.ts";
import { million } from "./million.ts";
import { residentMiB } from "./processes.ts";
import { writeResults } from "./results.ts";
import { rows as allRows, type Row, value } from "./rows.ts";
import type { Seed } from "./seed.ts";
import { soak } from "./soak.ts";
import { openStage, type Stage } from "./stage.ts";
import { measureStreams } from "./streams.ts";
import { type Running, systems } from "./systems.ts";
import { type Column, type Footprint, number, type Sample, type Samples } from "./table.ts";
import { tenancy } from "./tenancy.ts";
import { webPages } from "./web.ts";

const usage = `npm run bench -- [options]
  --full             every row, at 100,000 runs (default: the short rows at 10,000, in about five minutes)
  --million          and Loggia's searches at 1,000,000 runs and 50,000,000 points (ten minutes, 13 GB)
  --soak MINUTES     and Loggia's memory during a training loop of 64 clients
  --artifact GIB     and its memory while an artifact of that size comes and goes
  --tenancy          what tokens and row-level security cost instead, Loggia with them beside Loggia without
  --export           and how fast all runs leave as files and messages, and the memory that takes
  --streams          and points a second over streams, and how soon a watch tells (--systems loggia --rows none: alone)
  --web              the pages in Chromium beside MLflow's own, at 100,000 runs
  --write            put the tables into bench/README.md, with --full into bench/RESULTS.md
  --keep             keep the databases below .cache/bench-kept, and use those that are there
  --systems LIST     of mlflow,fasttrackml,raw,loggia (raw needs loggia)
  --rows LIST        ids of rows, as bench/rows.ts names them
  --runs N           runs in the experiment that is searched
  --experiments N    experiments beside it, for --web (1000)
  --rounds N         measurements of each row on each system (3)
  --seconds N        length of one measurement (1, with --full 3)`;

const { values: options } = parseArgs({
  options: {
    full: { type: "boolean", default: false },
    million: { type: "boolean", default: false },
    soak: { type: "string" },
    artifact: { type: "string" },
    tenancy: { type: "boolean", default: false },
    export: { type: "boolean", default: false },
    streams: { type: "boolean", default: false },
    web: { type: "boolean", default: false },
    write: { type: "boolean", default: false },
    keep: { type: "boolean", default: false },
    systems: { type: "string", default: "mlflow,fasttrackml,raw,loggia" },
    rows: { type: "string" },
    runs: { type: "string" },
    experiments: { type: "string", default: "1000" },
    rounds: { type: "string", default: "3" },
    seconds: { type: "string" },
    help: { type: "boolean", default: false },
  },
});

async function bench(stage: Stage): Promise<void> {
  const { full } = options;
  const seconds = Number(options.seconds ?? (full ? 3 : 1));
  if (options.web) {
    const [runs, rounds] = [Number(options.runs ?? 100_000), Number(options.rounds)];
    const chosen = options.systems.split(",");
    const experiments = Number(options.experiments);
    console.log(await webPages(stage, { chosen, runs, experiments, rounds, million: options.million }));
    return;
  }
  const data: Seed = {
    runs: Number(options.runs ?? (full ? 100_000 : 10_000)),
    points: 1,
    experiments: 1000,
    histories: full ? [10_000, 100_000] : [10_000],
  };
  const chosen = options.systems.split(",");
  const only = options.rows?.split(",");
  if (options.tenancy) {
    const rounds = Number(options.rounds);
    console.log(await tenancy(stage, { rows: allRows(data), only, data, rounds, seconds }));
    return;
  }
  const rows = allRows(data).filter((row) => (only ? only.includes(row.id) : full || row.short));

  const running: Running[] = [];
  const footprints = new Map<Column, Footprint>();
  for (const system of systems.filter(({ name }) => chosen.includes(name))) {
    const up = await stage.bringUp(system, data);
    running.push(up.running);
    footprints.set(system.name, up.footprint);
  }
  const loggia = running.find(({ system }) => system.name === "loggia");
  const raw =
    loggia !== undefined && chosen.includes("raw")
      ? await floors(stage, { url: loggia.url, database: "bench_loggia" }, rows)
      : new Map<string, Spec>();

  const samples: Samples = new Map();
  for (let round = 1; round <= Number(options.rounds); round++) {
    for (const row of rows) {
      const time = { seconds, warmup: seconds / 3 };
      for (const { system, url, pid } of running)
        keep(samples, row, system.name, await measure(stage, { ...row.spec, ...time, url }, pid));
      const floor = raw.get(row.id);
      if (floor !== undefined) keep(samples, row, "raw", await measure(stage, { ...floor, ...time }));
    }
  }
  for (const { system, pid } of running) {
    const footprint = footprints.get(system.name);
    if (footprint !== undefined) footprint.loaded = residentMiB(pid);
  }
  const more: string[] = [];
  if (options.million) more.push(await million(stage, { rows, samples, seconds }));
  if (options.soak !== undefined && loggia !== undefined)
    more.push(await soak(stage, loggia, Number(options.soak)));
  if (options.artifact !== undefined && loggia !== undefined)
    more.push(await largeArtifact(loggia, Number(options.artifact)));
  if (options.export && loggia !== undefined) more.push(await measureExports(loggia, data.runs));
  const { postgres } = stage;
  // A stream begins with thousands of points that are under way: a short measurement is mostly of that.
  const long = Math.max(5, seconds);
  if (options.streams && loggia !== undefined)
    more.push(await measureStreams(loggia, postgres, { database: "bench_loggia", seconds: long }));
  await writeResults({ rows, samples, footprints, more, postgres, data, full, write: options.write });
}

/** Tells of a sample and keeps it. */
function keep(samples: Samples, row: Row, column: Column, sample: Sample | Error): void {
  const label = `${row.id} ${column}`.padEnd(36);
  if (sample instanceof Error) {
    console.error(`${label} FAILED: ${sample.message}`);
    return;
  }
  const { report } = sample;
  const trouble = report.errors > 0 ? `  ${report.errors} ERRORS: ${report.firstError}` : "";
  const things = report.things > 0 ? `  ${report.things} objects` : "";
  const speed = `${number(value(row, report))} ${row.unit}  p99 ${number(report.p99)} ms`;
  console.error(`${label} ${speed}${things}${trouble}`);
  const columns = samples.get(row.id) ?? new Map<Column, Sample[]>();
  samples.set(row.id, columns);
  columns.set(column, [...(columns.get(column) ?? []), sample]);
}

if (options.help) {
  console.log(usage);
} else {
  const stage = await openStage({ keep: options.keep });
  for (const signal of ["SIGINT", "SIGTERM"] as const)
    process.once(signal, () => stage.close().finally(() => process.exit(130)));
  try {
    await bench(stage);
  } finally {
    await stage.close();
  }
}
