/**
 * An exchange: one request of a scenario and, once recorded, what MLflow 1.28 answered. Both may have holes:
 *
 * - `{{name}}` what an earlier answer of the scenario gave (see `capture`), so identity is compared without the id;
 * - `{{time:exchange}}` a time of the server's clock while it handled that exchange;
 * - `{{token}}` any page token; `{{any}}` any text;
 * - `{{x*251}}` 251 times the character x; an object `{"$times": 3, "$item": …}` in a list stands for three items,
 *   with `{{n}}` as their index, from 0. They keep the recordings readable.
 */
import { request as httpRequest } from "node:http";
import { Exact, type Json, parseExact, print } from "./exact-json.ts";

export interface Request {
  method: string;
  /** Below the tracking URI, with the query; holes are percent-encoded. */
  path: string;
  /** A JSON body. */
  body?: Json;
  /** A body as it is, with holes, instead of `body`. */
  raw?: string;
  /** The Content-Type of `raw` (`body` is application/json). */
  contentType?: string;
}

export interface Exchange {
  /** Unique in its scenario. */
  name: string;
  request: Request;
  /** Names for values of the answer: name → path in its body. */
  capture?: Record<string, string>;
}

/** What came back: JSON is parsed, HTML pages are `{{html}}`, other bodies are their text. */
export interface Answer {
  status: number;
  body: Json;
}

export interface Recorded extends Exchange, Answer {
  /** `MlflowService.createExperiment`, or absent when no route was meant to be hit. */
  rpc?: string;
}

export interface Recording {
  scenario: string;
  exchanges: Recorded[];
}

export type Captures = ReadonlyMap<string, string>;

const hole = /\{\{([^{}]+)\}\}/g;

/** The names of the holes of a request. */
export const holes = (request: Request): string[] =>
  Array.from(JSON.stringify(request).matchAll(hole), ([, name = ""]) => name);

/** Fills the holes of a text that are known; others stay. */
export function fill(text: string, captures: Captures, encode = (value: string) => value): string {
  return text.replace(hole, (whole, name: string) => {
    const repeated = /^(.+)\*(\d+)$/u.exec(name);
    if (repeated?.[1] !== undefined) return encode(repeated[1].repeat(Number(repeated[2])));
    const value = captures.get(name);
    return value === undefined ? whole : encode(value);
  });
}

/** Fills the holes of every string of a JSON value and unrolls its `$times`. */
export function fillJson(value: Json, captures: Captures): Json {
  if (typeof value === "string") return fill(value, captures);
  if (value === null || typeof value !== "object" || value instanceof Exact) return value;
  if (Array.isArray(value)) {
    return value.flatMap((item) => {
      const times = timesOf(item);
      if (times === undefined) return [fillJson(item, captures)];
      return Array.from({ length: times.count }, (_, n) =>
        fillJson(times.item, new Map([...captures, ["n", String(n)]])),
      );
    });
  }
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [fill(key, captures), fillJson(item, captures)]),
  );
}

function timesOf(value: Json): { count: number; item: Json } | undefined {
  if (value === null || typeof value !== "object" || value instanceof Exact || Array.isArray(value))
    return undefined;
  const { $times, $item } = value;
  return $times instanceof Exact && $item !== undefined
    ? { count: Number($times.source), item: $item }
    : undefined;
}

/** Sends a request to the server at `base` (no trailing slash) and reads the answer. */
export async function send(base: string, asked: Request, captures: Captures): Promise<Answer> {
  const url = new URL(base);
  const payload =
    asked.raw !== undefined
      ? fill(asked.raw, captures)
      : asked.body !== undefined
        ? print(fillJson(asked.body, captures))
        : undefined;
  const type = asked.contentType ?? (asked.body === undefined ? undefined : "application/json");
  const bytes = payload === undefined ? undefined : Buffer.from(payload);
  return new Promise((resolve, reject) => {
    const request = httpRequest(
      {
        host: url.hostname,
        port: url.port,
        method: asked.method,
        // Not through URL, which would rewrite what we want to see answered as it is.
        path: url.pathname.replace(/\/$/, "") + fill(asked.path, captures, encodeURIComponent),
        headers: {
          ...(type === undefined ? {} : { "content-type": type }),
          ...(bytes === undefined ? {} : { "content-length": bytes.length }),
        },
        timeout: 60_000,
      },
      (response) => {
        const chunks: Buffer[] = [];
        response.on("data", (chunk: Buffer) => chunks.push(chunk));
        response.on("error", reject);
        response.on("end", () => {
          const text = Buffer.concat(chunks).toString("utf8");
          resolve({ status: response.statusCode ?? 0, body: read(text, response.headers["content-type"]) });
        });
      },
    );
    request.on("timeout", () => request.destroy(new Error(`no answer to ${asked.method} ${asked.path}`)));
    request.on("error", reject);
    request.end(bytes);
  });
}

function read(text: string, contentType = ""): Json {
  if (contentType.includes("json")) {
    try {
      return parseExact(text);
    } catch {
      return { "not JSON": text };
    }
  }
  return /^<!doctype html/i.test(text) ? "{{html}}" : text;
}

/** The captured values of an answer as text, by name. */
export function captured(exchange: Exchange, value: (path: string) => Json | undefined): [string, string][] {
  return Object.entries(exchange.capture ?? {}).map(([name, path]) => {
    const found = value(path);
    if (typeof found === "string") return [name, found];
    if (found instanceof Exact) return [name, found.source];
    throw new Error(`${exchange.name}: nothing to capture at ${path}`);
  });
}
