import type { IncomingMessage } from "node:http";
import { finished, type Readable, Transform } from "node:stream";
import { LoggiaError } from "../errors.ts";

/** The slowest upload that is waited for: at least `bytes` in each `milliseconds` (security.md §6: 10 kB/s). */
export interface MinimumRate {
  bytes: number;
  milliseconds: number;
}

export const minimumRate: MinimumRate = { bytes: 150_000, milliseconds: 15_000 };

/**
 * The body of an upload as a stream that ends only when the whole of it has come. It fails when the client goes away, sends
 * another number of bytes than its Content-Length, or is slower than `rate`; time in which the consumer holds it up does
 * not count. Whatever happens, the request itself stays open, so that it can be answered.
 */
export function uploadBody(request: IncomingMessage, rate: MinimumRate = minimumRate): Readable {
  const header = request.headers["content-length"];
  const declared = header === undefined ? undefined : Number(header);
  let received = 0;
  let counted = 0;

  const body = new Transform({
    transform(chunk: Uint8Array, _encoding, done) {
      received += chunk.length;
      if (declared !== undefined && received > declared) done(wrongLength(declared, received));
      else done(null, chunk);
    },
    flush(done) {
      done(declared !== undefined && received !== declared ? wrongLength(declared, received) : null);
    },
  });

  const clock = setInterval(() => {
    const heldUp = body.writableNeedDrain || body.readableLength > 0;
    if (!heldUp && received - counted < rate.bytes) body.destroy(tooSlow(rate));
    counted = received;
  }, rate.milliseconds);

  const interrupt = (cause?: unknown) => body.destroy(interrupted(cause));
  finished(request, { writable: false }, (error) => error != null && interrupt(error));
  // An aborted HTTP/2 stream ends like a whole one; only this event tells them apart.
  request.once("aborted", interrupt);
  if (request.aborted) interrupt();
  body.once("close", () => {
    clearInterval(clock);
    request.off("aborted", interrupt);
    request.unpipe(body);
  });
  request.pipe(body);
  return body;
}

/**
 * Reads and drops what is left of a refused upload, so that the client gets to reading the answer in place of failing to
 * write; after `milliseconds` it is cut off.
 */
export function drain(request: IncomingMessage, milliseconds = 30_000): void {
  if (request.complete || request.destroyed) return;
  const patience = setTimeout(() => request.destroy(), milliseconds);
  finished(request, { writable: false }, () => clearTimeout(patience));
  request.resume();
}

const wrongLength = (declared: number, received: number) =>
  new LoggiaError(
    "BAD_REQUEST",
    `The upload has ${received} bytes, but its Content-Length says ${declared}.`,
  );

const tooSlow = ({ bytes, milliseconds }: MinimumRate) =>
  new LoggiaError(
    "BAD_REQUEST",
    `The upload is slower than ${bytes} bytes in ${milliseconds / 1000} seconds.`,
    {
      status: 408,
    },
  );

const interrupted = (cause: unknown) =>
  new LoggiaError("BAD_REQUEST", "The upload ended before it was complete.", { cause });
