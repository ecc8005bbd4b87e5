/**
 * Loggia's pages beside MLflow 1.28's own, in a real Chromium, on the same data: how long until what was asked for is seen and
 * the page is free for more, and the longest frame while scrolling. Another page adds its visit to web-visits.ts.
 */
import { execFile } from "node:child_process";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";
import type { Browser } from "playwright-core";
import { launchChromium } from "../scripts/chromium.ts";
import { openDatabase } from "../src/store/database.ts";
import { rollUp } from "../src/store/metric-rollups.ts";
import { millionRuns } from "./million.ts";
import { cpuMilliseconds } from "./processes.ts";
import { chartedKey, type PagesSeed } from "./seed-pages.ts";
import type { Stage } from "./stage.ts";
import { loggia, type Running, systems } from "./systems.ts";
import { median, number, table } from "./table.ts";
import { done, opened, patience, TooLong, watch } from "./web-timing.ts";
import { type Compared, type Visit, visits } from "./web-visits.ts";

const seeded: PagesSeed = {
  charted: { runs: 50, points: 100_000 },
  wide: { metrics: 1000, points: 100 },
};

/** One column of the table. */
interface Contestant {
  title: string;
  name: Compared;
  runs: number;
  running: Running;
  /** Milliseconds by the title of what was done; infinite for what took longer than there was patience. */
  times: Map<string, number[]>;
}

/**
 * @param options.chosen names of systems. @param options.runs of the searched experiment. @param options.million whether to
 * seed a million runs for Loggia as well; a database of them that was kept is measured in any case.
 * @returns the table, in Markdown.
 */
export async function webPages(
  stage: Stage,
  options: { chosen: readonly string[]; runs: number; experiments: number; rounds: number; million: boolean },
): Promise<string> {
  await promisify(execFile)(process.execPath, [new URL("../scripts/build-web.ts", import.meta.url).pathname]);
  const contestants = await bringUp(stage, options);
  const browser = await launchChromium({ outlivesSignals: true });
  const planned = visits(seeded);
  try {
    for (let round = 0; round < options.rounds; round++)
      for (const visit of planned)
        for (const contestant of contestants) {
          await make(browser, visit, contestant);
          await atRest([contestant.running.pid, stage.postgres.pid]);
        }
  } finally {
    await browser.close();
  }
  return results(contestants, planned, options.runs);
}

async function bringUp(
  stage: Stage,
  {
    chosen,
    runs,
    experiments,
    million,
  }: { chosen: readonly string[]; runs: number; experiments: number; million: boolean },
): Promise<Contestant[]> {
  const data = { runs, points: 1, experiments, histories: [], pages: seeded };
  const found: Contestant[] = [];
  for (const system of systems) {
    if (system.name === "fasttrackml" || !chosen.includes(system.name)) continue;
    const { running } = await stage.bringUp(system, data, `${system.name}_pages`);
    if (system === loggia) await rollUpCharted(stage);
    found.push({ title: system.title, name: system.name, runs, running, times: new Map() });
  }
  const [kept] = await stage.postgres.run(
    "postgres",
    "select from pg_database where datname = 'bench_million'",
  );
  if (million || (kept !== undefined && chosen.includes("loggia"))) {
    const { running } = await stage.bringUp(loggia, millionRuns, "million");
    const title = "Loggia, 1,000,000 runs";
    found.push({ title, name: "loggia", runs: millionRuns.runs, running, times: new Map() });
  }
  return found;
}

/** Long histories that were logged are in buckets as soon as they are long (metric-rollup-queue.ts); seeded ones are not. */
async function rollUpCharted({ postgres: { host, user, run } }: Stage): Promise<void> {
  const database = "bench_loggia_pages";
  const series = await run(
    database,
    `select run_key from latest_metrics where key = '${chartedKey}' and experiment_id = 3`,
  );
  const { db, close } = openDatabase({
    connection: { host, user, database },
    poolSize: 2,
    namedStatements: true,
    statementTimeout: 60_000,
    projects: "all",
  });
  try {
    for (const { run_key } of series)
      await rollUp(db, { project: 1n, runKey: BigInt(run_key as string), key: chartedKey });
  } finally {
    await close();
  }
}

/** Opens a page with nothing remembered, and does with it what is to be done. */
async function make(browser: Browser, visit: Visit, contestant: Contestant): Promise<void> {
  const { name, runs, running, times } = contestant;
  if (visit.isBeside && runs === millionRuns.runs) return;
  // Our policy would refuse what waits in the page.
  const context = await browser.newContext({ viewport: { width: 1600, height: 1000 }, bypassCSP: true });
  /** @returns whether there was an answer. */
  const keep = async (title: string, measured: () => Promise<number>) => {
    // What took too long once would do so again.
    if (times.get(title)?.includes(Number.POSITIVE_INFINITY)) return false;
    const time = await measured().catch((error: Error) => {
      console.error(`${contestant.title}, ${title}: ${error.message.split("\n")[0] || "too long"}`);
      return error instanceof TooLong ? Number.POSITIVE_INFINITY : undefined;
    });
    if (time === undefined) return false;
    console.error(`${contestant.title}, ${title}: ${cell(time)}`);
    times.set(title, [...(times.get(title) ?? []), time]);
    return Number.isFinite(time);
  };
  try {
    const page = await context.newPage();
    await watch(page);
    const { address, shows, behind } = visit[name];
    const open = async () => {
      const time = await opened(page, running.url + address, shows);
      if (behind === undefined) return time;
      return time + (await done(page, () => page.locator(behind.click).click(), behind.shows));
    };
    if (!(await keep(visit.title, open))) return;
    for (const task of visit.tasks)
      if (runs >= (task.least ?? 0)) await keep(task.title, () => task[name](page, runs));
  } finally {
    await context.close();
  }
}

/** A server, and Postgres for it, may go on with what nobody waits for any more; two minutes at most. */
async function atRest(pids: readonly number[]): Promise<void> {
  const used = () => pids.reduce((sum, pid) => sum + cpuMilliseconds(pid), 0);
  let before = used();
  for (let i = 0; i < 120; i++) {
    await sleep(1000);
    const now = used();
    if (now - before <= 100) return;
    before = now;
  }
}

const cell = (time: number | undefined) =>
  time === Number.POSITIVE_INFINITY ? `> ${number(patience)}` : number(time);

/** Milliseconds that no frame may take. */
const longestGoal = 100;

function results(contestants: readonly Contestant[], planned: readonly Visit[], runs: number): string {
  const lines = planned.flatMap(({ title, tasks }) =>
    [title, ...tasks.map((task) => task.title)].map((title) => {
      const of = (one: Contestant | undefined) => {
        const times = one?.times.get(title);
        return times && median(times);
      };
      const [theirs, ours] = (["mlflow", "loggia"] as const).map((name) =>
        of(contestants.find((one) => one.name === name)),
      );
      return [title, ...contestants.map((one) => cell(of(one))), verdict(title, theirs, ours)];
    }),
  );
  return table(
    [`pages, ${runs.toLocaleString("en")} runs, ms`, ...contestants.map(({ title }) => title), "goal"],
    lines,
  );
}

function verdict(title: string, theirs: number | undefined, ours: number | undefined): string {
  if (ours === undefined) return "–";
  if (title.startsWith("longest frame")) return `≤ ${longestGoal} ms ${ours <= longestGoal ? "✓" : "✗"}`;
  if (theirs === undefined) return "–";
  const factor = Math.min(theirs, patience) / ours;
  return `${theirs > patience ? "> " : ""}${number(factor)}× (10×) ${factor >= 10 ? "✓" : "✗"}`;
}
