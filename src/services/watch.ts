import type { HandlerContext, ServiceImpl } from "@connectrpc/connect";
import type { RunChange, WatchRequest, WatchService } from "../../gen/loggia/v1/watch_pb.js";
import { cutKey, endingKey } from "../auth/context-keys.ts";
import { invalid, LoggiaError } from "../errors.ts";
import { type CursorValue, decodePageToken, encodePageToken } from "../search/page-token.ts";
import type { Database } from "../store/database.ts";
import { findExperiment } from "../store/experiments.ts";
import { findRunKeys } from "../store/runs.ts";
import { pageTokenSecret } from "../store/secrets.ts";
import { currentSnapshot, isAfter, isSnapshot, type Snapshot } from "../store/snapshots.ts";
import { missing, project } from "./context.ts";
import type { Deps } from "./deps.ts";
import { experimentKey, experimentNotFound, runKeyText, runNotFound } from "./ids.ts";
import { Inbox } from "./inbox.ts";
import { checkStorable } from "./names.ts";
import { tooMany } from "./request-limits.ts";
import { catchUp, type Since, type Subject } from "./watch-catch-up.ts";
import { type Told, toChange } from "./watch-messages.ts";
import { atTurn } from "./watch-turns.ts";
import { type Look, watchedProject } from "./watched-project.ts";

const mostRuns = 100;
const mostPointKeys = 20;
/** Milliseconds of silence after which a sign of life is sent. */
const heartbeat = 15_000;
/** Facts that wait for a reader; beyond it, it is too slow. And how many of them one answer has, unless a run has more. */
const mostWaiting = 100_000;
const inOneAnswer = 5_000;
/** Milliseconds in which a reader that is too slow may read why, before it is cut off. */
const timeToRead = 30_000;

/** A part of the feed of a watcher: facts, and the moment by which all is told once they are. */
interface Part {
  told: Told[];
  until: Snapshot;
}

/** Runs as they change. Docs/streaming.md. */
export const watch = ({ db }: Deps) =>
  ({
    async *watch(req, ctx) {
      const subject = await atTurn(() => readSubject(db, project(ctx), req));
      const secret = await pageTokenSecret(db);
      const identity = JSON.stringify([
        "watch",
        String(subject.project),
        [...new Set(req.runIds)].sort(),
        req.experimentId,
        [...new Set(req.pointKeys)].sort(),
      ]);
      const token = remembered((until: Snapshot) => encodePageToken(secret, identity, [until]));
      const cursor = decodePageToken(secret, identity, req.resumeToken);
      const feed = new Inbox<Part>(({ told }) => told.reduce((sum, { weight }) => sum + weight, 1));
      const ending = ctx.values.get(endingKey) ?? ctx.signal;
      const end = () => feed.abandon(ending.reason);
      if (ending.aborted) end();
      else ending.addEventListener("abort", end);
      let seen = "";
      const beats = setInterval(() => {
        if (feed.weight === 0) feed.put({ told: [], until: seen });
      }, heartbeat).unref();
      let leave: (() => void) | undefined;
      try {
        const join = async () =>
          watchedProject(db, subject.project).join({
            ...subject,
            hear(look) {
              seen = look.told;
              hear(look, subject, feed, ctx);
            },
          });
        let until: Snapshot;
        if (req.onlyChanges && cursor === undefined) {
          // What was committed before is not told, and from here on all that comes is heard: nothing has to be looked for.
          leave = await join();
          until = await atTurn(() => currentSnapshot(db));
        } else {
          const now = await atTurn(() => currentSnapshot(db));
          const { since, first } = beginningOf(cursor, now);
          let { resumeToken } = req;
          for await (const { told, upTo } of catchUp(db, subject, since)) {
            ending.throwIfAborted();
            if (upTo !== undefined)
              resumeToken = encodePageToken(secret, identity, [since.told ?? "", first, upTo]);
            yield { changes: changesOf(told), resumeToken, caughtUp: false };
          }
          // The first time may have taken long. What came meanwhile is little, and from here on all that comes is heard.
          leave = await join();
          until = await atTurn(() => currentSnapshot(db));
          for await (const { told } of catchUp(db, subject, { told: first })) {
            ending.throwIfAborted();
            yield { changes: changesOf(told), resumeToken: token(first), caughtUp: req.onlyChanges };
          }
        }
        yield { changes: [], resumeToken: token(until), caughtUp: true };
        for (;;) {
          const parts = await feed.take(inOneAnswer);
          until = parts.findLast((part) => part.until !== "")?.until ?? until;
          yield {
            changes: parts.flatMap(({ told }) => changesOf(told)),
            resumeToken: token(until),
            caughtUp: true,
          };
        }
      } finally {
        leave?.();
        clearInterval(beats);
        ending.removeEventListener("abort", end);
      }
    },
  }) satisfies Partial<ServiceImpl<typeof WatchService>>;

const changesOf = (told: readonly Told[]): RunChange[] => told.map(({ change }) => change);

function hear(
  { changed, told, isPartial }: Look,
  subject: Subject,
  feed: Inbox<Part>,
  ctx: HandlerContext,
): void {
  const { runKeys, experiment, pointKeys } = subject;
  const found = changed.flatMap((one) => {
    const runId = runKeys.get(one.runKey);
    if (runId === undefined && one.experiment !== experiment) return [];
    if (one.isPurged) runKeys.delete(one.runKey);
    return [toChange(one.isPurged && runId !== undefined ? { ...one, runId } : one, pointKeys)];
  });
  if (found.length === 0) return;
  const tooMuch =
    isPartial && pointKeys.length > 0
      ? "More points were logged at once than a watch can follow."
      : feed.weight > mostWaiting
        ? `${feed.weight} facts wait to be read: this watch reads too slowly.`
        : undefined;
  if (tooMuch === undefined) {
    feed.put({ told: found, until: told });
    return;
  }
  if (feed.isEnded) return;
  feed.abandon(
    new LoggiaError(
      "REQUEST_LIMIT_EXCEEDED",
      `${tooMuch} Begin again with the resume_token of the last answer that was read.`,
      { retryAfter: 1 },
    ),
  );
  // The reason waits behind what was sent and not read yet.
  const cut = ctx.values.get(cutKey);
  if (cut !== undefined) setTimeout(cut, timeToRead).unref();
}

/** The last answer of a function that is asked the same again and again. */
function remembered<T>(make: (of: string) => T): (of: string) => T {
  let last: { of: string; made: T } | undefined;
  return (of) => {
    if (last?.of !== of) last = { of, made: make(of) };
    return last.made;
  };
}

/**
 * Where a watch begins that has a token: at the moment by which all was told, or in the middle of a catching up that had begun
 * at `first`. A moment after `now` is of a database that has been restored since, and whose transactions are counted anew:
 * nothing is known to have been told.
 */
function beginningOf(
  cursor: readonly CursorValue[] | undefined,
  now: Snapshot,
): { since: Since; first: Snapshot } {
  const moment = (value: CursorValue | undefined) =>
    typeof value === "string" && isSnapshot(value) && !isAfter(value, now) ? value : undefined;
  const [told, begun, after] = cursor ?? [];
  const first = moment(begun);
  return first !== undefined && typeof after === "bigint"
    ? { since: { told: moment(told), after }, first }
    : { since: { told: moment(told) }, first: now };
}

/** @throws INVALID_PARAMETER_VALUE, RESOURCE_DOES_NOT_EXIST */
async function readSubject(db: Database, projectId: bigint, req: WatchRequest): Promise<Subject> {
  const pointKeys = [...new Set(req.pointKeys)];
  if (pointKeys.length > mostPointKeys) throw tooMany("point_keys", mostPointKeys, pointKeys.length);
  for (const key of pointKeys) checkStorable("point_keys", key);
  const ids = [...new Set(req.runIds)];
  if (ids.length > 0 && req.experimentId !== "")
    throw invalid("Only one of the parameters 'run_ids' and 'experiment_id' may be set.");
  if (ids.length > mostRuns) throw tooMany("run_ids", mostRuns, ids.length);
  if (ids.length === 0) {
    if (req.experimentId === "") throw missing("run_ids");
    const experiment = experimentKey(req.experimentId);
    if ((await findExperiment(db, projectId, experiment)) === undefined)
      throw experimentNotFound(req.experimentId);
    return { project: projectId, runKeys: new Map(), experiment, pointKeys };
  }
  const found = await findRunKeys(db, projectId, ids.map(runKeyText));
  const runKeys = new Map(found.map(({ run_key, run_id }) => [run_key, run_id]));
  const known = new Set(runKeys.values());
  const absent = ids.find((id) => !known.has(id));
  // A run that is purged while it is watched is told of; who resumes then learns of it here.
  if (absent !== undefined) throw runNotFound(absent);
  return { project: projectId, runKeys, experiment: undefined, pointKeys };
}
