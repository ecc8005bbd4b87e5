import { sql } from "kysely";
import { uncancelled } from "./cancellation.ts";
import type { Database } from "./database.ts";
import { rollUp } from "./metric-rollups.ts";
import { inProjects } from "./scope.ts";

/** One metric of one run, as callers know it. */
export interface NamedSeries {
  project: bigint;
  /** A uuid in any form. */
  runId: string;
  key: string;
}

const longestQueue = 1_000;

/** Series to look at, of each pool of connections, by a text that names them. One is looked at after the other. */
const queues = new WeakMap<Database, Map<string, NamedSeries>>();

/** Has a series looked at in the background, for whether it should be rolled up. No answer depends on whether that happens. */
export function considerRollUp(db: Database, series: NamedSeries): void {
  const name = `${series.project} ${series.runId} ${series.key}`;
  const queue = queues.get(db);
  if (queue !== undefined) {
    if (queue.size < longestQueue) queue.set(name, series);
    return;
  }
  const fresh = new Map([[name, series]]);
  queues.set(db, fresh);
  void uncancelled(() => work(db, fresh)).finally(() => queues.delete(db));
}

async function work(db: Database, queue: Map<string, NamedSeries>): Promise<void> {
  for (const [name, series] of queue) {
    try {
      // Whoever noticed the first of the queue may be in another project.
      await inProjects([series.project], () => lookAt(db, series));
    } catch {
      // Whatever it was, its transaction is undone and the points are read one by one; the next one to notice tries again.
    }
    queue.delete(name);
  }
}

async function lookAt(db: Database, series: NamedSeries): Promise<void> {
  const runKey = await runKeyOf(db, series);
  if (runKey !== undefined) await rollUp(db, { project: series.project, key: series.key, runKey });
}

async function runKeyOf(db: Database, { project, runId }: NamedSeries): Promise<bigint | undefined> {
  const { rows } = await sql<{ run_key: bigint }>`
    select run_key from runs where project_id = ${project} and run_id = ${runId}::uuid`.execute(db);
  return rows[0]?.run_key;
}

/** A series is considered once in so many of its points, on average. */
const pointsPerLook = 10_000;

/**
 * Notices long series without counting the points of any: of all points that are written one in ten thousand is drawn, so
 * a series is drawn as often as it has ten thousand of them.
 */
export function noticePoints(
  db: Database,
  batches: readonly { project: bigint; runId: string; metrics: readonly { key: string }[] }[],
): void {
  let points = 0;
  for (const { metrics } of batches) points += metrics.length;
  let drawn = Math.floor(Math.random() * Math.max(points, pointsPerLook));
  for (const { project, runId, metrics } of batches) {
    const point = metrics[drawn];
    if (point !== undefined) {
      considerRollUp(db, { project, runId, key: point.key });
      return;
    }
    drawn -= metrics.length;
  }
}

const mostLongRuns = 10_000;

/**
 * Runs that are known to have points in buckets, which they then have for good. What is forgotten, or not known yet, costs
 * the next writer a second statement.
 */
class LongRuns {
  readonly #names = new Set<string>();

  add({ project, runId }: { project: bigint; runId: string }): void {
    if (this.#names.size >= mostLongRuns) this.#names.clear();
    this.#names.add(`${project} ${runId}`);
  }

  haveOneOf(runs: readonly { project: bigint; runId: string }[]): boolean {
    return this.#names.size > 0 && runs.some(({ project, runId }) => this.#names.has(`${project} ${runId}`));
  }
}

const longRuns = new WeakMap<Database, LongRuns>();

/** The long runs that writers through one pool of connections have met. */
export function longRunsOf(db: Database): LongRuns {
  let runs = longRuns.get(db);
  if (runs === undefined) {
    runs = new LongRuns();
    longRuns.set(db, runs);
  }
  return runs;
}
