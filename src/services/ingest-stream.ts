import { setTimeout as sleep } from "node:timers/promises";
import type { HandlerContext } from "@connectrpc/connect";
import type { IngestRequest } from "../../gen/loggia/v1/ingest_pb.js";
import { endingKey } from "../auth/context-keys.ts";
import { invalid, LoggiaError } from "../errors.ts";
import type { Database } from "../store/database.ts";
import type { Batch } from "../store/log-batch.ts";
import type { Producer } from "../store/ordered-writes.ts";
import { project } from "./context.ts";
import { Inbox } from "./inbox.ts";
import { commit, isOrdered, type Refusal } from "./ingest-commit.ts";
import { readProducer, readWrites, type Writes } from "./ingest-writes.ts";
import { allowPoints } from "./quotas.ts";

/**
 * Points, params and tags that a stream may have read and not acknowledged, of which those with long texts count for several;
 * beyond it nothing is read, and the flow control of HTTP/2 holds the sender back. And how many of them are committed together.
 */
const mostUnacknowledged = 16_000;
const heaviestCommit = 4_000;
/** Characters of a text that are held as lightly as a point. */
const lightText = 100;
/** Commits of a stream at once: while one waits for the disk, the next one's statement is made. */
const lanes = 2;
/** Milliseconds for which a quota may hold a stream back. */
const longestThrottle = 5 * 60_000;

interface Received {
  sequence: bigint;
  writes: Writes[];
  weight: number;
}

interface Commit {
  last: bigint;
  weight: number;
  refusals: Promise<Refusal[]>;
}

export interface Acknowledgement {
  durableSequence: bigint;
  refusals: Refusal[];
}

/** One stream of writes: what is read, checked, committed in groups, and acknowledged in order. */
export async function* acknowledge(
  db: Database,
  requests: AsyncIterable<IngestRequest>,
  ctx: HandlerContext,
): AsyncGenerator<Acknowledgement> {
  const received = new Inbox<Received>(({ weight }) => weight);
  const commits = new Inbox<Commit>();
  const stream: Stream = { db, ctx, received, commits, producer: undefined, room: new Room() };
  void readAll(stream, requests);
  void commitAll(stream);
  try {
    for (;;) {
      const [next] = await commits.take(1);
      if (next === undefined) return;
      const refusals = await next.refusals;
      stream.room.free(next.weight);
      yield { durableSequence: next.last, refusals };
    }
  } finally {
    // The caller is gone, or a commit failed: what was not begun stays undone.
    received.abandon();
    commits.abandon();
    stream.room.free(Number.POSITIVE_INFINITY);
  }
}

interface Stream {
  db: Database;
  ctx: HandlerContext;
  received: Inbox<Received>;
  commits: Inbox<Commit>;
  producer: Producer | undefined;
  room: Room;
}

async function readAll(stream: Stream, requests: AsyncIterable<IngestRequest>): Promise<void> {
  const { db, ctx, received, room } = stream;
  let last = 0n;
  try {
    for await (const { sequence, writes: given, producer } of requests) {
      if (sequence <= last)
        throw invalid(
          `Invalid value for parameter 'sequence': it must be greater than that of the request before, ${last}, but is ${sequence}.`,
        );
      if (last === 0n) stream.producer = readProducer(producer);
      last = sequence;
      const writes = readWrites(ctx, sequence, given);
      const points = writes.reduce((sum, { batch }) => sum + batch.metrics.length, 0);
      await allowed(db, ctx, points);
      const weight = 1 + points + writes.reduce((sum, { batch }) => sum + textWeight(batch), 0);
      await room.take(weight);
      if (received.isEnded) return;
      received.put({ sequence, writes, weight });
    }
    received.end();
  } catch (error) {
    received.end(error);
  }
}

const textWeight = ({ params, tags }: Batch): number =>
  [params, tags]
    .flat()
    .reduce((sum, { key, value }) => sum + Math.ceil((key.length + value.length + 1) / lightText), 0);

/** Waits for the quota instead of refusing: the sender is held back as by a slow disk. @throws REQUEST_LIMIT_EXCEEDED */
async function allowed(db: Database, ctx: HandlerContext, points: number): Promise<void> {
  const ending = ctx.values.get(endingKey) ?? ctx.signal;
  for (const began = performance.now(); ; ) {
    try {
      await allowPoints(db, project(ctx), points);
      return;
    } catch (error) {
      const wait = error instanceof LoggiaError ? error.retryAfter : undefined;
      if (wait === undefined || performance.now() - began + wait * 1000 > longestThrottle) throw error;
      await sleep(wait * 1000, undefined, { signal: ending }).catch(() => ending.throwIfAborted());
    }
  }
}

/** Begins commits in order. One with params or tags has no other beside it. */
async function commitAll(stream: Stream): Promise<void> {
  const { db, ctx, received, commits } = stream;
  const running = new Set<Promise<unknown>>();
  let isAlone = false;
  try {
    for (;;) {
      while (running.size >= (isAlone ? 1 : lanes)) await Promise.race(running);
      const group = await received.take(heaviestCommit);
      const last = group.at(-1);
      if (last === undefined) break;
      const writes = group.flatMap((one) => one.writes);
      isAlone = writes.some(isOrdered);
      if (isAlone) await Promise.all(running);
      const refusals = commit(db, project(ctx), writes, stream.producer);
      // Whoever takes the commit is told of its failure; here it only counts that it is over.
      const settled = refusals.catch(() => {});
      running.add(settled);
      void settled.then(() => running.delete(settled));
      commits.put({
        last: last.sequence,
        weight: group.reduce((sum, { weight }) => sum + weight, 0),
        refusals,
      });
    }
    commits.end();
  } catch (error) {
    commits.end(error);
  }
}

/** How much may be under way. */
class Room {
  #used = 0;
  #freed = Promise.withResolvers<void>();

  /** Waits for room; what is greater than all room waits until there is nothing else. */
  async take(weight: number): Promise<void> {
    while (this.#used > 0 && this.#used + weight > mostUnacknowledged) await this.#freed.promise;
    this.#used += weight;
  }

  free(weight: number): void {
    this.#used -= weight;
    this.#freed.resolve();
    this.#freed = Promise.withResolvers();
  }
}
