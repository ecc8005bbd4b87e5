import { createHash } from "node:crypto";
import type { HandlerContext } from "@connectrpc/connect";
import { idempotencyKey, principalKey, protocolKey } from "../auth/context-keys.ts";
import { invalid } from "../errors.ts";
import type { KeyValue } from "../store/run-data.ts";
import { project } from "./context.ts";
import { newRunId } from "./ids.ts";

/** What a call asks for, by which a repetition is known. */
export interface RunRequest {
  experiment: bigint;
  userId: string;
  /** undefined: when it arrives. */
  startTime: bigint | undefined;
  tags: readonly KeyValue[];
}

/** The id for a run, and whether there may be a run of that id, which is then the one that the caller wants. */
export interface RunIdentity {
  runId: string;
  mayExist: boolean;
}

/** Milliseconds for which an unanswered run waits for its repetition: MLflow's clients try for ten minutes at most. */
const patience = 600_000;
const mostRequests = 10_000;
const mostOfOneRequest = 100;
const longestKey = 255;

/**
 * Has a call that makes a run, and is repeated since its answer was lost, make one run.
 *
 * With the header `Idempotency-Key` the id of the run follows from the project, the caller and the key, for ever and on every
 * server. MLflow's clients send none, and two equal requests are no repetition: a sweep starts many runs alike in the same
 * millisecond. So a run is given to an equal request of the same caller when it is certain that nobody was told of it: its
 * answer could not be written, or it is not known whether it was made. It is given once. This is of one process, over REST.
 */
export function repeatedRuns() {
  /** By request, the ids of its runs: the one that was asked for first is given first. */
  const unanswered = new Map<string, { runId: string; until: number }[]>();

  const remember = (request: string, runId: string) => {
    const others = unanswered.get(request)?.slice(1 - mostOfOneRequest) ?? [];
    unanswered.delete(request);
    unanswered.set(request, [...others, { runId, until: performance.now() + patience }]);
    const [oldest] = unanswered.keys();
    if (unanswered.size > mostRequests && oldest !== undefined) unanswered.delete(oldest);
  };

  const claim = (request: string): string | undefined => {
    const now = performance.now();
    const [first, ...others] = unanswered.get(request)?.filter(({ until }) => until > now) ?? [];
    if (others.length > 0) unanswered.set(request, others);
    else unanswered.delete(request);
    return first?.runId;
  };

  return {
    /** @throws INVALID_PARAMETER_VALUE for a key that is too long. */
    identify(ctx: HandlerContext, request: RunRequest): RunIdentity {
      const key = ctx.values.get(idempotencyKey);
      if (key) {
        if (key.length > longestKey)
          throw invalid(`The header Idempotency-Key must have at most ${longestKey} characters.`);
        return { runId: idOf(fingerprint(ctx, key)), mayExist: true };
      }
      const claimed = unanswered.size === 0 ? undefined : claim(fingerprint(ctx, request));
      return { runId: claimed ?? newRunId(), mayExist: claimed !== undefined };
    },

    /** Keeps the run for a repetition, from the moment when it is certain that the caller is not told of it. */
    keep(
      ctx: HandlerContext,
      request: RunRequest,
      { runId }: RunIdentity,
      { isLost }: { isLost: boolean },
    ): void {
      // On other protocols the signal tells of every end alike.
      if (ctx.values.get(protocolKey) !== "rest" || ctx.values.get(idempotencyKey) !== undefined) return;
      const lost = () => remember(fingerprint(ctx, request), runId);
      if (isLost || ctx.signal.aborted) lost();
      else ctx.signal.addEventListener("abort", lost, { once: true });
    },
  };
}

/** What a request is, of whom and for which project; 16 bytes in hex. */
function fingerprint(ctx: HandlerContext, request: RunRequest | string): string {
  const principal = ctx.values.get(principalKey);
  const caller =
    principal?.kind !== "token"
      ? principal?.kind
      : principal.userId !== undefined
        ? `user ${principal.userId}`
        : `token ${principal.tokenId}`;
  const text = JSON.stringify([project(ctx), caller, request], (_, value) =>
    typeof value === "bigint" ? String(value) : value,
  );
  return createHash("sha256").update(text).digest("hex").slice(0, 32);
}

/** A UUID of version 8, whose bits are the maker's own. */
const idOf = (hex: string) => `${hex.slice(0, 12)}8${hex.slice(13, 16)}8${hex.slice(17)}`;
