/**
 * Ends the queries of work that nobody waits for any more: its caller has gone, or its deadline has passed. For reads alone.
 * What is shared with other callers, or done in the background, is to be done `uncancelled`.
 */
import { AsyncLocalStorage } from "node:async_hooks";
import pg from "pg";
import { LoggiaError } from "../errors.ts";

/** What has a signal, which some make only when they are asked for it. */
interface Cancellable {
  readonly signal: AbortSignal;
}

const calls = new AsyncLocalStorage<Cancellable | undefined>();

/** Does `work`, whose queries are ended when the call's signal is aborted. */
export const cancelledWith = <T>(call: Cancellable, work: () => T): T => calls.run(call, work);

/** Does `work` to its end, whatever becomes of the call that needs it first. */
export const uncancelled = <T>(work: () => T): T =>
  calls.getStore() === undefined ? work() : calls.run(undefined, work);

/** The signal of the call for which a query is asked. */
export const currentSignal = (): AbortSignal | undefined => calls.getStore()?.signal;

/** What @types/pg does not tell of pg's Client (pg 8.23, lib/client.js). */
interface Cancelled {
  readonly _activeQuery: unknown;
  readonly processID: number | null;
  readonly secretKey: unknown;
}
interface Canceller {
  cancel(client: Pick<Cancelled, "processID" | "secretKey"> & { activeQuery: unknown }, query: unknown): void;
  readonly connection: Pick<NodeJS.EventEmitter, "on" | "once"> & { readonly stream: { destroy(): void } };
}

/** Milliseconds for which the end of the telling is awaited. */
const longestTelling = 2_000;

/**
 * The answer of the query that a client has just begun; when `signal` is aborted before it comes, Postgres is told to end it.
 * The answer is then awaited all the same, and so is the end of the telling: whoever uses the connection next must not be
 * hit by it. Where that does not end in time, the connection is ended instead, so that nobody uses it next.
 */
export async function orCancel<T>(
  answer: Promise<T>,
  signal: AbortSignal,
  client: pg.Client,
  config: pg.ClientConfig,
): Promise<T> {
  let telling: Promise<boolean> | undefined;
  const cancel = () => {
    const canceller = new pg.Client(config) as unknown as Canceller;
    // Not by its `activeQuery`, of which pg warns on standard error that it is deprecated, and asks for it itself.
    const { _activeQuery: activeQuery, processID, secretKey } = client as unknown as Cancelled;
    if (!activeQuery) return;
    telling = new Promise((resolve) => {
      const over = (isTold: boolean) => {
        clearTimeout(timer);
        resolve(isTold);
      };
      const timer = setTimeout(() => {
        canceller.connection.stream.destroy();
        over(false);
      }, longestTelling);
      canceller.connection.once("end", () => over(true));
      // Of a connection by TLS both layers may tell, and an error that nobody hears ends the process.
      canceller.connection.on("error", () => over(true));
    });
    canceller.cancel({ activeQuery, processID, secretKey }, activeQuery);
  };
  if (signal.aborted) cancel();
  else signal.addEventListener("abort", cancel, { once: true });
  try {
    return await answer;
  } catch (error) {
    if (telling === undefined) throw error;
    throw new LoggiaError("TEMPORARILY_UNAVAILABLE", "The call was given up before it was answered.", {
      cause: error,
    });
  } finally {
    signal.removeEventListener("abort", cancel);
    if ((await telling) === false) void client.end();
  }
}
