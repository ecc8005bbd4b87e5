import { type DescEnum, ScalarType } from "@bufbuild/protobuf";

/**
 * Single values of MLflow's JSON dialect, as Python's protobuf 3.20 reads and prints them (behaviour.md §1, §3).
 * A reader throws `unreadable` for a value the dialect refuses; json.ts then finds out which parameter that was.
 */

/** Thrown for a value that its field cannot hold. One object, since where it happened is found out afterwards. */
export const unreadable = new Error("unreadable JSON value");

/** Thrown for an integer that JSON.parse has rounded; the text is then parsed again with its digits kept. */
export const inexact = new Error("integer beyond 2^53");

const decimal = /^[+-]?\d{1,40}$/;
const float = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/;
const infinity = /^([+-]?)inf(?:inity)?$/i;

export function readString(value: unknown): string {
  if (typeof value === "string") return value;
  throw unreadable;
}

/** Experiment ids may be JSON numbers: MLflow turns them into strings before it reads the message. */
export function readId(value: unknown): string {
  if (typeof value === "number" && Number.isInteger(value)) {
    if (!Number.isSafeInteger(value)) throw inexact;
    return String(value);
  }
  return typeof value === "bigint" ? String(value) : readString(value);
}

export function readBool(value: unknown): boolean {
  if (typeof value === "boolean") return value;
  throw unreadable;
}

export function readInt64(value: unknown): bigint {
  const integer = readInteger(value);
  if (typeof integer === "number") return BigInt(integer);
  if (BigInt.asIntN(64, integer) !== integer) throw unreadable;
  return integer;
}

export function readInt32(value: unknown): number {
  const integer = Number(readInteger(value));
  if ((integer | 0) !== integer) throw unreadable;
  return integer | 0;
}

/** A JSON integer, an integral float, or decimal text. */
function readInteger(value: unknown): number | bigint {
  if (typeof value === "number") {
    if (Number.isSafeInteger(value)) return value;
    throw Number.isInteger(value) && Math.abs(value) <= 2 ** 63 ? inexact : unreadable;
  }
  if (typeof value === "bigint") return value;
  if (typeof value === "string" && decimal.test(value)) return BigInt(value.replace("+", ""));
  throw unreadable;
}

export function readDouble(value: unknown): number {
  if (typeof value === "number") {
    if (Number.isFinite(value)) return value;
    throw unreadable; // a token as 1e400: infinities are strings
  }
  if (typeof value === "bigint") return Number(value);
  if (typeof value !== "string") throw unreadable;
  const text = value.trim();
  if (float.test(text)) return Number(text);
  if (text === "NaN") return Number.NaN;
  const sign = infinity.exec(text)?.[1];
  if (sign === undefined) throw unreadable;
  return sign === "-" ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY;
}

/** A reader of an enum: a name, a number, or a number as text. */
export function enumReader(desc: DescEnum): (value: unknown) => number {
  const numbers = new Map(desc.values.map((value) => [value.name, value.number]));
  return (value) => {
    const named = typeof value === "string" ? numbers.get(value) : undefined;
    if (named !== undefined) return named;
    const number = readInt32(value);
    if (desc.value[number] === undefined) throw unreadable;
    return number;
  };
}

/** The reader of a scalar type. @throws Error at start for a type that no MLflow message uses. */
export function scalarReader(type: ScalarType): (value: unknown) => unknown {
  switch (type) {
    case ScalarType.STRING:
      return readString;
    case ScalarType.BOOL:
      return readBool;
    case ScalarType.INT64:
      return readInt64;
    case ScalarType.INT32:
      return readInt32;
    case ScalarType.DOUBLE:
    case ScalarType.FLOAT:
      return readDouble;
    default:
      throw new Error(`MLflow's JSON has no ${ScalarType[type]}`);
  }
}

/** A double as JSON: the shortest digits that read back as the same number, so 1 and not Python's 1.0. */
export function writeDouble(value: number): string {
  if (Number.isFinite(value)) return value === 0 && Object.is(value, -0) ? "-0.0" : `${value}`;
  return `"${value}"`;
}

/** Text as JSON. Most strings are short and need no escape, which a scan finds out faster than JSON.stringify. */
export function writeString(value: string): string {
  if (value.length > 48) return JSON.stringify(value);
  for (let i = 0; i < value.length; i++) {
    const unit = value.charCodeAt(i);
    if (unit < 0x20 || unit === 0x22 || unit === 0x5c || (unit >= 0xd800 && unit <= 0xdfff))
      return JSON.stringify(value);
  }
  return `"${value}"`;
}
