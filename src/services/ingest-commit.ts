import { ErrorCode } from "../../gen/mlflow/databricks_pb.js";
import { LoggiaError } from "../errors.ts";
import type { Database } from "../store/database.ts";
import { type Batch, logBatch, type Outcome } from "../store/log-batch.ts";
import { logInOrder, type Producer } from "../store/ordered-writes.ts";
import type { MetricPoint } from "../store/run-data.ts";
import type { Writes } from "./ingest-writes.ts";
import { changedParam, checkLogged } from "./log-outcome.ts";

/** A run's refusal, as the message that tells of it. */
export interface Refusal {
  sequence: bigint;
  runId: string;
  error: { errorCode: ErrorCode; message: string };
}

/**
 * Makes writes durable, in their order as far as it matters: points apart, which need none and are put together by run.
 * @returns those that are refused, by sequence number.
 * @throws BAD_REQUEST when a later connection of the producer has written.
 */
export async function commit(
  db: Database,
  project: bigint,
  all: readonly Writes[],
  producer: Producer | undefined,
): Promise<Refusal[]> {
  const outcomes = new Map<Writes, Outcome>();
  const writable = all.filter(({ refused }) => refused === undefined);
  const points = mergedPoints(writable.filter((writes) => !isOrdered(writes)));
  await Promise.all([
    inOrder(db, project, writable.filter(isOrdered), producer, outcomes),
    ...Array.from(points.values(), async ({ batch, members }) => {
      const outcome = await logBatch(db, batch);
      for (const writes of members) outcomes.set(writes, outcome);
    }),
  ]);
  return all.flatMap((writes) => {
    const error = refusalOf(writes, outcomes.get(writes));
    return error === undefined ? [] : [toRefusal(writes, error)];
  });
}

/** Whether writes must be written after those before them. */
export const isOrdered = ({ batch: { params, tags } }: Writes): boolean =>
  params.length > 0 || tags.length > 0;

interface Merged {
  batch: Batch & { metrics: MetricPoint[] };
  members: Writes[];
}

/** The points of each run as one batch: what becomes of them is the same, and looking up a run costs as much as a point. */
function mergedPoints(all: readonly Writes[]): Map<string, Merged> {
  const byRun = new Map<string, Merged>();
  for (const writes of all) {
    const { batch } = writes;
    const merged = byRun.get(batch.runId);
    if (merged === undefined)
      byRun.set(batch.runId, { batch: { ...batch, metrics: [...batch.metrics] }, members: [writes] });
    else {
      for (const point of batch.metrics) merged.batch.metrics.push(point);
      merged.members.push(writes);
    }
  }
  return byRun;
}

async function inOrder(
  db: Database,
  project: bigint,
  all: readonly Writes[],
  producer: Producer | undefined,
  outcomes: Map<Writes, Outcome>,
): Promise<void> {
  for (const part of agreeing(all)) {
    const batches = part.map(({ batch }) => batch);
    const found = await logInOrder(db, { project, batches, producer });
    if (found === undefined) throw superseded();
    for (const [i, writes] of part.entries()) outcomes.set(writes, found[i] ?? { state: "absent" });
  }
}

/** Cuts writes where one gives a param of a run another value than one before it: that is then seen, and refused. */
function agreeing(all: readonly Writes[]): Writes[][] {
  const parts: Writes[][] = [];
  let given = new Map<string, string>();
  for (const writes of all) {
    const { runId, params } = writes.batch;
    const named = params.map(({ key, value }) => ({ name: `${runId} ${key}`, value }));
    const differs = named.some(({ name, value }) => (given.get(name) ?? value) !== value);
    if (parts.length === 0 || differs) {
      parts.push([]);
      given = new Map();
    }
    parts.at(-1)?.push(writes);
    for (const { name, value } of named) given.set(name, value);
  }
  return parts;
}

const superseded = () =>
  new LoggiaError(
    "BAD_REQUEST",
    "A later connection of this producer has written: what comes with a lesser producer.epoch is not stored any more.",
  );

function refusalOf({ refused, batch }: Writes, outcome: Outcome | undefined): LoggiaError | undefined {
  if (refused !== undefined) return refused;
  if (outcome === undefined) return undefined;
  try {
    checkLogged(batch.runId, outcome, (stored) => {
      const changed = batch.params.find(
        ({ key, value }) => Object.hasOwn(stored, key) && stored[key] !== value,
      );
      return changedParam(batch.runId, changed ?? { key: "", value: "" }, stored);
    });
    return undefined;
  } catch (error) {
    if (error instanceof LoggiaError) return error;
    throw error;
  }
}

const toRefusal = ({ sequence, batch: { runId } }: Writes, { code, message }: LoggiaError): Refusal => ({
  sequence,
  runId,
  error: { errorCode: ErrorCode[code], message },
});
