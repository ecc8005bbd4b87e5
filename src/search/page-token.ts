/**
 * Page tokens: where a search stopped, signed and bound to the search, so that a token cannot be made up, changed, or
 * used with another project, filter or order (security.md §2.8). They do not expire.
 *
 * A token is base64url of: version (1 byte), SHA-256 of the query cut to 16 bytes, the cursor as JSON, HMAC-SHA256 of
 * all before it cut to 16 bytes.
 */
import { createHash, createHmac, timingSafeEqual } from "node:crypto";
import { invalid } from "../errors.ts";
import { pythonValue, shown } from "./text.ts";

/** One element of a keyset cursor; numbers may be NaN, ±Infinity and -0. */
export type CursorValue = string | number | bigint | boolean | null;

const VERSION = 1;
const DIGEST = 16;
const HEAD = 1 + DIGEST;
/** Room for a few tag values of 5,000 characters. */
const MAX_TOKEN = 131_072;

/**
 * The token of the page after `cursor`. `query` is any text in which two searches differ as soon as their results
 * could: project, endpoint, experiments, filter, order and view type, but not max_results.
 */
export function encodePageToken(secret: Uint8Array, query: string, cursor: readonly CursorValue[]): string {
  const body = Buffer.concat([
    Buffer.of(VERSION),
    queryDigest(query),
    Buffer.from(JSON.stringify(cursor.map(pack))),
  ]);
  return Buffer.concat([body, signature(secret, body)]).toString("base64url");
}

/**
 * The cursor in a token, or undefined for `""`, the first page.
 * @throws LoggiaError INVALID_PARAMETER_VALUE for a token that is not ours, was changed, or is of another search
 */
export function decodePageToken(secret: Uint8Array, query: string, token: string): CursorValue[] | undefined {
  if (token === "") return undefined;
  const body = verified(secret, token);
  if (!body) throw foreign(token);
  if (!body.subarray(1, HEAD).equals(queryDigest(query))) {
    throw invalid(
      "Invalid page token, it belongs to another search. Repeat the request that it came from, or leave page_token empty to start anew.",
    );
  }
  const packed: unknown = JSON.parse(body.toString("utf8", HEAD));
  return Array.isArray(packed) ? packed.map(unpack) : [];
}

/** The token without its signature, if the signature is ours. */
function verified(secret: Uint8Array, token: string): Buffer | undefined {
  if (token.length > MAX_TOKEN) return undefined;
  const bytes = Buffer.from(token, "base64url");
  // Node ignores what is no base64; a token has only one spelling.
  if (bytes.length < HEAD + DIGEST || bytes.toString("base64url") !== token) return undefined;
  const body = bytes.subarray(0, -DIGEST);
  const ours = timingSafeEqual(bytes.subarray(-DIGEST), signature(secret, body));
  return ours && body[0] === VERSION ? body : undefined;
}

const queryDigest = (query: string) => createHash("sha256").update(query).digest().subarray(0, DIGEST);

const signature = (secret: Uint8Array, body: Uint8Array) =>
  createHmac("sha256", secret).update("loggia page token\n").update(body).digest().subarray(0, DIGEST);

/** JSON has no bigint, NaN, Infinity or -0, so every number is a text with its type before it. */
function pack(value: CursorValue): string | boolean | null {
  switch (typeof value) {
    case "string":
      return `s${value}`;
    case "bigint":
      return `i${value}`;
    case "number":
      return Object.is(value, -0) ? "n-0" : `n${value}`;
    default:
      return value;
  }
}

function unpack(packed: unknown): CursorValue {
  if (typeof packed === "boolean" || packed === null) return packed;
  const text = String(packed);
  switch (text[0]) {
    case "i":
      return BigInt(text.slice(1));
    case "n":
      return Number(text.slice(1));
    default:
      return text.slice(1);
  }
}

/** What MLflow 1.28 says about a token that it did not make (behaviour.md §9). */
function foreign(token: string) {
  // Like Python's b64decode: other characters are dropped, missing padding is an error.
  const letters = token.slice(0, MAX_TOKEN).replace(/[^A-Za-z0-9+/=]/g, "");
  const digits = letters.split("=", 1)[0]?.length ?? 0;
  const padding = letters.length - digits;
  if (digits % 4 === 1 || (digits % 4 > 0 && padding < 4 - (digits % 4))) {
    return invalid("Invalid page token, could not base64-decode");
  }
  const bytes = Buffer.from(letters, "base64");
  const value = parsedObject(bytes);
  if (value !== undefined) return invalid(`Invalid page token, parsed value=${shown(value)}`);
  return invalid(`Invalid page token, decoded value=${pythonBytes(bytes.subarray(0, 200))}`);
}

/** What JSON text holds, if that is an object or a list, as Python prints it: `{'offset': 2}`. */
function parsedObject(bytes: Buffer): string | undefined {
  try {
    const text = bytes.toString();
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null ? pythonValue(text) : undefined;
  } catch {
    return undefined;
  }
}

function pythonBytes(bytes: Uint8Array): string {
  const escapes = new Map([
    [0x09, "\\t"],
    [0x0a, "\\n"],
    [0x0d, "\\r"],
    [0x27, "\\'"],
    [0x5c, "\\\\"],
  ]);
  const shownByte = (byte: number) =>
    escapes.get(byte) ??
    (byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : `\\x${byte.toString(16).padStart(2, "0")}`);
  return `b'${Array.from(bytes, shownByte).join("")}'`;
}
