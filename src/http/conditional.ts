import type { IncomingHttpHeaders } from "node:http";

/** The bytes `[start, end)`. */
export interface ByteRange {
  start: number;
  end: number;
}

/** How to answer a GET or HEAD of something with a strong validator. */
export type Selection =
  | { status: 200 }
  | { status: 206; range: ByteRange }
  /** The client has it already. */
  | { status: 304 }
  /** It is shorter than where the range starts. */
  | { status: 416 };

/**
 * Evaluates If-None-Match, If-Modified-Since, Range and If-Range in the order of RFC 9110 §13.2.2. Whoever asks for more than
 * one range, or for one that makes no sense, gets the whole (RFC 9110 §14.2 allows both).
 * @param etag in quotes.
 */
export function select(
  headers: IncomingHttpHeaders,
  { etag, modified, size }: { etag: string; modified: Date; size: number },
): Selection {
  const seconds = Math.floor(modified.getTime() / 1000) * 1000;
  const noneMatch = headers["if-none-match"];
  if (noneMatch !== undefined) {
    if (noneMatch.trim() === "*" || tags(noneMatch).includes(etag)) return { status: 304 };
  } else if (headers["if-modified-since"] !== undefined) {
    if (seconds <= Date.parse(headers["if-modified-since"])) return { status: 304 };
  }
  const ifRange = headers["if-range"];
  const sameAsBefore =
    ifRange === undefined ||
    (typeof ifRange === "string" && (ifRange.trim() === etag || Date.parse(ifRange) === seconds));
  return headers.range !== undefined && sameAsBefore ? selectRange(headers.range, size) : { status: 200 };
}

/** The opaque tags of a list, without the mark of weakness, which If-None-Match ignores. */
const tags = (list: string) => [...list.matchAll(/"[^"]*"/g)].map(([tag]) => tag);

function selectRange(header: string, size: number): Selection {
  const [, first = "", last = ""] = /^bytes=\s*(\d{0,15})-(\d{0,15})\s*$/i.exec(header) ?? [];
  if (first === "" && last === "") return { status: 200 };
  if (first === "") {
    const length = Math.min(Number(last), size);
    return length === 0 ? { status: 416 } : { status: 206, range: { start: size - length, end: size } };
  }
  const start = Number(first);
  if (last !== "" && Number(last) < start) return { status: 200 };
  if (start >= size) return { status: 416 };
  return { status: 206, range: { start, end: last === "" ? size : Math.min(Number(last) + 1, size) } };
}
