import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { matches, meets } from "../../../src/ci/conditions.ts";

describe("a pattern", () => {
  test.each([
    ["main", "main", true],
    ["main", "mai", false],
    ["main", "main2", false],
    ["*", "", true],
    ["release/*", "release/1/2", true],
    ["release/*", "release", false],
    ["*/main", "a/main", true],
    ["a*b*c", "a--b--c", true],
    ["a*b*c", "a--c--b", false],
    ["a*a", "a", false],
    ["*a*", "bab", true],
    ["**", "x", true],
    [".+", "ab", false],
  ])("%s against %s: %s", (pattern, text, expected) => expect(matches(text, pattern)).toBe(expected));

  test("means what the regular expression does in which each * is any characters", () => {
    const word = fc.string({ unit: fc.constantFrom("a", "b", "/", "."), maxLength: 12 });
    const pattern = fc.string({ unit: fc.constantFrom("a", "b", "/", ".", "*"), maxLength: 8 });
    fc.assert(
      fc.property(word, pattern, (text, given) => {
        const expression = given.replaceAll(".", "\\.").replaceAll("*", ".*");
        expect(matches(text, given)).toBe(new RegExp(`^${expression}$`, "s").test(text));
      }),
      { numRuns: 5_000 },
    );
  });

  test("with many stars takes no time on a long text", () => {
    const start = performance.now();
    expect(matches("a".repeat(100_000), `${"*a".repeat(200)}b`)).toBe(false);
    expect(performance.now() - start).toBeLessThan(1_000);
  });
});

describe("conditions", () => {
  test("are met when each claim is there and matches one of its patterns", () => {
    const conditions = { project_path: ["team/a", "team/b"], ref_protected: ["true"] };
    expect(meets({ project_path: "team/b", ref_protected: "true" }, conditions)).toBe(true);
    expect(meets({ project_path: "team/b", ref_protected: true }, conditions)).toBe(true);
    expect(meets({ project_path: "team/b", ref_protected: "false" }, conditions)).toBe(false);
    expect(meets({ project_path: "team/b" }, conditions)).toBe(false);
    expect(meets({ project_path: "team/c", ref_protected: "true" }, conditions)).toBe(false);
  });

  test("are not met by lists and objects, nor by what every object has", () => {
    expect(meets({ project_path: ["team/a"] }, { project_path: ["*"] })).toBe(false);
    expect(meets({}, { constructor: ["*"], toString: ["*"] })).toBe(false);
    expect(meets({ project_id: null }, { project_id: ["*"] })).toBe(false);
  });
});
