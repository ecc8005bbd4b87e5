import type { ServiceImpl } from "@connectrpc/connect";
import type { MlflowService } from "../../gen/mlflow/service_pb.js";
import { acceptsJsonText } from "../auth/context-keys.ts";
import { invalid } from "../errors.ts";
import { type CursorValue, decodePageToken, encodePageToken } from "../search/page-token.ts";
import {
  type HistoryPart,
  type HistoryPosition,
  type HistorySlice,
  readHistory,
  readHistoryText,
} from "../store/metric-history.ts";
import type { MetricPoint } from "../store/run-data.ts";
import { findRun } from "../store/runs.ts";
import { pageTokenSecret } from "../store/secrets.ts";
import { project, required } from "./context.ts";
import type { Deps } from "./deps.ts";
import { runKeyText, runNotFound } from "./ids.ts";
import { JsonText } from "./json-text.ts";
import { checkStorable } from "./names.ts";

const mostResults = 50_000;
/** Points that are fetched at once: what a long answer holds in memory. */
const chunk = 5_000;

/**
 * The history of one metric of one run, deleted or not, by step, timestamp and value: whole, as MLflow 1.28 answers
 * (behaviour.md §7), or in pages of `max_results` points, as newer clients ask. A run that does not exist is a 404 (§14.11).
 */
export const metricHistory = ({ db }: Deps) =>
  ({
    async getMetricHistory(req, ctx) {
      const id = required(req, "run_id", "run_uuid");
      const key = required(req, "metric_key");
      checkStorable("metric_key", key);
      const of = { project: project(ctx), runId: runKeyText(id), key };
      const limit = Object.hasOwn(req, "maxResults") ? checkMaxResults(req.maxResults) : undefined;
      const secret = limit === undefined && req.pageToken === "" ? undefined : await pageTokenSecret(db);
      const binding = JSON.stringify(["get-history", String(of.project), of.runId, key]);
      const after = secret && toPosition(decodePageToken(secret, binding, req.pageToken));
      /** The token of the page behind a full one. */
      const nextToken = (count: number, last: HistoryPosition | undefined) =>
        secret && last && count === limit
          ? encodePageToken(secret, binding, [last.step, last.timestamp, last.value])
          : undefined;
      const checkRun = async () => {
        if ((await findRun(db, of.project, of.runId)) === undefined) throw runNotFound(id);
      };

      if (ctx.values.get(acceptsJsonText)) {
        const parts = walk((slice) => readHistoryText(db, { ...of, ...slice }), after, limit);
        // Only the REST mount asks for text, and it does not take it for a message.
        return new JsonText(historyText(parts, nextToken, checkRun)) as object;
      }
      const metrics: MetricPoint[] = [];
      let last: HistoryPosition | undefined;
      for await (const part of walk((slice) => readHistory(db, { ...of, ...slice }), after, limit)) {
        for (const point of part.points) metrics.push(point);
        last = part.last;
      }
      if (metrics.length === 0) await checkRun();
      const nextPageToken = nextToken(metrics.length, last);
      return { metrics, ...(nextPageToken === undefined ? {} : { nextPageToken }) };
    },
  }) satisfies Partial<ServiceImpl<typeof MlflowService>>;

function checkMaxResults(given: number): number {
  if (given < 1)
    throw invalid(
      `Invalid value for request parameter max_results. It must be at least 1, but got value ${given}`,
    );
  if (given > mostResults)
    throw invalid(
      `Invalid value for request parameter max_results. It must be at most ${mostResults}, but got value ${given}`,
    );
  return given;
}

function toPosition(cursor: readonly CursorValue[] | undefined): HistoryPosition | undefined {
  const [step, timestamp, value] = cursor ?? [];
  return typeof step === "bigint" && typeof timestamp === "bigint" && typeof value === "number"
    ? { step, timestamp, value }
    : undefined;
}

/**
 * Fetches a history chunk by chunk, `limit` points at most; no part is empty. While a part is being used, Postgres makes
 * the next one.
 */
async function* walk<Part extends HistoryPart>(
  read: (slice: HistorySlice) => Promise<Part>,
  after: HistoryPosition | undefined,
  limit = Number.POSITIVE_INFINITY,
): AsyncGenerator<Part> {
  let left = limit;
  const next = (after: HistoryPosition | undefined) => {
    const part = read({ after, limit: Math.min(chunk, left) });
    part.catch(() => {}); // heard of where it is awaited, unless the caller has gone before
    return part;
  };
  for (let part = await next(after); part.count > 0; ) {
    const { count, last } = part;
    left -= count;
    const following = count === chunk && left > 0 ? next(last) : undefined;
    yield part;
    if (following === undefined) return;
    part = await following;
  }
}

async function* historyText(
  parts: AsyncIterable<HistoryPart & { text: string }>,
  nextToken: (count: number, last: HistoryPosition | undefined) => string | undefined,
  checkRun: () => Promise<void>,
): AsyncGenerator<string> {
  let count = 0;
  let last: HistoryPosition | undefined;
  for await (const part of parts) {
    yield count === 0 ? '{"metrics":[' : ",";
    yield part.text;
    count += part.count;
    last = part.last;
  }
  if (count === 0) {
    await checkRun();
    yield "{}";
    return;
  }
  const token = nextToken(count, last);
  yield token === undefined ? "]}" : `],"next_page_token":${JSON.stringify(token)}}`;
}
