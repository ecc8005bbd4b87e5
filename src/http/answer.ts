import { pipeline, Readable } from "node:stream";
import { promisify } from "node:util";
import { createGzip, gzip } from "node:zlib";
import type { FastifyReply, FastifyRequest } from "fastify";

/**
 * Sends JSON. A whole text leaves with its head in one write: apart, they cost 41 ms per request to Nagle's algorithm and
 * delayed acknowledgement. Text in chunks is gathered up to 64 kB first, so a small one is sent as a whole too.
 */

/** One initial TCP window (10 segments): below it, compression saves no round trip. */
const worthCompressing = 14_600;
const gathered = 64 * 2 ** 10;
const compress = promisify<string | Buffer, { level: number }, Buffer>(gzip);
const options = { level: 1 };

/** An answer whose beginning is at hand and whose rest is still being made. */
export interface PartialAnswer<T> {
  beginning: T;
  rest: AsyncIterator<T>;
}
export type PartialText = PartialAnswer<string>;

/** Takes chunks until there is a good first write; the whole text if that is all of it. */
export async function gather(chunks: AsyncIterable<string>): Promise<string | PartialText> {
  const rest = chunks[Symbol.asyncIterator]();
  let beginning = "";
  while (beginning.length < gathered) {
    const next = await rest.next();
    if (next.done === true) return beginning;
    beginning += next.value;
  }
  return { beginning, rest };
}

/** Answers 200 with JSON. */
export const sendJson = (
  request: FastifyRequest,
  reply: FastifyReply,
  json: string | Buffer | PartialText,
): Promise<FastifyReply> => sendText(request, reply, json, "application/json");

/** Answers 200 with text, compressed when it is long enough, the caller takes gzip, and there is a network to spare. */
export async function sendText(
  request: FastifyRequest,
  reply: FastifyReply,
  text: string | Buffer | PartialText,
  type: string,
): Promise<FastifyReply> {
  reply.header("content-type", type);
  const isWhole = typeof text === "string" || Buffer.isBuffer(text);
  if (isWhole && text.length < worthCompressing) return reply.send(text);
  reply.header("vary", "accept-encoding");
  const compressed = takesGzip(request) && !isLocal(request);
  if (compressed) reply.header("content-encoding", "gzip");
  if (isWhole) return reply.send(compressed ? await compress(text, options) : text);
  const stream = streamOf(text);
  // pipeline ends both when one fails, and the reply is cut short, which its reader can tell from an end.
  return reply.send(compressed ? pipeline(stream, createGzip(options), () => {}) : stream);
}

/** The bytes of an answer; it is read on when its reader has taken what there is, and ended when the reader goes. */
export function streamOf<T extends string | Uint8Array>({ beginning, rest }: PartialAnswer<T>): Readable {
  let begun = false;
  // No generator: one that was not asked for its first item would not tell `rest` of its end.
  const iterator: AsyncIterator<T> = {
    async next() {
      if (begun) return rest.next();
      begun = true;
      return { value: beginning };
    },
    async return() {
      await rest.return?.();
      return { value: undefined, done: true };
    },
  };
  return Readable.from({ [Symbol.asyncIterator]: () => iterator }, { objectMode: false });
}

const takesGzip = ({ headers }: FastifyRequest) => {
  const accepted = headers["accept-encoding"];
  return (
    typeof accepted === "string" && /(?:^|,)\s*gzip\s*(?:,|$|;(?!\s*q=0(?:\.0*)?\s*(?:,|$)))/i.test(accepted)
  );
};

/** Whether the caller is a program of this machine that asks for itself: to compress would cost more than it saves. */
const isLocal = ({ raw, headers }: FastifyRequest) =>
  /^(?:::ffff:)?127\.|^::1$/.test(raw.socket.remoteAddress ?? "") &&
  headers["x-forwarded-for"] === undefined &&
  headers.forwarded === undefined &&
  headers.via === undefined;
