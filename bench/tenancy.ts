/**
 * What tokens and row-level security cost: the same server twice, once as a laptop has it and with neither, once with a
 * token in the address of a project, measured in turns.
 */
import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { measure } from "./measure.ts";
import { type Row, value } from "./rows.ts";
import type { Seed } from "./seed.ts";
import type { Stage } from "./stage.ts";
import { loggia, loggiaProgram, type Running, type System, start } from "./systems.ts";
import { median, number, type Sample, table } from "./table.ts";

/** What is measured when nobody says. */
const usual = [
  "log-metric",
  "log-metric-alone",
  "log-batch",
  "create-run",
  "training-loop",
  "get-run",
  "search-first",
];

export interface TenancyOptions {
  rows: Row[];
  /** Ids of rows; the usual ones when absent. */
  only: string[] | undefined;
  data: Seed;
  rounds: number;
  /** Length of one measurement. */
  seconds: number;
}

/** @returns the table. */
export async function tenancy(stage: Stage, options: TenancyOptions): Promise<string> {
  const { data, rounds, seconds, only = usual } = options;
  const rows = options.rows.filter(({ id }) => only.includes(id));
  const bare = await startBare(stage, data);
  const guarded = await startGuarded(stage, data);
  try {
    const samples = new Map(rows.map((row) => [row.id, { bare: [] as Sample[], guarded: [] as Sample[] }]));
    for (let round = 0; round < rounds; round++) {
      for (const row of rows) {
        const turns = [
          ["bare", bare],
          ["guarded", guarded],
        ] as const;
        for (const [name, { url, pid }] of round % 2 === 0 ? turns : turns.toReversed()) {
          const sample = await measure(stage, { ...row.spec, seconds, warmup: seconds / 3, url }, pid);
          if (sample instanceof Error) throw sample;
          if (sample.report.errors > 0) throw new Error(`${row.id}: ${sample.report.firstError}`);
          console.error(
            `${row.id} ${name}`.padEnd(32),
            `${number(value(row, sample.report))} ${row.unit}  ${number(cpu(sample))} ms CPU`,
          );
          samples.get(row.id)?.[name].push(sample);
        }
      }
    }
    return costTable(rows, samples);
  } finally {
    await guarded.stop();
    await bare.stop();
  }
}

const cpu = ({ serverCpu, postgresCpu }: Sample) => serverCpu + postgresCpu;

/** A server that asks for no token, and neither sets a scope nor is held to one. */
async function startBare(stage: Stage, data: Seed): Promise<Running> {
  const hook = join(import.meta.dirname, "unscoped.ts");
  const system: System = { ...loggia, env: { NODE_OPTIONS: `--import=${hook}` } };
  const { running } = await stage.bringUp(system, data, "bare");
  // Now, since the server does not start without.
  await stage.postgres.run(
    "bench_bare",
    `do $$
      declare name text;
      begin
        for name in select relname from pg_class where relrowsecurity loop
          execute format('alter table %I disable row level security', name);
        end loop;
      end
    $$`,
  );
  return running;
}

/** A server that asks for tokens; its address holds one. */
async function startGuarded(stage: Stage, data: Seed): Promise<Running> {
  const { running: open } = await stage.bringUp(loggia, data, "guarded");
  await open.stop();
  const database = stage.postgres.url("bench_guarded");
  const { stdout } = await promisify(execFile)(loggiaProgram, [
    ...["token", "create", "--project", "default", "--role", "developer", "--quiet"],
    ...["--database-url", database],
  ]);
  const running = await start(loggia, { database, files: open.files }, stage.ends);
  const url = new URL("/api/v4/projects/default/ml/mlflow", running.url);
  url.username = stdout.trim();
  return { ...running, url: url.href };
}

/** Speeds and processor times are medians; a cost is the median of what each round has found, in which both took their turn. */
function costTable(rows: Row[], samples: Map<string, { bare: Sample[]; guarded: Sample[] }>): string {
  const lines = rows.map((row) => {
    const { bare = [], guarded = [] } = samples.get(row.id) ?? {};
    const both = (of: (sample: Sample) => number) =>
      [bare, guarded].map((all) => number(median(all.map(of)))).join(" → ");
    const cost = (of: (sample: Sample) => number) => {
      const rounds = bare.flatMap((before, i) => {
        const after = guarded[i];
        return after === undefined ? [] : [of(after) / of(before) - 1];
      });
      return `${(median(rounds) * 100).toFixed(1)} %`;
    };
    return [
      `${row.title}, ${row.unit}`,
      both((sample) => value(row, sample.report)),
      cost((sample) => 1 / sample.report.perSecond),
      both(cpu),
      cost(cpu),
    ];
  });
  return table(
    ["cost of authentication and row-level security", "speed", "cost", "CPU ms per call", "cost"],
    lines,
  );
}
