import { type Client, Code } from "@connectrpc/connect";
import { backoff, type Pause, pause } from "./backoff.ts";
import { LoggiaError } from "./error.ts";
import type { RunChange, WatchService } from "./gen/loggia/v1/watch_pb.js";

/** What to watch: either runs or an experiment. */
export interface WatchOptions {
  /** Up to 100 runs. */
  runIds?: readonly string[] | undefined;
  experimentId?: string | undefined;
  /** Up to 20 metrics of which every point is told; of all others the latest. */
  pointKeys?: readonly string[] | undefined;
  /** Leaves out what is there when the watch begins. */
  onlyChanges?: boolean | undefined;
  /** Goes on after the watch with the same runs and keys whose `resumeToken` this was. */
  resumeToken?: string | undefined;
  /** Ends the watch, without an error. */
  signal?: AbortSignal | undefined;
  /** Is told why the watch was interrupted, and that it is resumed. */
  onRetry?: ((error: LoggiaError) => void) | undefined;
}

/**
 * Changes of runs as they come, until the loop over it is left or `signal` is aborted; one loop per watch. An interrupted
 * watch is resumed without a gap. What is told are facts, each at least once: to take one twice must do no harm.
 * @throws LoggiaError, in the loop, that resuming would not help: a run that is not there, a right that is lost.
 */
export class Watch implements AsyncIterable<RunChange> {
  readonly #watches: Client<typeof WatchService>;
  readonly #options: WatchOptions;
  #resumeToken: string;
  #isCaughtUp = false;

  constructor(watches: Client<typeof WatchService>, options: WatchOptions) {
    this.#watches = watches;
    this.#options = options;
    this.#resumeToken = options.resumeToken ?? "";
  }

  /** Where another watch can go on; empty until what was there at the beginning has been told. */
  get resumeToken(): string {
    return this.#resumeToken;
  }

  /** Whether what was there at the beginning has been told. */
  get isCaughtUp(): boolean {
    return this.#isCaughtUp;
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<RunChange, void, undefined> {
    const { signal, onRetry } = this.#options;
    for (let attempt = 0; !signal?.aborted; attempt++) {
      const end = new AbortController();
      let wait: Pause | undefined;
      let wasGood = false;
      const stop = () => {
        end.abort();
        wait?.cut();
      };
      signal?.addEventListener("abort", stop, { once: true });
      try {
        for await (const changes of this.#listen(end)) {
          attempt = 0;
          wasGood = true;
          yield* changes;
        }
        throw new LoggiaError("TEMPORARILY_UNAVAILABLE", "The watch ended.", { status: Code.Unavailable });
      } catch (reason) {
        if (signal?.aborted) return;
        const error = LoggiaError.from(reason);
        // A token that was good may have run out: there may be a newer one.
        const mayHaveNewToken = wasGood && error.status === Code.Unauthenticated;
        if (!error.isTemporary && error.status !== Code.Canceled && !mayHaveNewToken) throw error;
        onRetry?.(error);
        wait = pause(backoff(attempt, error.retryAfter));
        wait.hold();
        await wait.over;
      } finally {
        // A loop that is left ends the call.
        signal?.removeEventListener("abort", stop);
        end.abort();
      }
    }
  }

  /** One call. A token counts once the changes before it have been taken. */
  async *#listen(end: AbortController): AsyncGenerator<RunChange[]> {
    const { runIds = [], experimentId = "", pointKeys = [], onlyChanges = false } = this.#options;
    const request = {
      runIds: [...runIds],
      experimentId,
      pointKeys: [...pointKeys],
      onlyChanges,
      resumeToken: this.#resumeToken,
    };
    let alarm: ReturnType<typeof setTimeout> | undefined;
    const expectLife = () => {
      clearTimeout(alarm);
      alarm = setTimeout(() => end.abort(), longestSilence);
    };
    try {
      expectLife();
      for await (const { changes, resumeToken, caughtUp } of this.#watches.watch(request, {
        signal: end.signal,
      })) {
        // A loop may take its time with a change: that is no silence of the server.
        clearTimeout(alarm);
        yield changes;
        this.#resumeToken = resumeToken || this.#resumeToken;
        this.#isCaughtUp ||= caughtUp;
        expectLife();
      }
    } finally {
      clearTimeout(alarm);
    }
  }
}

/** Milliseconds: the server gives a sign of life every 15 seconds. */
const longestSilence = 45_000;
