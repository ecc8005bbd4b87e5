import { Code } from "@connectrpc/connect";
import type { Carrier } from "./carrier.ts";
import { LoggiaError } from "./error.ts";
import type { Batch, Refusal } from "./items.ts";
import { type RetryOptions, retry } from "./retry.ts";

export interface DeliverOptions extends RetryOptions {
  carrier: Carrier;
  /** Ends all attempts; what has not been acknowledged by then may be stored or not. */
  signal: AbortSignal;
  /** Is told of what the server refuses. */
  refuse(refusal: Refusal): void;
}

/**
 * Sends a batch until the server has stored or refused it. Items that are refused together are sent in halves, until those that
 * are wrong are refused alone.
 */
export async function deliver(batch: Batch, options: DeliverOptions): Promise<void> {
  const { runId, items } = batch;
  const error = await attempt(batch, options);
  if (error === undefined || options.signal.aborted) return;
  const halve = (from: number, to: number) =>
    deliver({ runId, items: items.slice(from, to), isSuspect: true }, options);
  if (items.length > 1 && isAboutItems(error) && (await takesAnything(runId, options))) {
    const half = Math.ceil(items.length / 2);
    await halve(0, half);
    await halve(half, items.length);
  } else if (!options.signal.aborted) options.refuse({ runId, items, error });
}

/** Whether it may be one item that is wrong, and not the whole call. */
const isAboutItems = ({ status }: LoggiaError): boolean =>
  status === Code.InvalidArgument || status === Code.AlreadyExists || status === Code.OutOfRange;

/** A deleted run refuses nothing at all as well, with the code of a wrong item. */
const takesAnything = async (runId: string, options: DeliverOptions): Promise<boolean> =>
  (await attempt({ runId, items: [], isSuspect: true }, options)) === undefined;

/** @returns why the server refuses the batch; undefined if it has it. */
async function attempt(batch: Batch, options: DeliverOptions): Promise<LoggiaError | undefined> {
  try {
    await retry(() => options.carrier.deliver(batch, options.signal), options);
    return undefined;
  } catch (error) {
    return LoggiaError.from(error);
  }
}
