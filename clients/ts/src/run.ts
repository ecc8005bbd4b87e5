import { Code } from "@connectrpc/connect";
import { LoggiaError } from "./error.ts";
import type { Item } from "./items.ts";
import type { Outbox } from "./outbox.ts";

/** A value of a param or tag; kept as its text. */
export type Loggable = string | number | bigint | boolean;

export type EndStatus = "FINISHED" | "FAILED" | "KILLED";

export interface RunFacts {
  id: string;
  experimentId: string;
}

/** What a run needs of the client that started it. */
export interface RunHost {
  outbox: Outbox;
  /** Whether one more item may be taken: `full` when it may not, `high` when the caller should wait before more. */
  room(item: Item): "ample" | "high" | "full";
  whenFull: "throw" | "drop";
  /** Milliseconds for which `end` tries, unless told otherwise. */
  endTimeout: number;
  /** Sets status and end time on the server. */
  finish(status: EndStatus, endTime: number, signal: AbortSignal): Promise<void>;
  /** Is told when the run needs nothing any more. */
  ended(): void;
  startChild(options: ChildOptions): Promise<Run>;
}

export interface ChildOptions {
  name?: string;
  params?: Readonly<Record<string, Loggable>>;
  tags?: Readonly<Record<string, Loggable>>;
}

/**
 * A run that logs. `metric`, `param` and `tag` return at once: what they take is sent in the background, in order and in
 * batches, again until the server has it.
 */
export class Run {
  /** 32 hex digits. */
  readonly id: string;
  readonly experimentId: string;
  readonly #host: RunHost;
  #ending: Promise<void> | undefined;
  #dropped = 0;

  constructor({ id, experimentId }: RunFacts, host: RunHost) {
    this.id = id;
    this.experimentId = experimentId;
    this.#host = host;
  }

  /** Points, params and tags that were dropped because the buffer was full (`whenFull: "drop"`). */
  get dropped(): number {
    return this.#dropped;
  }

  /**
   * Logs a point of a metric.
   * @param value NaN and infinities are values as well.
   * @param step an integer; 0 if left out, as with MLflow's clients.
   * @param timestamp when it was, a Date or milliseconds since the epoch; now if left out.
   * @returns false when the buffer is more than half full: a loop that outruns the network should then `await run.drain()`.
   * @throws TypeError or RangeError for arguments that are no point; LoggiaError when the buffer is full or the run has ended.
   */
  metric(
    key: string,
    value: number,
    step: number | bigint = 0,
    timestamp: number | Date = Date.now(),
  ): boolean {
    const time = Number(timestamp);
    if (typeof value !== "number") throw new TypeError(`The value of metric '${key}' is not a number.`);
    if (typeof step !== "bigint" && !Number.isSafeInteger(step))
      throw new RangeError(`The step of metric '${key}' is not an integer: ${step}.`);
    if (!Number.isSafeInteger(time) || time < 0)
      throw new RangeError(`The timestamp of metric '${key}' is not in whole milliseconds since the epoch.`);
    return this.#log({ kind: "metric", key: keyed("metric", key), value, step, timestamp: time });
  }

  /** Logs a point of each metric at one step. Arguments, answer and errors are those of `metric`. */
  metrics(
    values: Readonly<Record<string, number>>,
    step?: number | bigint,
    timestamp: number | Date = Date.now(),
  ): boolean {
    return Object.entries(values)
      .map(([key, value]) => this.metric(key, value, step, timestamp))
      .every(Boolean);
  }

  /** Logs a param, of which the value never changes. Answer and errors are those of `metric`. */
  param(key: string, value: Loggable): boolean {
    return this.#log({ kind: "param", key: keyed("param", key), value: String(value) });
  }

  /** Logs params. */
  params(values: Readonly<Record<string, Loggable>>): boolean {
    return Object.entries(values)
      .map(([key, value]) => this.param(key, value))
      .every(Boolean);
  }

  /** Sets a tag; the last one counts. Answer and errors are those of `metric`. */
  tag(key: string, value: Loggable): boolean {
    return this.#log({ kind: "tag", key: keyed("tag", key), value: String(value) });
  }

  /** Sets tags. */
  tags(values: Readonly<Record<string, Loggable>>): boolean {
    return Object.entries(values)
      .map(([key, value]) => this.tag(key, value))
      .every(Boolean);
  }

  /**
   * Sends what waits and resolves when the server has stored all that was logged until now, for as long as that takes.
   * @throws LoggiaError of something that the server refused, once, unless `onRefusal` is told of it.
   */
  drain({ signal }: { signal?: AbortSignal } = {}): Promise<void> {
    return this.#host.outbox.drain(signal);
  }

  /**
   * Sends what waits and sets the status and the end time. A second call is the first one.
   * @param timeout milliseconds for which the server is tried; 60,000 unless set with `endTimeout`. What is left then is lost.
   * @throws LoggiaError as `drain` does, after the status has been set; TEMPORARILY_UNAVAILABLE when the time is over.
   */
  end(
    status: EndStatus = "FINISHED",
    { timeout = this.#host.endTimeout }: { timeout?: number } = {},
  ): Promise<void> {
    this.#ending ??= this.#end(status, Date.now(), AbortSignal.timeout(timeout));
    return this.#ending;
  }

  /** Whether `end` was called. */
  get hasEnded(): boolean {
    return this.#ending !== undefined;
  }

  /** Starts a run below this one, in the same experiment. It ends on its own. */
  startChild(options: ChildOptions = {}): Promise<Run> {
    return this.#host.startChild(options);
  }

  /** `await using` ends the run as FINISHED: whether the block was left by an error is not to be known here. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.end();
  }

  #log(item: Item): boolean {
    if (this.#ending !== undefined)
      throw new LoggiaError(
        "INVALID_STATE",
        `The run ${this.id} has ended; it logs no ${item.kind} '${item.key}'.`,
        {
          status: Code.FailedPrecondition,
        },
      );
    const room = this.#host.room(item);
    if (room === "full") {
      if (this.#host.whenFull === "throw")
        throw new LoggiaError(
          "RESOURCE_LIMIT_EXCEEDED",
          `The buffer is full; ${item.kind} '${item.key}' is not logged. Await run.drain() before logging more.`,
          { status: Code.ResourceExhausted },
        );
      this.#dropped++;
      return false;
    }
    this.#host.outbox.push(item);
    return room === "ample";
  }

  async #end(status: EndStatus, endTime: number, signal: AbortSignal): Promise<void> {
    const { outbox, finish, ended } = this.#host;
    let refused: unknown;
    try {
      await outbox.drain(signal).catch((error: unknown) => {
        refused = error;
      });
      if (signal.aborted) outbox.abandon();
      else await finish(status, endTime, signal);
    } finally {
      ended();
    }
    if (refused !== undefined) throw refused;
  }
}

function keyed(kind: Item["kind"], key: string): string {
  if (typeof key === "string" && key !== "") return key;
  throw new TypeError(`A ${kind} needs a key: a text that is not empty.`);
}
