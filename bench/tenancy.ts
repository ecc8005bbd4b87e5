/**
 * What tokens and row-level security cost: the same server, in turns called as a laptop's is and with neither, and with a
 * token at the address of a project.
 */
import { execFile } from "node:child_process";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { measure } from "./measure.ts";
import { type Row, speedup, value } from "./rows.ts";
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

/** How many servers share the rounds, one after the other: a process has its luck with memory and compiler to its end. */
const servers = 3;

/** @returns the table. */
export async function tenancy(stage: Stage, options: TenancyOptions): Promise<string> {
  const { data, rounds, seconds, only = usual } = options;
  const rows = options.rows.filter(({ id }) => only.includes(id));
  const samples = new Map(rows.map((row) => [row.id, { bare: [] as Sample[], guarded: [] as Sample[] }]));
  const open = await bringUpWithToken(stage, data);
  let server: Running | undefined;
  for (let round = 0, age = 0; round < rounds; age++) {
    if (age % (1 + Math.ceil(rounds / servers)) === 0) {
      await server?.stop();
      server = await start(system, open, stage.ends);
      age = 0;
    }
    if (server === undefined) throw new Error("no server was started");
    for (const row of rows) {
      for (const name of round % 2 === 0 ? modes : modes.toReversed()) {
        await stage.postgres.run(database, rowSecurity(name === "bare" ? "disable" : "enable"));
        const url = name === "bare" ? server.url : withToken(server.url, open.token);
        const sample = await measure(stage, { ...row.spec, seconds, warmup: seconds / 3, url }, server.pid);
        if (sample instanceof Error) throw sample;
        if (sample.report.errors > 0) throw new Error(`${row.id}: ${sample.report.firstError}`);
        console.error(
          `${row.id} ${name}`.padEnd(32),
          `${number(value(row, sample.report))} ${row.unit}  ${number(sample.serverCpu)} + ${number(sample.postgresCpu)} ms CPU`,
        );
        // The first round of a server is for V8, which compiles what is called often.
        if (age > 0) samples.get(row.id)?.[name].push(sample);
      }
    }
    if (age > 0) round++;
    // The server does not start without.
    await stage.postgres.run(database, rowSecurity("enable"));
  }
  await server?.stop();
  return costTable(rows, samples);
}

/** Without tokens and row-level security, and with them. */
const modes = ["bare", "guarded"] as const;

const cpu = ({ serverCpu, postgresCpu }: Sample) => serverCpu + postgresCpu;

const database = "bench_guarded";

const root = dirname(import.meta.dirname);

/**
 * One server for both, since two of the same code differ by a tenth from their start to their end: a call that brings no token
 * is let in, and brings no scope along.
 */
const system: System = {
  ...loggia,
  // The sources, of which the hook changes two.
  command: (options) => [join(root, "scripts", "run"), "src/main.ts", ...loggia.command(options).slice(1)],
  env: { NODE_OPTIONS: `--import=${join(import.meta.dirname, "open-door.ts")}` },
};

/** For every table that has policies, as of the migrations. */
const rowSecurity = (verb: "enable" | "disable") => `
  do $$
    declare name text;
    begin
      for name in select distinct polrelid::regclass from pg_policy loop
        execute format('alter table %s ${verb} row level security', name);
      end loop;
    end
  $$`;

/** Fills a database, with a token. */
async function bringUpWithToken(
  stage: Stage,
  data: Seed,
): Promise<{ database: string; files: string; token: string }> {
  const { running } = await stage.bringUp(loggia, data, "guarded");
  await running.stop();
  const url = stage.postgres.url(database);
  const { stdout } = await promisify(execFile)(loggiaProgram, [
    ...["token", "create", "--project", "default", "--role", "developer", "--quiet"],
    ...["--database-url", url],
  ]);
  return { database: url, files: running.files, token: stdout.trim() };
}

/** The address of the project, as whoever has the token sets it; the load generator sends it as the client does. */
function withToken(server: string, token: string): string {
  const url = new URL("/api/v4/projects/default/ml/mlflow", server);
  url.username = token;
  return url.href;
}

/** Speeds and processor times are medians; a cost is the median of what each round has found, in which both took their turn. */
function costTable(rows: Row[], samples: Map<string, { bare: Sample[]; guarded: Sample[] }>): string {
  const lines = rows.map((row) => {
    const { bare = [], guarded = [] } = samples.get(row.id) ?? {};
    const both = (of: (sample: Sample) => number) =>
      [bare, guarded].map((all) => number(median(all.map(of)))).join(" → ");
    const cost = (ratio: (before: Sample, after: Sample) => number) => {
      const rounds = bare.flatMap((before, i) => {
        const after = guarded[i];
        return after === undefined ? [] : [ratio(before, after) - 1];
      });
      return `${(median(rounds) * 100).toFixed(1)} %`;
    };
    return [
      `${row.title}, ${row.unit}`,
      both((sample) => value(row, sample.report)),
      cost((before, after) => speedup(row, value(row, before.report), value(row, after.report))),
      both(cpu),
      cost((before, after) => cpu(after) / cpu(before)),
    ];
  });
  return table(
    ["cost of authentication and row-level security", "speed", "cost", "CPU ms per call", "cost"],
    lines,
  );
}
