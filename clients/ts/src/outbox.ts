import { Code } from "@connectrpc/connect";
import { type Pause, pause } from "./backoff.ts";
import type { Carrier } from "./carrier.ts";
import { deliver } from "./deliver.ts";
import { LoggiaError } from "./error.ts";
import { bytesOf, type Item, nextBatches, type Refusal } from "./items.ts";

/** Memory for items that wait, shared by all runs of a client. */
export interface Buffer {
  /** Bytes taken, as `bytesOf` counts them. */
  used: number;
  readonly limit: number;
}

export interface OutboxOptions {
  runId: string;
  carrier: Carrier;
  buffer: Buffer;
  /** Milliseconds for which few items wait for more of them. */
  flushInterval: number;
  /** Is told what the server refused; without it, the next `drain` rejects with that. */
  onRefusal?: ((refusal: Refusal) => void) | undefined;
  /** Is told that the server is away or busy, and that it is tried again. */
  onRetry?: ((error: LoggiaError) => void) | undefined;
}

/** So many items that are settled are cut off the front of the queue at a time. */
const compactAt = 8192;

/**
 * What one run has logged and the server has not acknowledged, in order. It is sent again until there is an answer, so nothing
 * is lost while the process lives; params and tags are sent when what came before them is stored, so their order is kept.
 */
export class Outbox {
  readonly #options: OutboxOptions;
  readonly #abandoned = new AbortController();
  #queue: Item[] = [];
  #sent = 0;
  #taken = 0;
  #settled = 0;
  #isWorking = false;
  /** The wait for more items. */
  #gathering: Pause | undefined;
  /** The waits between attempts, and why the one before failed. */
  readonly #pauses = new Map<Pause, LoggiaError>();
  #drains: { upTo: number; done: () => void; giveUp: () => void }[] = [];
  #untold: LoggiaError | undefined;

  constructor(options: OutboxOptions) {
    this.#options = options;
  }

  /** Items that the server has not acknowledged or refused. */
  get waiting(): number {
    return this.#taken - this.#settled;
  }

  /** Takes an item without looking at the limit of the buffer. */
  push(item: Item): void {
    this.#options.buffer.used += bytesOf(item);
    this.#queue.push(item);
    this.#taken++;
    if (!this.#isWorking) void this.#work();
    else if (this.#queue.length - this.#sent >= this.#options.carrier.limits.items) this.#gathering?.cut();
  }

  /**
   * Sends at once what waits. Resolved when all that has been taken until now is stored.
   * @throws LoggiaError of what was refused, unless `onRefusal` is told; of what keeps the server away, when `signal` is
   * aborted.
   */
  async drain(signal?: AbortSignal): Promise<void> {
    if (this.waiting > 0) {
      await new Promise<void>((resolve, reject) => {
        const giveUp = () => {
          this.#drains = this.#drains.filter((other) => other !== drain);
          reject(this.#notDrained());
        };
        const drain = {
          upTo: this.#taken,
          giveUp,
          done: () => {
            signal?.removeEventListener("abort", giveUp);
            resolve();
          },
        };
        if (signal?.aborted) return giveUp();
        signal?.addEventListener("abort", giveUp, { once: true });
        this.#drains.push(drain);
        this.#gathering?.cut();
        for (const wait of this.#pauses.keys()) wait.hold();
      });
    }
    const refused = this.#untold;
    this.#untold = undefined;
    if (refused !== undefined) throw refused;
  }

  /** Forgets what waits, and stops trying. */
  abandon(): void {
    this.#abandoned.abort();
    this.#gathering?.cut();
  }

  #notDrained(): LoggiaError {
    const [trouble] = this.#pauses.values();
    const why = trouble === undefined ? "" : `: ${trouble.message}`;
    return new LoggiaError(
      "TEMPORARILY_UNAVAILABLE",
      `${this.waiting} items of run ${this.#options.runId} have not been acknowledged in time${why}`,
      { status: Code.Unavailable, cause: trouble },
    );
  }

  async #work(): Promise<void> {
    const { runId, carrier, onRetry } = this.#options;
    const { signal } = this.#abandoned;
    this.#isWorking = true;
    try {
      while (this.#queue.length > this.#sent) {
        await this.#gather();
        const parts = nextBatches(this.#queue, this.#sent, carrier.limits);
        await Promise.all(
          parts.map((items) =>
            deliver(
              { runId, items },
              {
                carrier,
                signal,
                onRetry,
                onPause: (wait, error) => this.#wait(wait, error),
                refuse: (refusal) => this.#refuse(refusal),
              },
            ),
          ),
        );
        if (signal.aborted) break;
        for (const items of parts) this.#settle(items);
      }
    } finally {
      this.#isWorking = false;
      if (signal.aborted) this.#forget();
    }
  }

  /** Lets a pause between two attempts keep the process alive while somebody waits for what is sent. */
  #wait(wait: Pause, error: LoggiaError): void {
    this.#pauses.set(wait, error);
    if (this.#drains.length > 0) wait.hold();
    void wait.over.then(() => this.#pauses.delete(wait));
  }

  /** Lets few items wait for more, unless somebody waits for them. */
  async #gather(): Promise<void> {
    if (this.#drains.length > 0 || this.#queue.length - this.#sent >= this.#options.carrier.limits.items)
      return;
    this.#gathering = pause(this.#options.flushInterval);
    await this.#gathering.over;
    this.#gathering = undefined;
  }

  #settle(items: readonly Item[]): void {
    for (const item of items) this.#options.buffer.used -= bytesOf(item);
    this.#sent += items.length;
    this.#settled += items.length;
    if (this.#sent >= compactAt || this.#sent === this.#queue.length) {
      this.#queue = this.#queue.slice(this.#sent);
      this.#sent = 0;
    }
    const done = this.#drains.filter(({ upTo }) => upTo <= this.#settled);
    this.#drains = this.#drains.filter(({ upTo }) => upTo > this.#settled);
    for (const drain of done) drain.done();
  }

  #forget(): void {
    for (const item of this.#queue.slice(this.#sent)) this.#options.buffer.used -= bytesOf(item);
    this.#queue = [];
    this.#sent = 0;
    for (const drain of this.#drains) drain.giveUp();
  }

  #refuse(refusal: Refusal): void {
    if (this.#options.onRefusal === undefined) this.#untold ??= refusal.error;
    else this.#options.onRefusal(refusal);
  }
}
