import type { Client } from "@connectrpc/connect";
import type { Carrier } from "./carrier.ts";
import type { LoggiaError } from "./error.ts";
import { type MlflowService, RunStatus } from "./gen/mlflow/service_pb.js";
import { bytesOf, type Refusal } from "./items.ts";
import { type Buffer, Outbox } from "./outbox.ts";
import type { LeavingRuns, Platform } from "./platform.ts";
import { retry } from "./retry.ts";
import { Run, type RunFacts, type RunHost } from "./run.ts";
import { type StartRunOptions, startRun } from "./start-run.ts";

/** How runs log. */
export interface LoggerOptions {
  /** Bytes of memory for what all runs of the client have logged and the server has not acknowledged. Default 64 MiB. */
  bufferBytes?: number | undefined;
  /**
   * What `metric`, `param` and `tag` do when that is full: `throw` a LoggiaError (default), or `drop` the new item and count it
   * in `run.dropped`.
   */
  whenFull?: "throw" | "drop" | undefined;
  /** Milliseconds for which few items wait for more. Default 200. */
  flushInterval?: number | undefined;
  /** Milliseconds for which `run.end()` tries. Default 60,000. */
  endTimeout?: number | undefined;
  /** Milliseconds for which runs are ended when the process is. Default 5,000. */
  leaveTimeout?: number | undefined;
  /** Is told what the server refused. Without it, the next `drain()` or `end()` of the run rejects with that. */
  onRefusal?: ((refusal: Refusal) => void) | undefined;
  /** Is told each time that the server is away or busy, and that it will be tried again. */
  onRetry?: ((error: LoggiaError) => void) | undefined;
}

export interface Logger {
  startRun(options: StartRunOptions): Promise<Run>;
  /** Sends all that has been logged. */
  flush(): Promise<void>;
}

interface Live {
  run: Run;
  outbox: Outbox;
}

/** Starts runs, which share one buffer and one way to the server. */
export function createLogger(
  mlflow: Client<typeof MlflowService>,
  carrier: Carrier,
  platform: Platform,
  {
    bufferBytes = 64 * 2 ** 20,
    whenFull = "throw",
    flushInterval = 200,
    endTimeout = 60_000,
    leaveTimeout = 5_000,
    onRefusal,
    onRetry,
  }: LoggerOptions,
): Logger {
  const buffer: Buffer = { used: 0, limit: bufferBytes };
  const live = new Map<string, Live>();
  let stay: (() => void) | undefined;

  const flush = async () => {
    await Promise.all([...live.values()].map(({ outbox }) => outbox.drain()));
  };
  const leaving: LeavingRuns = {
    async flush() {
      await Promise.allSettled(
        [...live.values()].map(({ outbox }) => outbox.drain(AbortSignal.timeout(leaveTimeout))),
      );
    },
    async end(status) {
      await Promise.allSettled(
        [...live.values()].map(({ run }) => run.end(status, { timeout: leaveTimeout })),
      );
    },
  };

  function take(facts: RunFacts): Run {
    const outbox = new Outbox({ runId: facts.id, carrier, buffer, flushInterval, onRefusal, onRetry });
    const host: RunHost = {
      outbox,
      whenFull,
      endTimeout,
      room(item) {
        const used = buffer.used + bytesOf(item);
        if (used > buffer.limit) return "full";
        return used > buffer.limit / 2 ? "high" : "ample";
      },
      async finish(status, endTime, signal) {
        await retry(
          () =>
            mlflow.updateRun(
              { runId: facts.id, status: RunStatus[status], endTime: BigInt(endTime) },
              { signal },
            ),
          { signal, onRetry },
        );
      },
      ended: () => leave(facts.id),
      startChild: (options) => start({ ...options, experimentId: facts.experimentId, parentRunId: facts.id }),
    };
    const run = new Run(facts, host);
    live.set(facts.id, { run, outbox });
    stay ??= platform.beforeLeaving(leaving);
    return run;
  }

  function leave(id: string): void {
    live.delete(id);
    if (live.size > 0) return;
    stay?.();
    stay = undefined;
    carrier.rest();
  }

  async function start(options: StartRunOptions): Promise<Run> {
    const facts = await startRun(mlflow, platform, options, onRetry);
    const run = take(facts);
    // A new run has its tags already; to set them once more changes nothing.
    run.tags(options.tags ?? {});
    run.params(options.params ?? {});
    return run;
  }

  return { startRun: start, flush };
}
