import { createHash } from "node:crypto";
import fc from "fast-check";
import { expect, test } from "vitest";
import { hashOf, hintOf, isWellFormed, newToken, tokenKinds } from "../../../src/auth/token.ts";

test("a token is its kind's prefix, 32 random characters and a checksum of 6", () => {
  const prefixes = { personal: "glmt_", project: "glmp_", ci: "glmc_", session: "glms_" };
  for (const kind of tokenKinds) {
    expect(newToken(kind)).toMatch(new RegExp(`^${prefixes[kind]}[0-9A-Za-z]{38}$`));
    expect(isWellFormed(newToken(kind))).toBe(true);
  }
});

test("the checksum is the CRC32 of what is before it, in base62, so that others can verify it", () => {
  // Computed by Python: zlib.crc32(b"glmt_" + b"0" * 32), in digits 0-9A-Za-z.
  expect(isWellFormed(`glmt_${"0".repeat(32)}0f07yo`)).toBe(true);
});

test("no two tokens are alike", () => {
  expect(new Set(Array.from({ length: 1_000 }, () => newToken("personal"))).size).toBe(1_000);
});

test("a token with any one character changed is not well formed", () => {
  const token = newToken("project");
  const other = fc.constantFrom(..."0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_-\n");
  fc.assert(
    fc.property(fc.nat(token.length - 1), other, (at, character) => {
      fc.pre(token[at] !== character);
      expect(isWellFormed(token.slice(0, at) + character + token.slice(at + 1))).toBe(false);
    }),
  );
});

test.each([
  "",
  "glmt_",
  "glpat-xxxxxxxxxxxxxxxxxxxx",
  `${newToken("ci")}\n`,
  ` ${newToken("ci")}`,
  `${newToken("ci")}0`,
])("%j is not well formed", (text) => {
  expect(isWellFormed(text)).toBe(false);
});

test("what is kept of a token is its SHA-256, and its last four characters as a hint", () => {
  const token = newToken("personal");
  expect(hashOf(token)).toEqual(createHash("sha256").update(token).digest());
  expect(hintOf(token)).toBe(token.slice(token.length - 4));
});
