import { Code } from "@connectrpc/connect";
import { type Pause, pause } from "./backoff.ts";
import type { Carrier } from "./carrier.ts";
import { LoggiaError } from "./error.ts";
import { batchLength, bytesOf, type Item, type Refusal } from "./items.ts";
import { retry } from "./retry.ts";

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
 * What one run has logged and the server has not acknowledged, in order. One batch is on its way at a time; it is sent again
 * until there is an answer, so the order is kept and nothing is lost while the process lives.
 */
export class Outbox {
  readonly #options: OutboxOptions;
  readonly #abandoned = new AbortController();
  #queue: Item[] = [];
  #sent = 0;
  #taken = 0;
  #settled = 0;
  #isWorking = false;
  #pause: Pause | undefined;
  #drains: { upTo: number; done: () => void }[] = [];
  #untold: LoggiaError | undefined;
  /** Why the last attempt failed, while it is repeated. */
  #trouble: LoggiaError | undefined;

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
    else if (
      this.#trouble === undefined &&
      this.#queue.length - this.#sent >= this.#options.carrier.limits.items
    )
      this.#pause?.cut();
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
          done: () => {
            signal?.removeEventListener("abort", giveUp);
            resolve();
          },
        };
        if (signal?.aborted) return giveUp();
        signal?.addEventListener("abort", giveUp, { once: true });
        this.#drains.push(drain);
        if (this.#trouble === undefined) this.#pause?.cut();
        else this.#pause?.hold();
      });
    }
    const refused = this.#untold;
    this.#untold = undefined;
    if (refused !== undefined) throw refused;
  }

  /** Forgets what waits, and stops trying. */
  abandon(): void {
    this.#abandoned.abort();
    this.#pause?.cut();
  }

  #notDrained(): LoggiaError {
    const why = this.#trouble === undefined ? "" : `: ${this.#trouble.message}`;
    return new LoggiaError(
      "TEMPORARILY_UNAVAILABLE",
      `${this.waiting} items of run ${this.#options.runId} have not been acknowledged in time${why}`,
      { status: Code.Unavailable, cause: this.#trouble },
    );
  }

  async #work(): Promise<void> {
    this.#isWorking = true;
    try {
      while (this.#queue.length > this.#sent) {
        await this.#gather();
        const length = batchLength(this.#queue, this.#sent, this.#options.carrier.limits);
        const items = this.#queue.slice(this.#sent, this.#sent + length);
        await this.#deliver(items);
        if (this.#abandoned.signal.aborted) break;
        this.#settle(items);
      }
    } finally {
      this.#isWorking = false;
      if (this.#abandoned.signal.aborted) this.#forget();
    }
  }

  /** Lets few items wait for more, unless somebody waits for them. */
  async #gather(): Promise<void> {
    if (this.#drains.length > 0 || this.#queue.length - this.#sent >= this.#options.carrier.limits.items)
      return;
    this.#pause = pause(this.#options.flushInterval);
    await this.#pause.over;
    this.#pause = undefined;
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
  }

  /** Items that are refused together are sent in halves, until those that are wrong are refused alone. */
  async #deliver(items: readonly Item[], isSuspect = false): Promise<void> {
    const error = await this.#attempt(items, isSuspect);
    if (error === undefined || this.#abandoned.signal.aborted) return;
    if (items.length === 1 || !isAboutItems(error) || (await this.#attempt([], true)) !== undefined)
      return this.#refuse(items, error);
    const half = Math.ceil(items.length / 2);
    await this.#deliver(items.slice(0, half), true);
    await this.#deliver(items.slice(half), true);
  }

  /** @returns why the server refuses the items; undefined if it has them. */
  async #attempt(items: readonly Item[], isSuspect: boolean): Promise<LoggiaError | undefined> {
    const { runId, carrier, onRetry } = this.#options;
    const { signal } = this.#abandoned;
    try {
      await retry(() => carrier.deliver({ runId, items, isSuspect }, signal), {
        signal,
        onRetry,
        onPause: (wait, error) => {
          this.#trouble = error;
          this.#pause = wait;
          if (this.#drains.length > 0) wait.hold();
        },
      });
      return undefined;
    } catch (error) {
      return LoggiaError.from(error);
    } finally {
      this.#trouble = undefined;
      this.#pause = undefined;
    }
  }

  #refuse(items: readonly Item[], error: LoggiaError): void {
    const { runId, onRefusal } = this.#options;
    if (onRefusal === undefined) this.#untold ??= error;
    else onRefusal({ runId, items, error });
  }
}

/** Whether it may be one item that is wrong, and not the whole call. */
const isAboutItems = ({ status }: LoggiaError): boolean =>
  status === Code.InvalidArgument || status === Code.AlreadyExists || status === Code.OutOfRange;
