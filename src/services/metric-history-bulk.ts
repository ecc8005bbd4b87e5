import { invalid } from "../errors.ts";
import { type BulkHistory, readHistories, sampleHistories } from "../store/metric-history-bulk.ts";
import { missing } from "./context.ts";
import type { Deps } from "./deps.ts";
import { checkStorable } from "./names.ts";

const mostRuns = 100;
const mostPoints = 25_000;
const mostPointsPerRun = 2_500;

/** What a caller asks for; texts as they are in the query string. */
export interface BulkQuery {
  runIds: readonly string[];
  metricKey: string | undefined;
  maxResults: string | undefined;
  startStep?: string | undefined;
  endStep?: string | undefined;
}

export type MetricHistoryBulk = ReturnType<typeof metricHistoryBulk>;

/**
 * The histories of one metric of up to 100 runs, which MLflow has since 2.0 as plain routes. The answers are MLflow's JSON.
 * Runs that do not exist, or are another project's, have no points. Points are in the order of their steps; MLflow puts
 * the timestamp first, which no index has.
 */
export const metricHistoryBulk = ({ db }: Deps) => ({
  /** All points, 25,000 at most in all. @throws INVALID_PARAMETER_VALUE */
  async all(project: bigint, query: BulkQuery): Promise<string> {
    if (query.runIds.length === 0)
      throw invalid("GetMetricHistoryBulk request must specify at least one run_id.");
    if (query.metricKey === undefined)
      throw invalid("GetMetricHistoryBulk request must specify a metric_key.");
    const of = history(project, query.runIds, query.metricKey, "GetMetricHistoryBulk");
    const wanted = integer("max_results", query.maxResults) ?? BigInt(mostPoints);
    if (wanted < 0n) throw invalid(`max_results must not be negative, but is ${wanted}.`);
    const limit = Number(wanted < mostPoints ? wanted : mostPoints);
    return answer(await readHistories(db, of, limit));
  },

  /** A sample of each run's points, 2,500 at most, from a range of steps or from all. @throws INVALID_PARAMETER_VALUE */
  async sampled(project: bigint, query: BulkQuery): Promise<string> {
    if (query.runIds.length === 0) throw missing("run_ids");
    if (!query.metricKey) throw missing("metric_key");
    const of = history(project, query.runIds, query.metricKey, "GetMetricHistoryBulkInterval");
    const perRun = integer("max_results", query.maxResults) ?? BigInt(mostPointsPerRun);
    if (perRun < 1n || perRun > mostPointsPerRun)
      throw invalid(`max_results must be between 1 and ${mostPointsPerRun}.`);
    const first = integer("start_step", query.startStep);
    const last = integer("end_step", query.endStep);
    if ((first === undefined) !== (last === undefined))
      throw invalid("If either start step or end step are specified, both must be specified.");
    if (first === undefined || last === undefined)
      return answer(await sampleHistories(db, of, Number(perRun), undefined));
    if (first > last)
      throw invalid(
        `end_step must be greater than start_step. Found start_step=${first} and end_step=${last}.`,
      );
    return answer(await sampleHistories(db, of, Number(perRun), { first, last }));
  },
});

const answer = (points: string) => `{"metrics":[${points}]}`;

function history(project: bigint, runIds: readonly string[], key: string, request: string): BulkHistory {
  if (runIds.length > mostRuns)
    throw invalid(
      `${request} request cannot specify more than ${mostRuns} run_ids. Received ${runIds.length} run_ids.`,
    );
  checkStorable("metric_key", key);
  // Other text is no run's id.
  return { project, runIds: runIds.filter((id) => /^[0-9a-f]{32}$/.test(id)), key };
}

/** An int64; undefined when absent. @throws INVALID_PARAMETER_VALUE */
function integer(parameter: string, text: string | undefined): bigint | undefined {
  if (text === undefined) return undefined;
  const value = /^-?\d{1,19}$/.test(text) ? BigInt(text) : undefined;
  if (value === undefined || BigInt.asIntN(64, value) !== value)
    throw invalid(`Invalid value for parameter '${parameter}': it must be an integer of 64 bits.`);
  return value;
}
