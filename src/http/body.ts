import { isUtf8 } from "node:buffer";
import type { IncomingMessage } from "node:http";
import { promisify } from "node:util";
import { gunzip, inflate } from "node:zlib";
import { invalid, LoggiaError } from "../errors.ts";

/** How large a body may be, in bytes, inflated ones counted inflated. */
export interface BodyLimit {
  bytes: number;
  /** The error for a body of `size` bytes, or of more than that when its length was never announced. */
  refuse(size: number): LoggiaError;
}

/** What a refused sender may still push, so that it finishes writing and reads the answer; one with more is cut off. */
const mostDiscarded = 16 * 2 ** 20;

const decoders: Record<string, typeof gunzip | undefined> = {
  gzip: gunzip,
  "x-gzip": gunzip,
  deflate: inflate,
};

/** Whether a request announces a body. Reading a GET costs nothing that way. */
export const hasBody = ({ headers }: IncomingMessage) =>
  (headers["content-length"] ?? "0") !== "0" || headers["transfer-encoding"] !== undefined;

/**
 * Reads a request's body as text, whatever its Content-Type says, for MLflow ignores that.
 * @param timeout milliseconds that the sender has for all of it.
 * @throws what `limit` says for a body that is too large, 408 for one that is too slow, 415 for an encoding other than gzip
 * and deflate, INVALID_PARAMETER_VALUE for bytes that are not UTF-8.
 */
export async function readText(request: IncomingMessage, limit: BodyLimit, timeout: number): Promise<string> {
  const encoding = request.headers["content-encoding"] ?? "identity";
  const received = await receive(request, limit, timeout);
  const bytes = encoding === "identity" ? received : await decoded(received, encoding, limit);
  if (!isUtf8(bytes)) throw invalid("The request body is not valid UTF-8.");
  return bytes.toString("utf8");
}

function receive(request: IncomingMessage, limit: BodyLimit, timeout: number): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let size = Number(request.headers["content-length"] ?? 0);
    let received = 0;
    let ended = false;
    const timer = setTimeout(() => {
      request.pause();
      reject(new LoggiaError("BAD_REQUEST", "The request body took too long to arrive.", { status: 408 }));
    }, timeout);
    const refuse = () => {
      chunks.length = 0;
      reject(limit.refuse(Math.max(size, received)));
    };
    if (size > mostDiscarded) refuse();
    // Its sender left while it was found out who calls: nothing is heard of it any more.
    if (request.destroyed) {
      clearTimeout(timer);
      reject(invalid("The request body ended too early."));
    }
    request.on("data", (chunk: Buffer) => {
      received += chunk.length;
      if (received <= limit.bytes) chunks.push(chunk);
      else if (received > mostDiscarded) refuse();
    });
    request.once("end", () => {
      ended = true;
      size = received;
      if (received > limit.bytes) refuse();
      else resolve(chunks[0] !== undefined && chunks.length === 1 ? chunks[0] : Buffer.concat(chunks));
    });
    request.once("error", () => reject(invalid("The request body ended too early.")));
    request.once("close", () => {
      clearTimeout(timer);
      if (!ended) reject(invalid("The request body ended too early."));
    });
  });
}

async function decoded(bytes: Buffer, encoding: string, limit: BodyLimit): Promise<Buffer> {
  const decoder = decoders[encoding.trim().toLowerCase()];
  if (decoder === undefined)
    throw new LoggiaError(
      "INVALID_PARAMETER_VALUE",
      "The request body's Content-Encoding must be gzip or deflate.",
      { status: 415 },
    );
  try {
    return await promisify<Buffer, { maxOutputLength: number }, Buffer>(decoder)(bytes, {
      maxOutputLength: limit.bytes,
    });
  } catch (error) {
    if (error instanceof RangeError) throw limit.refuse(limit.bytes + 1);
    throw invalid(`The request body is not valid ${encoding}.`);
  }
}
