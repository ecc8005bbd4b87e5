/**
 * Loggia's pages beside MLflow 1.28's own, in a real Chromium, on the same data: how long until what was asked for is seen, and the
 * longest frame while scrolling. Each round opens every page with nothing remembered. Another page adds its tasks to `tasks`.
 */
import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { type Browser, chromium, type Page } from "playwright-core";
import { ensureChromium } from "../scripts/chromium.ts";
import { millionRuns } from "./million.ts";
import { searchedExperiment } from "./seed.ts";
import type { Stage } from "./stage.ts";
import { type Running, systems } from "./systems.ts";
import { median, number, table } from "./table.ts";

/** What is done with a page of candidates that shows its first rows, until it is seen; milliseconds, unless it measures itself. */
type Act = (page: Page, runs: number) => Promise<number | undefined>;

interface Task {
  title: string;
  loggia?: Act;
  mlflow?: Act;
  /** Whether a page can do it only when it has as many runs. */
  least?: number;
}

/** The row that is scrolled to. */
const far = 50_000;

const firstRows = "first rows of a first visit, ms";

/** Milliseconds that a page has for one thing. */
const patience = 60_000;

const loggiaCell = (row: number) => `[data-row="${row}"] [role=gridcell][id$="-metrics.m0"]`;
const mlflowCell = (row: number) => `.ag-row[row-index="${row}"] [col-id="$$$metric$$$-m0"]`;

/** Resolves in the frame in which an expression comes true. @returns milliseconds since `begin` */
async function seen(page: Page, expression: string, begin: number): Promise<number> {
  await page.waitForFunction(expression, undefined, { polling: "raf", timeout: patience });
  return performance.now() - begin;
}

/** The expression for a cell with a number of which `condition` is true. */
const shows = (cell: string, condition: string) =>
  `[document.querySelector(${JSON.stringify(cell)})?.textContent].some((text) => {
    const value = Number.parseFloat(text?.replace("−", "-"));
    return ${condition};
  })`;

const filtering = (box: string) => async (page: Page) => {
  await page.locator(box).fill("metrics.m0 < 0.01");
  await page.locator(box).press("Enter");
};

/** Does something and waits for what it brings. */
const doing =
  (act: (page: Page, runs: number) => Promise<unknown>, expression: string): Act =>
  async (page, runs) => {
    const begin = performance.now();
    await act(page, runs);
    return await seen(page, expression, begin);
  };

/** The longest frame while the wheel turns over the rows. */
const scrolling =
  (first: string): Act =>
  async (page) => {
    await page.locator(first).hover();
    await page.evaluate(`window.longest = 0; window.last = undefined;
      const frame = (now) => {
        if (window.last !== undefined) window.longest = Math.max(window.longest, now - window.last);
        window.last = now;
        requestAnimationFrame(frame);
      };
      requestAnimationFrame(frame);`);
    for (let i = 0; i < 100; i++) await page.mouse.wheel(0, 300);
    return Number(await page.evaluate("window.longest"));
  };

/** In the order in which one page does them. */
const tasks: Task[] = [
  {
    title: "longest frame while scrolling, ms",
    loggia: scrolling(loggiaCell(5)),
    mlflow: scrolling(mlflowCell(5)),
  },
  {
    title: "scroll to row 50,000 (MLflow: to row 200), ms",
    least: far + 100,
    loggia: doing(
      (page, runs) =>
        page.evaluate(`{
          const grid = document.querySelector("[role=grid], [role=treegrid]");
          grid.scrollTop = grid.scrollHeight * ${far} / ${runs};
        }`),
      `(() => {
        const rows = [...document.querySelectorAll("[data-row]")];
        return rows.length > 0 && rows.every((row) => Math.abs(Number(row.dataset.row) - ${far}) < 200 &&
          row.querySelector('[id$="-metrics.m0"]')?.textContent !== "");
      })()`,
    ),
    mlflow: doing(
      (page) => page.getByRole("button", { name: "Load more" }).click(),
      `document.body.innerText.includes("Showing 200 matching runs")`,
    ),
  },
  {
    title: "sort by a metric, ms",
    loggia: doing(
      (page) => page.locator('[role=columnheader][id$="-metrics.m0"] button').first().click(),
      `!document.querySelector("[data-stale]") && ${shows(loggiaCell(0), "value > 0.998")}`,
    ),
    mlflow: doing(
      async (page) => {
        await page.evaluate(
          'for (const one of document.querySelectorAll(".ag-body-viewport")) one.scrollTop = 0',
        );
        await page.locator('[data-test-id="sort-header-m0"]').click();
      },
      shows(mlflowCell(0), "value > 0.998"),
    ),
  },
  {
    title: "filter, ms",
    loggia: doing(
      filtering("#filter"),
      `!document.querySelector("[data-stale]") && ${shows(loggiaCell(0), "value < 0.01")}`,
    ),
    mlflow: doing(filtering('[data-test-id="search-box"]'), shows(mlflowCell(0), "value < 0.01")),
  },
];

const pages = {
  loggia: {
    address: `/default/-/ml/experiments/${searchedExperiment}`,
    first: shows(loggiaCell(0), "value >= 0"),
  },
  mlflow: { address: `/#/experiments/${searchedExperiment}`, first: shows(mlflowCell(0), "value >= 0") },
} as const;
type Compared = keyof typeof pages;

/** Times by the title of the task, with the first rows in front. */
type Times = Map<string, number[]>;

async function once(browser: Browser, name: Compared, { url }: Running, runs: number, times: Times) {
  const keep = (title: string, time: number | undefined) => {
    if (time === undefined) return;
    console.error(`${name}, ${runs} runs: ${title} ${number(time)}`);
    times.set(title, [...(times.get(title) ?? []), time]);
  };
  // Our policy would refuse what waits in the page.
  const context = await browser.newContext({ viewport: { width: 1600, height: 1000 }, bypassCSP: true });
  try {
    const page = await context.newPage();
    page.setDefaultTimeout(patience);
    const begin = performance.now();
    await page.goto(url + pages[name].address, { waitUntil: "commit" });
    keep(firstRows, await seen(page, pages[name].first, begin));
    for (const task of tasks) {
      if (runs < (task.least ?? 0)) continue;
      await task[name]?.(page, runs).then(
        (time) => keep(task.title, time),
        (error: Error) => console.error(`${name}, ${task.title}: ${error.message.split("\n")[0]}`),
      );
    }
  } finally {
    await context.close();
  }
}

/**
 * @param options.chosen names of systems. @param options.runs of the searched experiment. @param options.million whether to seed a million runs for Loggia as well; a
 * database of them that was kept is measured in any case.
 * @returns the tables, in Markdown.
 */
export async function webPages(
  stage: Stage,
  {
    chosen,
    runs,
    rounds,
    million,
  }: { chosen: readonly string[]; runs: number; rounds: number; million: boolean },
): Promise<string> {
  await promisify(execFile)(process.execPath, [new URL("../scripts/build-web.ts", import.meta.url).pathname]);
  const data = { runs, points: 1, experiments: 1000, histories: [] };
  const up = new Map<string, { name: Compared; runs: number; running: Running }>();
  for (const system of systems) {
    if (system.name === "fasttrackml" || !chosen.includes(system.name)) continue;
    const { running } = await stage.bringUp(system, data, `${system.name}_pages`);
    up.set(system.title, { name: system.name, runs, running });
  }
  const [kept] = await stage.postgres.run(
    "postgres",
    "select from pg_database where datname = 'bench_million'",
  );
  const loggia = systems.find(({ name }) => name === "loggia");
  if (loggia !== undefined && (million || kept !== undefined)) {
    const { running } = await stage.bringUp(loggia, millionRuns, "million");
    up.set("Loggia, 1,000,000 runs", { name: "loggia", runs: millionRuns.runs, running });
  }
  const browser = await chromium.launch({
    executablePath: await ensureChromium(),
    args: [
      "--headless",
      "--no-sandbox",
      "--disable-gpu",
      "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
    ],
  });
  const measured = new Map<string, Times>([...up.keys()].map((title) => [title, new Map()]));
  try {
    for (let round = 0; round < rounds; round++)
      for (const [title, { name, runs, running }] of up)
        await once(browser, name, running, runs, measured.get(title) as Times);
  } finally {
    await browser.close();
  }
  const of = (title: string, task: string) => {
    const times = measured.get(title)?.get(task);
    return times && median(times);
  };
  const titles = [firstRows, ...tasks.map(({ title }) => title)];
  const lines = titles.map((task) => {
    const [theirs, ours] = [of("MLflow 1.28", task), of("Loggia", task)];
    const factor = theirs === undefined || ours === undefined ? undefined : theirs / ours;
    return [
      task,
      ...[...up.keys()].map((title) => number(of(title, task))),
      factor === undefined ? "–" : `${number(factor)}× (10×) ${factor >= 10 ? "✓" : "✗"}`,
    ];
  });
  return table([`pages, ${runs.toLocaleString("en")} runs`, ...up.keys(), "× MLflow (goal)"], lines);
}
