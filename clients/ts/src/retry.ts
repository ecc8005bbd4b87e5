import { Code } from "@connectrpc/connect";
import { backoff, type Pause, pause } from "./backoff.ts";
import { LoggiaError } from "./error.ts";

/** How often a call is repeated that failed in a way nobody foresaw, such as by a defect of the server. */
const unforeseen = 5;

export interface RetryOptions {
  signal?: AbortSignal;
  /** Is told why it is tried again. */
  onRetry?: ((error: LoggiaError) => void) | undefined;
  /** Takes care of each wait, which otherwise keeps the process alive. */
  onPause?: (pause: Pause, error: LoggiaError) => void;
}

/**
 * Calls until the server gives an answer: what is temporary is repeated for as long as it takes. `call` must be safe to
 * repeat.
 * @param call is given the number of the attempt, from 0.
 * @throws LoggiaError that repeating would not help, or the last one when `signal` is aborted.
 */
export async function retry<Answer>(
  call: (attempt: number) => Promise<Answer>,
  { signal, onRetry, onPause }: RetryOptions = {},
): Promise<Answer> {
  let last: LoggiaError | undefined;
  for (let attempt = 0; ; attempt++) {
    try {
      return await call(attempt);
    } catch (reason) {
      const error = LoggiaError.from(reason);
      const isUnforeseen = error.status === Code.Internal || error.status === Code.Unknown;
      // Nobody here cancelled it: the other side did, as servers do that stop.
      const isTemporary = error.isTemporary || error.status === Code.Canceled;
      // What kept the server away tells more than that the time is over.
      if (signal?.aborted) throw last ?? error;
      if (!(isTemporary || (isUnforeseen && attempt < unforeseen))) throw error;
      last = error;
      const wait = pause(backoff(attempt, error.retryAfter));
      signal?.addEventListener("abort", wait.cut, { once: true });
      onRetry?.(error);
      if (onPause === undefined) wait.hold();
      else onPause(wait, error);
      await wait.over;
      signal?.removeEventListener("abort", wait.cut);
      if (signal?.aborted) throw error;
    }
  }
}
