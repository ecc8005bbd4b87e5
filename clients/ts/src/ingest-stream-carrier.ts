import type { MessageInitShape } from "@bufbuild/protobuf";
import { type Client, Code } from "@connectrpc/connect";
import { createWritableIterable } from "@connectrpc/connect/protocol";
import type { Carrier } from "./carrier.ts";
import { LoggiaError } from "./error.ts";
import type { IngestRequestSchema, IngestResponse, IngestService } from "./gen/loggia/v1/ingest_pb.js";
import { ingestBatchCarrier } from "./ingest-batch-carrier.ts";
import { randomId } from "./random-id.ts";
import { ingestLimits, refusalError, toRunWrites } from "./run-writes.ts";

/** Milliseconds after which a stream without work is closed: an open one keeps the process alive. */
const idle = 2_000;
/** Milliseconds for which a stream with work may be silent. */
const silence = 30_000;

interface Pending {
  stored(): void;
  failed(error: LoggiaError): void;
}

interface Stream {
  requests: ReturnType<typeof createWritableIterable<MessageInitShape<typeof IngestRequestSchema>>>;
  /** By sequence number, ascending. */
  pending: Map<bigint, Pending>;
  abort: AbortController;
  /** Closes it when it has been idle, or aborts it when it has been silent. */
  timer: ReturnType<typeof setTimeout> | undefined;
  hasAnswered: boolean;
  wasSilent: boolean;
}

/**
 * Batches of all runs over one stream, which is opened when there is something to send. When it breaks, whoever waits for an
 * acknowledgement is told so and sends again, over a new one: points and params that are there already stay as they are,
 * and the producer's epoch keeps late tags of the old stream from overwriting newer ones. Where no stream gets through, as
 * behind some proxies, batches go by unary calls.
 */
export function ingestStreamCarrier(ingest: Client<typeof IngestService>): Carrier {
  const alone = ingestBatchCarrier(ingest);
  const producerId = randomId();
  let epoch = 0n;
  let sequence = 0n;
  let current: Stream | undefined;
  let getsThrough = true;

  function open(): Stream {
    const stream: Stream = {
      requests: createWritableIterable(),
      pending: new Map(),
      abort: new AbortController(),
      timer: undefined,
      hasAnswered: false,
      wasSilent: false,
    };
    current = stream;
    void read(stream);
    return stream;
  }

  async function read(stream: Stream): Promise<void> {
    let end = broken();
    try {
      for await (const answer of ingest.ingest(stream.requests, { signal: stream.abort.signal }))
        acknowledge(stream, answer);
    } catch (error) {
      end = LoggiaError.from(error);
    }
    close(stream);
    // Nobody but us cancels, when it was silent; and what a server cancels that stops may be sent again. A token that was good
    // may have run out: there may be a newer one.
    const wasGood = stream.hasAnswered && end.status === Code.Unauthenticated;
    if (end.status === Code.Canceled || wasGood) end = broken(end);
    if (!stream.hasAnswered && (stream.wasSilent || isNotUnderstood(end))) {
      getsThrough = false;
      end = broken(end);
    }
    // What ended the stream is about the first request that is not acknowledged; those after it were not looked at.
    for (const waiting of stream.pending.values()) {
      waiting.failed(end);
      end = broken(end);
    }
  }

  function acknowledge(stream: Stream, { durableSequence, refusals }: IngestResponse): void {
    stream.hasAnswered = true;
    for (const refusal of refusals) {
      stream.pending.get(refusal.sequence)?.failed(refusalError(refusal));
      stream.pending.delete(refusal.sequence);
    }
    for (const [number, waiting] of stream.pending) {
      if (number > durableSequence) break;
      stream.pending.delete(number);
      waiting.stored();
    }
    watch(stream);
  }

  function watch(stream: Stream): void {
    clearTimeout(stream.timer);
    stream.timer =
      stream.pending.size === 0
        ? setTimeout(() => close(stream), idle)
        : setTimeout(() => {
            stream.wasSilent = true;
            stream.abort.abort();
          }, silence);
  }

  /** Takes nothing more; what is under way is still answered. */
  function close(stream: Stream): void {
    clearTimeout(stream.timer);
    if (current === stream) current = undefined;
    stream.requests.close();
  }

  return {
    limits: ingestLimits,
    rest() {
      if (current !== undefined && current.pending.size === 0) close(current);
    },
    deliver(batch, signal) {
      // It would end the stream for all runs.
      if (batch.isSuspect || !getsThrough) return alone.deliver(batch, signal);
      const isFirst = current === undefined;
      const stream = current ?? open();
      const number = ++sequence;
      const request = {
        sequence: number,
        writes: [toRunWrites(batch)],
        ...(isFirst ? { producer: { id: producerId, epoch: ++epoch } } : {}),
      };
      return new Promise((resolve, reject) => {
        const giveUp = () => reject(broken());
        const over = () => signal.removeEventListener("abort", giveUp);
        signal.addEventListener("abort", giveUp, { once: true });
        stream.pending.set(number, {
          stored() {
            over();
            resolve();
          },
          failed(error) {
            over();
            reject(error);
          },
        });
        watch(stream);
        // How writing ends is told by the end of reading.
        stream.requests.write(request).catch(() => {});
      });
    },
  };
}

/** As by a proxy that knows no streams. */
const isNotUnderstood = ({ status }: LoggiaError): boolean =>
  status === Code.Unimplemented || status === Code.Unknown;

const broken = (cause?: unknown) =>
  new LoggiaError("TEMPORARILY_UNAVAILABLE", "The stream to the server broke.", {
    status: Code.Unavailable,
    cause,
  });
