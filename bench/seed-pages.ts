/** What pages show beside the searched runs (seed.ts): runs to be charted, and a run of many metrics. */

export interface PagesSeed {
  /** Runs of experiment 3, each with as many points of one metric. */
  charted: { runs: number; points: number };
  /** Metrics of the one run of experiment 4. */
  wide: { metrics: number; points: number };
}

export const chartedExperiment = "3";
export const chartedKey = "loss";
export const wideExperiment = "4";

/** The id of a run that is charted, from 1. */
export const chartedRun = (n: number): string => `018bcfe5680070008${String(n).padStart(15, "0")}`;
export const wideRun = "018bcfe5680070009000000000000000";
/** The first of the metrics of the wide run, by name. */
export const firstWideKey = "layer-0/metric-0000";

/** Statements between those of `sources` in seed.ts and those that fill the tables: more rows in the same sources. */
export function moreSources({ charted, wide }: PagesSeed, firstStart: number): string[] {
  // A curve that falls and trembles, another one for each run.
  const curve = `exp(step * -4.0 / ${charted.points}) * (1 + i / 25.0) + 0.2 * (hashint8extended(step, i) & 65535) / 65536.0`;
  const wideValue = "(hashint8extended(step, i) & 65535) / 65536.0";
  const wideName = "'layer-' || i / 100 || '/metric-' || lpad(i::text, 4, '0')";
  const more = (view: string, chartedSteps: string, wideSteps: string) => [
    `alter view ${view} rename to ${view}_of_searched`,
    `create temp view ${view} as
      select n, run_key, run_id, experiment_id, key, value, "timestamp", step from ${view}_of_searched
      union all
      select n, run_key, run_id, experiment_id, '${chartedKey}', ${curve}, start_time + step * 100, step
      from seed_charted, ${chartedSteps} step
      union all
      select n, run_key, run_id, experiment_id, ${wideName}, ${wideValue}, start_time + step * 100, step
      from seed_runs, generate_series(0::bigint, ${wide.metrics - 1}) i, ${wideSteps} step where run_id = '${wideRun}'`,
  ];
  return [
    // Negative numbers: what searched runs have is made of the positive ones.
    `create temp table seed_charted as
      select i, -1000 - i as n, (select max(run_key) from seed_runs) + i as run_key, ${chartedExperiment} as experiment_id,
        ${firstStart} + i * 1000 as start_time, '018bcfe5680070008' || lpad(i::text, 15, '0') as run_id
      from generate_series(1::bigint, ${charted.runs}) i`,
    `insert into seed_runs (n, run_key, experiment_id, start_time, run_id)
      select n, run_key, experiment_id, start_time, run_id from seed_charted
      union all
      select -1000, (select max(run_key) from seed_charted) + 1, ${wideExperiment}, ${firstStart}, '${wideRun}'`,
    ...more(
      "seed_latest",
      `generate_series(${charted.points - 1}::bigint, ${charted.points - 1})`,
      `generate_series(${wide.points - 1}::bigint, ${wide.points - 1})`,
    ),
    ...more(
      "seed_points",
      `generate_series(0::bigint, ${charted.points - 1})`,
      `generate_series(0::bigint, ${wide.points - 1})`,
    ),
  ];
}
