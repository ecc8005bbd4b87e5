/** What is done with Loggia's pages and with MLflow's, and how it is told from what they show that it is done. */
import type { Page } from "playwright-core";
import { searchedExperiment } from "./seed.ts";
import {
  chartedExperiment,
  chartedKey,
  chartedRun,
  firstWideKey,
  type PagesSeed,
  wideExperiment,
  wideRun,
} from "./seed-pages.ts";
import { done, longestFrame } from "./web-timing.ts";

export type Compared = "loggia" | "mlflow";

/** A thing that is done with a page that shows its first answer, and measured, in milliseconds. */
type Act = (page: Page, runs: number) => Promise<number>;

export interface Task {
  title: string;
  loggia: Act;
  mlflow: Act;
  /** Whether there must be as many runs. */
  least?: number;
}

interface Place {
  address: string;
  /** What is true of the page when it has answered. */
  shows: string;
  /** Where the answer is behind something to click: that, and what is true then. */
  behind?: { click: string; shows: string };
}

/** A page that is opened with nothing remembered, and what is then done with it. */
export interface Visit {
  /** What is measured of its first answer. */
  title: string;
  loggia: Place;
  mlflow: Place;
  tasks: readonly Task[];
  /** Whether it is of the runs beside those that are searched. */
  isBeside?: boolean;
}

/** The row that is scrolled to. */
const far = 50_000;

/** The expression for a cell with a number of which `condition` is true. */
const shows = (cell: string, condition: string) =>
  `[document.querySelector(${JSON.stringify(cell)})?.textContent].some((text) => {
    const value = Number.parseFloat(text?.replace("−", "-"));
    return ${condition};
  })`;

const loggiaCell = (row: number) => `[data-row="${row}"] [role=gridcell][id$="-metrics.m0"]`;
const mlflowCell = (row: number) => `.ag-row[row-index="${row}"] [col-id="$$$metric$$$-m0"]`;

/** The first row of Loggia's table when it is the answer to what was asked last. */
const loggiaFirst = (condition: string) =>
  `!document.querySelector("[data-stale]") && ${shows(loggiaCell(0), condition)}`;

const filter = (page: Page, box: string) => async () => {
  await page.locator(box).fill("metrics.m0 < 0.01");
  await page.locator(box).press("Enter");
};

const table: Visit = {
  title: "first rows",
  loggia: {
    address: `/default/-/ml/experiments/${searchedExperiment}`,
    shows: shows(loggiaCell(0), "value >= 0"),
  },
  mlflow: { address: `/#/experiments/${searchedExperiment}`, shows: shows(mlflowCell(0), "value >= 0") },
  // In the order in which one page does them.
  tasks: [
    {
      title: "longest frame while scrolling",
      loggia: (page) => longestFrame(page, loggiaCell(5)),
      mlflow: (page) => longestFrame(page, mlflowCell(5), true),
    },
    {
      title: "scroll to row 50,000 (MLflow: to row 200)",
      least: far + 100,
      loggia: (page, runs) =>
        done(
          page,
          () =>
            page.evaluate(`{
              const grid = document.querySelector("[role=grid], [role=treegrid]");
              bench.begin = performance.now();
              grid.scrollTop = grid.scrollHeight * ${far} / ${runs};
            }`),
          `(() => {
            const rows = [...document.querySelectorAll("[data-row]")];
            return rows.length > 0 && rows.every((row) => Math.abs(Number(row.dataset.row) - ${far}) < 200 &&
              row.querySelector('[id$="-metrics.m0"]')?.textContent !== "");
          })()`,
        ),
      mlflow: (page) =>
        done(
          page,
          () => page.getByRole("button", { name: "Load more" }).click(),
          `document.body.textContent.includes("Showing 200 matching runs")`,
        ),
    },
    {
      title: "sort by a metric",
      loggia: (page) =>
        done(
          page,
          () => page.locator('[role=columnheader][id$="-metrics.m0"] button').first().click(),
          loggiaFirst("value > 0.998"),
        ),
      mlflow: async (page) => {
        await page.evaluate(
          'for (const one of document.querySelectorAll(".ag-body-viewport")) one.scrollTop = 0',
        );
        return await done(
          page,
          () => page.locator('[data-test-id="sort-header-m0"]').click(),
          shows(mlflowCell(0), "value > 0.998"),
        );
      },
    },
    {
      title: "filter",
      loggia: (page) => done(page, filter(page, "#filter"), loggiaFirst("value <= 0.01")),
      // It shows three digits: the greatest value below 0.01 as 0.01.
      mlflow: (page) =>
        done(page, filter(page, '[data-test-id="search-box"]'), shows(mlflowCell(0), "value <= 0.01")),
    },
  ],
};

/** The visits to pages of what was seeded. */
export function visits({ charted, wide }: PagesSeed): Visit[] {
  const ids = Array.from({ length: charted.runs }, (_, i) => chartedRun(i + 1));
  const mlflowChart = new URLSearchParams({
    runs: JSON.stringify(ids),
    experiments: JSON.stringify([chartedExperiment]),
    plot_metric_keys: JSON.stringify([chartedKey]),
    plot_layout: JSON.stringify({ autosize: true }),
    x_axis: "step",
    y_axis_scale: "linear",
    line_smoothness: "1",
    show_point: "false",
    deselected_curves: "[]",
    last_linear_y_axis_range: "[]",
  });
  return [
    table,
    {
      title: `a run with ${wide.metrics.toLocaleString("en")} metrics`,
      loggia: {
        address: `/default/-/ml/candidates/${wideRun}`,
        shows: `[...document.querySelectorAll("[role=cell]")].some((cell) => cell.textContent === "${firstWideKey}")`,
      },
      mlflow: {
        address: `/#/experiments/${wideExperiment}/runs/${wideRun}`,
        shows: `[...document.querySelectorAll(".ant-collapse-header")].some((one) => one.textContent.startsWith("Metrics ("))`,
        behind: {
          click: '.ant-collapse-header:has-text("Metrics (")',
          shows: `[...document.querySelectorAll("td")].some((cell) => cell.textContent.trim().startsWith("${firstWideKey}"))`,
        },
      },
      tasks: [],
      isBeside: true,
    },
    {
      title: `a chart of ${charted.runs} runs × ${charted.points.toLocaleString("en")} points`,
      loggia: {
        address: `/default/-/ml/compare?runs=${ids.join(",")}`,
        // Its notes count the points that are drawn.
        shows: `document.querySelector('figure[data-metric="${chartedKey}"] [role=note]')?.textContent
          .includes("of ${(charted.runs * charted.points).toLocaleString("en")} points")`,
      },
      mlflow: {
        address: `/#/metric/${chartedKey}?${mlflowChart}`,
        shows: `document.querySelectorAll(".js-plotly-plot .scatterlayer .trace").length === ${charted.runs}`,
      },
      tasks: [],
      isBeside: true,
    },
  ];
}
