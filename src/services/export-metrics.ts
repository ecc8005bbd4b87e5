import type { HandlerContext } from "@connectrpc/connect";
import { invalid } from "../errors.ts";
import type { CursorValue } from "../search/page-token.ts";
import { ahead } from "../store/ahead.ts";
import type { Database } from "../store/database.ts";
import { readSeries } from "../store/export-metrics.ts";
import { type RunWalk, walkRuns } from "../store/export-runs.ts";
import type { MetricPoint } from "../store/run-data.ts";
import { findRunKeys } from "../store/runs.ts";
import { keepingScope } from "../store/scope.ts";
import { project } from "./context.ts";
import type { Deps } from "./deps.ts";
import {
  exportScope,
  exportTokens,
  type GivenScope,
  isRunId,
  positionOf,
  toCursor,
  toPosition,
} from "./export-scope.ts";
import { oneOfFew } from "./exports-at-a-time.ts";
import { fromUuid, runNotFound } from "./ids.ts";
import { checkStorable } from "./names.ts";
import { tooMany } from "./request-limits.ts";

export interface GivenMetricExport extends GivenScope {
  runIds: readonly string[];
  metricKeys: readonly string[];
  after: string;
}

export interface ExportedPoint extends MetricPoint {
  runId: string;
}

/** Points of an export. */
export interface PointPart {
  points: readonly ExportedPoint[];
  /** The token with which the export goes on behind them. */
  after: string;
}

export interface MetricExport {
  parts: AsyncIterable<PointPart>;
  /** The name of the experiment, if there is one alone. */
  experimentName: string | undefined;
}

const mostRuns = 10_000;
const mostKeys = 1_000;
/** Series that are listed at a time: metrics of runs, which together can be millions. */
const mostSeries = 10_000;

/** A run on the way through an export, and where the export stands with it. */
interface RunOnTheWay {
  runId: string;
  runKey: bigint;
  cursor: readonly CursorValue[];
}

/** The runs of an export, one page after the other. */
interface Runs {
  /** All that decides which runs come and in which order, besides the project. */
  about: readonly unknown[];
  experimentName: string | undefined;
  behind(cursor: readonly CursorValue[] | undefined): AsyncIterable<RunOnTheWay[]>;
  /** @throws INVALID_PARAMETER_VALUE when the run is not among them. */
  cursorOf(runId: string): Promise<readonly CursorValue[]>;
}

/** Begins an export of metric histories; no point is read before someone asks for the first part. */
export async function beginMetricExport(
  { db }: Deps,
  ctx: HandlerContext,
  given: GivenMetricExport,
): Promise<MetricExport> {
  const of = project(ctx);
  const keys = checkKeys(given.metricKeys);
  const runs = given.runIds.length > 0 ? listedRuns(db, of, given) : await searchedRuns(db, of, given);
  const tokens = await exportTokens(db, of, ["export/metrics", ...runs.about, keys]);
  const start = isRunId(given.after)
    ? { cursor: await runs.cursorOf(given.after), within: undefined }
    : fromCursor(tokens.open(given.after));

  async function* parts(): AsyncGenerator<PointPart> {
    if (start?.within !== undefined) yield* pointsOf([start.within.run], start.within.point);
    for await (const page of runs.behind(start?.cursor)) yield* pointsOf(page);
  }
  /** The points of `page`; of its first run only those behind `after`. */
  async function* pointsOf(page: readonly RunOnTheWay[], after?: MetricPoint): AsyncGenerator<PointPart> {
    const wanted = keys?.filter((key) => after === undefined || compare(key, after.key) >= 0) ?? [undefined];
    const atOnce = Math.max(1, Math.floor(mostSeries / wanted.length));
    for (let from = 0; from < page.length; from += atOnce) {
      const series = page.slice(from, from + atOnce).flatMap((run) => wanted.map((key) => ({ ...run, key })));
      for await (const points of readSeries(db, of, series, from === 0 ? after : undefined)) {
        const last = points.at(-1);
        const run = last && series[last.place];
        if (last === undefined || run === undefined) continue;
        yield {
          points: points.map(({ place, ...point }) => ({ ...point, runId: series[place]?.runId ?? "" })),
          after: tokens.token(toPointCursor(run, last)),
        };
      }
    }
  }
  return { parts: keepingScope(oneOfFew(db, of, ahead(parts()))), experimentName: runs.experimentName };
}

const toPointCursor = (run: RunOnTheWay, point: MetricPoint): CursorValue[] => [
  ...[run.runId, run.runKey, point.key, point.step, point.timestamp, point.value],
  ...run.cursor,
];

function fromCursor(all: readonly CursorValue[] | undefined) {
  if (all === undefined) return undefined;
  const [runId, runKey, key, step, timestamp, value, ...cursor] = all;
  // What stands in a signed token has the types with which it was written.
  const run = { runId: String(runId), runKey: runKey as bigint, cursor };
  const point = {
    key: String(key),
    step: step as bigint,
    timestamp: timestamp as bigint,
    value: Number(value),
  };
  return { cursor, within: { run, point } };
}

async function searchedRuns(db: Database, of: bigint, given: GivenScope): Promise<Runs> {
  const { walk, about, experimentName } = await exportScope(db, of, given);
  return {
    about,
    experimentName,
    behind: (cursor) => searched(db, walk, cursor),
    cursorOf: async (runId) => toCursor(await positionOf(db, walk, runId)),
  };
}

async function* searched(
  db: Database,
  walk: RunWalk,
  cursor: readonly CursorValue[] | undefined,
): AsyncGenerator<RunOnTheWay[]> {
  for await (const page of walkRuns(db, walk, cursor && toPosition(cursor)))
    yield page.map(({ row, position }) => ({
      runId: fromUuid(row.run_id),
      runKey: row.run_key,
      cursor: toCursor(position),
    }));
}

/** The runs that a request names, in its order. @throws INVALID_PARAMETER_VALUE */
function listedRuns(db: Database, of: bigint, { runIds, ...others }: GivenMetricExport): Runs {
  const more = [others.filter, others.runViewType, ...others.experimentIds, ...others.orderBy];
  if (more.some((text) => text !== ""))
    throw invalid(
      "Invalid value for parameter 'run_ids': it cannot stand beside 'experiment_ids', 'filter', 'run_view_type' or 'order_by'.",
    );
  if (runIds.length > mostRuns) throw tooMany("run_ids", mostRuns, runIds.length);
  // Other text is no run's id.
  const ids = [...new Set(runIds)].filter(isRunId);
  const places = new Map(ids.map((id, i) => [id, BigInt(i)]));
  return {
    about: ["run_ids", ids],
    experimentName: undefined,
    async *behind(cursor) {
      const [place] = cursor ?? [];
      const rest = typeof place === "bigint" ? ids.slice(Number(place) + 1) : ids;
      const found = await findRunKeys(db, of, rest);
      yield found.map((run) => ({
        runId: run.run_id,
        runKey: run.run_key,
        cursor: [places.get(run.run_id) ?? 0n],
      }));
    },
    async cursorOf(runId) {
      const place = places.get(runId);
      if (place === undefined) throw runNotFound(runId);
      return [place];
    },
  };
}

/** The metrics of an export in their order, each once; undefined for all. @throws INVALID_PARAMETER_VALUE */
function checkKeys(given: readonly string[]): string[] | undefined {
  if (given.length === 0) return undefined;
  if (given.length > mostKeys) throw tooMany("metric_keys", mostKeys, given.length);
  for (const key of given) checkStorable("metric_keys", key);
  return [...new Set(given)].sort(compare);
}

/** By code point, as Postgres compares keys. */
const compare = (a: string, b: string) => Buffer.compare(Buffer.from(a), Buffer.from(b));
