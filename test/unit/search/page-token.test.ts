import { createHmac, randomBytes } from "node:crypto";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type CursorValue, decodePageToken, encodePageToken } from "../../../src/search/page-token.ts";
import { refusal } from "./refusal.ts";

const secret = randomBytes(32);
const value: fc.Arbitrary<CursorValue> = fc.oneof(
  fc.string({ unit: "binary" }),
  fc.string({ unit: "grapheme" }),
  fc.double(),
  fc.constantFrom(Number.NaN, Infinity, -Infinity, -0, 0, 5e-324, 1e308),
  fc.bigInt(),
  fc.constantFrom(2n ** 63n - 1n, -(2n ** 63n)),
  fc.boolean(),
  fc.constant(null),
  fc.constantFrom("", "n1", "i1", "null", "\0", "\uD800"),
);
const cursor = fc.array(value, { maxLength: 6 });

describe("a page token", () => {
  test("gives back exactly the cursor that it was made of", () => {
    fc.assert(
      fc.property(fc.string(), cursor, (query, values) => {
        // toStrictEqual compares as Object.is: NaN is NaN, and -0 is not 0.
        expect(decodePageToken(secret, query, encodePageToken(secret, query, values))).toStrictEqual(values);
      }),
      { numRuns: 500 },
    );
  });

  test("needs no escaping in a URL, in JSON or in a shell", () => {
    fc.assert(
      fc.property(cursor, (values) => {
        expect(encodePageToken(secret, "q", values)).toMatch(/^[A-Za-z0-9_-]+$/);
      }),
    );
  });

  test("is refused after any change of one character", () => {
    const character = fc.constantFrom(
      ..."ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_=+/ é\n",
    );
    fc.assert(
      fc.property(cursor, fc.nat(), character, (values, at, other) => {
        const token = encodePageToken(secret, "q", values);
        const place = at % token.length;
        fc.pre(token[place] !== other);
        const changed = token.slice(0, place) + other + token.slice(place + 1);
        expect(refusal(() => decodePageToken(secret, "q", changed))).toMatch(/^Invalid page token, /);
      }),
      { numRuns: 1000 },
    );
  });

  test("is refused after any change of one bit, wherever it is", () => {
    const token = encodePageToken(secret, "q", ["a", 1.5, 2n]);
    const bytes = Buffer.from(token, "base64url");
    for (let bit = 0; bit < bytes.length * 8; bit++) {
      const changed = Buffer.from(bytes);
      changed.writeUInt8(changed.readUInt8(bit >> 3) ^ (1 << (bit & 7)), bit >> 3);
      expect(() => decodePageToken(secret, "q", changed.toString("base64url"))).toThrow(
        "Invalid page token, ",
      );
    }
  });

  test("is refused when a character is added, removed or repeated", () => {
    const token = encodePageToken(secret, "q", ["a"]);
    for (const changed of [
      `${token}A`,
      `${token}=`,
      ` ${token}`,
      token.slice(1),
      token.slice(0, -1),
      token + token,
    ]) {
      expect(() => decodePageToken(secret, "q", changed)).toThrow("Invalid page token, ");
    }
  });

  test("is refused by a server with another secret", () => {
    const token = encodePageToken(secret, "q", ["a"]);
    expect(() => decodePageToken(randomBytes(32), "q", token)).toThrow("Invalid page token, ");
  });

  test("of another search says so", () => {
    const token = encodePageToken(secret, "runs of project 1", ["a"]);
    expect(refusal(() => decodePageToken(secret, "runs of project 2", token))).toBe(
      "Invalid page token, it belongs to another search. Repeat the request that it came from, or leave page_token empty to start anew.",
    );
  });

  test("of a version that does not exist yet is refused, though well signed", () => {
    const body = Buffer.concat([Buffer.of(2), Buffer.alloc(16), Buffer.from("[]")]);
    const mac = createHmac("sha256", secret)
      .update("loggia page token\n")
      .update(body)
      .digest()
      .subarray(0, 16);
    const token = Buffer.concat([body, mac]).toString("base64url");
    expect(() => decodePageToken(secret, "q", token)).toThrow("Invalid page token, ");
  });

  test("that is empty is the first page", () => {
    expect(decodePageToken(secret, "q", "")).toBeUndefined();
  });

  test.each<[string, string]>([
    ["abc", "Invalid page token, could not base64-decode"],
    ["garbage", "Invalid page token, could not base64-decode"],
    ["YWJj", "Invalid page token, decoded value=b'abc'"],
    ["Jw0KXP8=", String.raw`Invalid page token, decoded value=b'\'\r\n\\\xff'`],
    ["!!!", "Invalid page token, decoded value=b''"],
    ["e30=", "Invalid page token, parsed value={}"],
    ["eyJvZmZzZXQiOiAyfQ==", "Invalid page token, parsed value={'offset': 2}"],
    [
      // {"a": [1.50, true, null, "it's"]}
      "eyJhIjogWzEuNTAsIHRydWUsIG51bGwsICJpdCdzIl19",
      `Invalid page token, parsed value={'a': [1.50, True, None, "it's"]}`,
    ],
  ])("that we did not make, %s, is refused in MLflow's words", (token, message) => {
    expect(refusal(() => decodePageToken(secret, "q", token))).toBe(message);
  });

  test("of any text at all is answered or refused as the caller's mistake", () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.string({ unit: "binary" }), fc.base64String()), (token) => {
        fc.pre(token !== "");
        expect(refusal(() => decodePageToken(secret, "q", token)).isWellFormed()).toBe(true);
      }),
      { numRuns: 500 },
    );
  });

  test("of a megabyte is refused at once", () => {
    expect(() => decodePageToken(secret, "q", "A".repeat(1_000_000))).toThrow("Invalid page token, ");
  });
});
