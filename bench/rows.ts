/** The rows of the table: what is done, what counts, and how much faster than others it must be. */
import type { Report, Spec } from "./generator.ts";
import { historyKey, historyRun, searchedExperiment, writesExperiment } from "./seed.ts";

export interface Row {
  id: string;
  title: string;
  unit: "/s" | "metrics/s" | "ms" | "s";
  spec: Spec;
  /** Part of the short run; the others are for --full. */
  short: boolean;
  /** Whether there is a raw floor: the same SQL, without a server. */
  raw: boolean;
  /** How many times as fast as FastTrackML, and as raw Postgres, it must be. */
  goal: { fasttrackml?: number; raw?: number };
}

/** Metrics in one log_batch. */
const batch = 1000;

const writes = { experiment: writesExperiment };

/** All rows for a number of searched runs and the lengths of the histories. */
export function rows({ runs, histories }: { runs: number; histories: number[] }): Row[] {
  const many = runs.toLocaleString("en");
  const search = (id: string, title: string, times: number, spec: Partial<Spec>, short = true): Row => ({
    id,
    title,
    unit: "ms",
    spec: { workload: "search-runs", clients: 1, experiment: searchedExperiment, ...spec },
    short,
    raw: id === "search-first",
    goal: { fasttrackml: times },
  });
  return [
    {
      id: "log-metric",
      title: "log_metric, 16 clients",
      unit: "/s",
      spec: { workload: "log-metric", clients: 16, ...writes },
      short: true,
      raw: true,
      goal: { fasttrackml: 10, raw: 1 },
    },
    {
      id: "log-metric-one-key",
      title: "log_metric, 16 clients on one key of one run",
      unit: "/s",
      spec: { workload: "log-metric-one-key", clients: 16, ...writes },
      short: true,
      raw: false,
      goal: { fasttrackml: 10 },
    },
    {
      id: "log-metric-alone",
      title: "log_metric, 1 client, p50",
      unit: "ms",
      spec: { workload: "log-metric", clients: 1, ...writes },
      short: true,
      raw: true,
      goal: { raw: 1 / 1.3 },
    },
    {
      id: "log-metric-open",
      title: "log_metric, 200 a second offered (open loop), p99",
      unit: "ms",
      spec: { workload: "log-metric", clients: 64, rate: 200, ...writes },
      short: false,
      raw: false,
      goal: {},
    },
    {
      id: "create-run",
      title: "create_run, 16 clients",
      unit: "/s",
      spec: { workload: "create-run", clients: 16, ...writes },
      short: true,
      raw: false,
      goal: { fasttrackml: 4 },
    },
    {
      id: "log-batch",
      title: "log_batch of 1,000 metrics, 4 clients",
      unit: "metrics/s",
      spec: { workload: "log-batch", clients: 4, ...writes },
      short: true,
      raw: true,
      goal: { fasttrackml: 4, raw: 0.75 },
    },
    {
      id: "training-loop",
      title: "training loop, 16 clients, requests",
      unit: "/s",
      spec: { workload: "training-loop", clients: 16, ...writes },
      short: true,
      raw: false,
      goal: { fasttrackml: 8 },
    },
    {
      id: "get-run",
      title: "get_run (50 metrics, 50 params, 20 tags), 16 clients",
      unit: "/s",
      spec: { workload: "get-run", clients: 16, ...writes },
      short: true,
      raw: true,
      goal: { fasttrackml: 3 },
    },
    ...histories.map(
      (points): Row => ({
        id: `get-history-${points}`,
        title: `get-history, ${points.toLocaleString("en")} points, p50`,
        unit: "ms",
        spec: { workload: "get-history", clients: 1, run: historyRun(points), key: historyKey },
        short: points <= 10_000,
        raw: false,
        goal: { fasttrackml: 4 },
      }),
    ),
    search("search-first", `search, first 100 of ${many} runs, p50`, 4, {}),
    search("search-metric", "search `metrics.m3 > 0.99`, p50", 10, { filter: "metrics.m3 > 0.99" }),
    search(
      "search-three",
      "search `metrics.m3 > 0.5 and params.p2 = '7' and tags.t1 = 'x'` by `metrics.m1 DESC`, p50",
      10,
      {
        filter: "metrics.m3 > 0.5 and params.p2 = '7' and tags.t1 = 'x'",
        orderBy: ["metrics.m1 DESC"],
      },
    ),
    search(
      "search-order",
      "search, by `metrics.m1 DESC` alone, p50",
      10,
      { orderBy: ["metrics.m1 DESC"] },
      false,
    ),
    search(
      "search-like",
      "search `params.p0 LIKE '%999%'`, p50",
      10,
      { filter: "params.p0 LIKE '%999%'" },
      false,
    ),
    {
      id: "walk",
      title: "walk to page 50",
      unit: "s",
      spec: { workload: "walk-runs", clients: 1, experiment: searchedExperiment, pages: 50 },
      short: false,
      raw: false,
      goal: { fasttrackml: 10 },
    },
    {
      id: "search-experiments",
      title: "search 1,000 experiments, 4 clients, p50",
      unit: "ms",
      spec: { workload: "search-experiments", clients: 4 },
      short: true,
      raw: false,
      goal: { fasttrackml: 4 },
    },
    {
      id: "list-experiments",
      title: "list 1,000 experiments, 4 clients, p50",
      unit: "ms",
      spec: { workload: "list-experiments", clients: 4 },
      short: true,
      raw: false,
      goal: { fasttrackml: 4 },
    },
  ];
}

/** What a report says in the row's unit. */
export function value(row: Row, report: Report): number {
  switch (row.unit) {
    case "/s":
      return report.perSecond;
    case "metrics/s":
      return report.perSecond * batch;
    case "ms":
      return row.spec.rate === undefined ? report.p50 : report.p99;
    case "s":
      return report.p50 / 1000;
  }
}

/** How many times as fast `ours` is as `theirs`, by values of the row's unit. */
export function speedup(row: Row, ours: number, theirs: number): number {
  return row.unit.endsWith("/s") ? ours / theirs : theirs / ours;
}
