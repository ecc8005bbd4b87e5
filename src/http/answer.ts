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

/** Text whose beginning is at hand and whose rest is still being made. */
export interface PartialText {
  beginning: string;
  rest: AsyncIterator<string>;
}

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
  // As strings, which the socket encodes when it sends them: a copy less than to make a Buffer of each.
  const stream = Readable.from(wholly(text), { objectMode: true, highWaterMark: 1 });
  // pipeline ends both when one fails, and the reply is cut short, which its reader can tell from an end.
  return reply.send(compressed ? pipeline(stream, createGzip(options), () => {}) : stream);
}

async function* wholly({ beginning, rest }: PartialText) {
  yield beginning;
  yield* { [Symbol.asyncIterator]: () => rest };
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
