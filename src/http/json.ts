import type { DescField, DescMessage, MessageInitShape, MessageShape } from "@bufbuild/protobuf";
import { invalid, type LoggiaError } from "../errors.ts";
import { readerOf, writerOf } from "./json-compile.ts";
import { parsePython, pythonText, pythonType } from "./json-python.ts";
import { inexact, unreadable } from "./json-scalars.ts";
import { firstFault } from "./json-syntax.ts";

/**
 * MLflow's JSON (behaviour.md §1–3): snake_case out in the order of field numbers, either case in; unknown fields ignored;
 * null is absent; only what is set is printed; int64 is a JSON number, exact beyond 2^53 both ways; enums by name;
 * "NaN" and "Infinity" as strings. Where MLflow 1.28 goes on with half a request, a value that does not fit is refused
 * with the sentence of its schema check, naming the top-level parameter.
 */

/** Values by field name, either case: a JSON object, or what a query string or a path says. */
export type Parameters = Readonly<Record<string, unknown>>;

/**
 * Reads a request body. Empty text and null are an empty message; a JSON string that holds a JSON object is read as that
 * object.
 * `parameters` come from the path and win over the body.
 * @throws INVALID_PARAMETER_VALUE for text that is not JSON (with the position), for a body that is not an object, and for
 * a value that its field cannot hold (naming the parameter).
 */
export function parseJson<D extends DescMessage>(
  desc: D,
  text: string,
  parameters?: Parameters,
): MessageShape<D> {
  let source = text === "" ? "{}" : text;
  let body = parse(source);
  if (typeof body === "string") {
    source = body;
    body = parse(source);
  }
  body ??= {};
  if (!isObject(body)) {
    const type = pythonType(typeof body === "number" ? parsePython(source) : body);
    throw invalid(`The request body must be a JSON object, but is of Python's type '${type}'.`);
  }
  if (mayBeUnstorable(source)) refuseUnstorable(desc, body);
  if (parameters !== undefined) refuseUnstorable(desc, parameters);
  const values = parameters === undefined ? body : { ...body, ...parameters };
  const quoted = () => ({ ...asPython(source), ...parameters });
  try {
    return read(desc, values);
  } catch (error) {
    if (error === unreadable) throw blame(desc, values, quoted);
    if (error !== inexact) throw error;
  }
  const exact = { ...parseExactly(source), ...parameters };
  try {
    return read(desc, exact);
  } catch (error) {
    throw error === unreadable ? blame(desc, exact, quoted) : error;
  }
}

/**
 * Reads values that are text, as those of a query string and a path.
 * @throws INVALID_PARAMETER_VALUE for a value that its field cannot hold.
 */
export function readParameters<D extends DescMessage>(desc: D, parameters: Parameters): MessageShape<D> {
  refuseUnstorable(desc, parameters);
  try {
    return read(desc, parameters);
  } catch (error) {
    throw error === unreadable ? blame(desc, parameters, () => parameters) : error;
  }
}

/** Prints a message, or the plain object that would initialise it. */
export function writeJson<D extends DescMessage>(desc: D, message: MessageInitShape<D>): string {
  return writerOf(desc)(message);
}

const read = <D extends DescMessage>(desc: D, values: unknown) => readerOf(desc)(values) as MessageShape<D>;

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    const at = firstFault(text);
    if (at === text.length)
      throw invalid(`The request body is not valid JSON: it ends too early, at position ${at}.`);
    const found = text.slice(at, at + 12).toWellFormed();
    const number = /^-?(?:NaN|Infinity)/.exec(found)?.[0];
    const hint = number === undefined ? "" : ` Send that number as a string, "${number}".`;
    throw invalid(
      `The request body is not valid JSON: unexpected ${JSON.stringify(found)} at position ${at}.${hint}`,
    );
  }
}

/** Parses again, with a bigint of its digits for every integer that a JavaScript number would round. */
function parseExactly(text: string): Parameters {
  try {
    return JSON.parse(text, (_key, value: unknown, context?: { source: string }) => {
      if (typeof value !== "number" || Number.isSafeInteger(value) || !Number.isInteger(value)) return value;
      if (Math.abs(value) > 2 ** 63) return value;
      return BigInt(context !== undefined && /^-?\d+$/.test(context.source) ? context.source : value);
    });
  } catch (error) {
    throw error instanceof RangeError ? invalid("The request body is nested too deeply.") : error;
  }
}

function asPython(text: string): Parameters {
  try {
    const body = parsePython(text);
    return isObject(body) ? body : {};
  } catch {
    return {}; // nested too deeply: quoted from what JSON.parse made of it
  }
}

/** The error for the first parameter, in the order of the message's fields, that cannot be read by itself. */
function blame(desc: DescMessage, values: Parameters, quoted: () => Parameters): LoggiaError {
  const culprit = desc.fields.find((field) => {
    try {
      read(desc, { [field.name]: valueFor(field, values) });
      return false;
    } catch (error) {
      return error === unreadable;
    }
  });
  if (culprit === undefined) return invalid("The request body does not fit the request.");
  const value = valueFor(culprit, quoted()) ?? valueFor(culprit, values);
  return invalid(
    `Invalid value ${pythonText(value)} for parameter '${culprit.name}' supplied. ` +
      `Hint: Value was of type '${pythonType(value)}'. ` +
      "See the API docs for more information about request parameters.",
  );
}

const valueFor = (field: DescField, values: Parameters): unknown =>
  values[field.name] ?? values[field.jsonName];

/** A quick test that lets nearly every body pass: neither a NUL nor half a surrogate pair can be in it. */
const mayBeUnstorable = (text: string) =>
  (text.includes("\\u") && /\\u(?:0000|[dD][89a-fA-F])/.test(text)) || !text.isWellFormed();

/** @throws INVALID_PARAMETER_VALUE for text that Postgres cannot hold and UTF-8 cannot write. */
function refuseUnstorable(desc: DescMessage, values: Parameters): void {
  for (const field of desc.fields) {
    const pending = [valueFor(field, values)];
    while (pending.length > 0) {
      const value = pending.pop();
      if (typeof value === "string" && (value.includes("\0") || !value.isWellFormed()))
        throw invalid(`The parameter '${field.name}' holds a NUL character or half of a surrogate pair.`);
      if (typeof value === "object" && value !== null)
        for (const item of Object.values(value)) pending.push(item);
    }
  }
}
