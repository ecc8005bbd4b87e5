import { setTimeout as sleep } from "node:timers/promises";
import type { Interceptor, StreamRequest } from "@connectrpc/connect";
import { requirePermission } from "../auth/access.ts";
import { endingKey, stoppingKey } from "../auth/context-keys.ts";
import { LoggiaError } from "../errors.ts";
import { type Gatekeeper, seenAccess } from "./authenticate.ts";

/** Milliseconds between two looks at whether the caller may still; and for a stream to end well once it has to. */
const recheck = 1_000;
const grace = 5_000;

/**
 * Ends streams before their time. Who calls and what they may do is asked again while a stream lives, before each of its
 * messages and when there are none: it ends soon after a token is revoked or expires, a member leaves, or a project is
 * deleted. It ends when the server begins to stop, and at its deadline. Its handler is told by `endingKey` and, if it reads,
 * by its requests; it may finish what it has begun, for as long as `grace`.
 */
export function endStreams(gate: Gatekeeper): Interceptor {
  return (next) => async (request) => {
    if (!request.stream) return next(request);
    const { contextValues, signal } = request;
    const ending = new AbortController();
    const look = () => lookAgain(gate, request);
    const timer = setInterval(() => look().catch(end), recheck);
    const end = (reason: unknown) => {
      clearInterval(timer);
      ending.abort(reason);
    };
    contextValues.set(endingKey, ending.signal);
    const sources = [signal, contextValues.get(stoppingKey)].filter((one) => one !== undefined);
    const listeners = sources.map((source) => {
      const listener = () => end(source === signal ? signal.reason : stopping());
      if (source.aborted) listener();
      else source.addEventListener("abort", listener);
      return () => source.removeEventListener("abort", listener);
    });
    const release = () => {
      clearInterval(timer);
      for (const remove of listeners) remove();
    };
    try {
      const response = await next({
        ...request,
        message: until(checked(request.message, look), ending.signal, 0),
      } as StreamRequest);
      if (!response.stream) throw new Error("a stream is answered by a stream");
      return { ...response, message: until(checked(response.message, look), ending.signal, grace, release) };
    } catch (error) {
      release();
      throw error;
    }
  };
}

const stopping = () =>
  new LoggiaError("TEMPORARILY_UNAVAILABLE", "The server is stopping. Connect again and go on.", {
    retryAfter: 1,
  });

/** @throws LoggiaError when the caller may not make the call any more. */
async function lookAgain(gate: Gatekeeper, request: StreamRequest): Promise<void> {
  try {
    const { access, permission } = await seenAccess(gate, request);
    requirePermission(access, permission, request.method.name);
  } catch (error) {
    // A database that does not answer says nothing about the caller.
    if (error instanceof LoggiaError && error.status < 500) throw error;
  }
}

/** Items, each once `check` has passed. */
async function* checked<T>(items: AsyncIterable<T>, check: () => Promise<void>): AsyncGenerator<T> {
  for await (const item of items) {
    await check();
    yield item;
  }
}

/** Items until `signal` is aborted, and for `patience` ms from then on; then it fails with the signal's reason. */
async function* until<T>(
  items: AsyncIterable<T>,
  signal: AbortSignal,
  patience: number,
  over: () => void = () => {},
): AsyncGenerator<T> {
  const iterator = items[Symbol.asyncIterator]();
  const timer = new AbortController();
  let isOver = false;
  let giveUp = () => {};
  const begin = () =>
    sleep(patience, undefined, { signal: timer.signal, ref: false }).then(
      () => {
        isOver = true;
        giveUp();
      },
      () => {},
    );
  // No race with a promise that lives as long as the stream: that would keep every item.
  const next = () =>
    new Promise<IteratorResult<T>>((resolve, reject) => {
      giveUp = () => reject(signal.reason);
      if (isOver) giveUp();
      else iterator.next().then(resolve, reject);
    });
  if (signal.aborted) begin();
  else signal.addEventListener("abort", begin);
  let isDone = false;
  try {
    for (;;) {
      const item = await next();
      if (item.done) {
        isDone = true;
        return;
      }
      yield item.value;
    }
  } finally {
    signal.removeEventListener("abort", begin);
    timer.abort();
    over();
    // Whoever is waiting inside is not waited for.
    if (!isDone) void Promise.resolve(iterator.return?.()).catch(() => {});
  }
}
