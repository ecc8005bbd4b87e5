import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { LoggiaError } from "../../../src/errors.ts";
import { parseExperimentFilter, parseExperimentOrderBy } from "../../../src/search/experiments.ts";
import { parseLoggedModelFilter } from "../../../src/search/logged-models.ts";
import {
  parseModelVersionFilter,
  parseModelVersionOrderBy,
  parseRegisteredModelFilter,
  parseRegisteredModelOrderBy,
} from "../../../src/search/registry.ts";
import { parseRunFilter, parseRunOrderBy } from "../../../src/search/runs.ts";
import { refusal } from "./refusal.ts";

const parsers: Record<string, (text: string) => unknown> = {
  parseRunFilter,
  parseExperimentFilter,
  parseRegisteredModelFilter,
  parseModelVersionFilter,
  parseLoggedModelFilter,
  "parseRunOrderBy of one item": (item) => parseRunOrderBy([item]),
  "parseExperimentOrderBy of one item": (item) => parseExperimentOrderBy([item]),
  "parseRegisteredModelOrderBy of one item": (item) => parseRegisteredModelOrderBy([item]),
  "parseModelVersionOrderBy of one item": (item) => parseModelVersionOrderBy([item]),
};

const word = fc.constantFrom(
  ..."metrics.m|params.`a b`|tags.|attributes.start_time|run_id|name|.|'|\"|`|\\|'x'|\"y\"|1|-1.5e3|.5|=|!=|>|<|LIKE|NOT|IN|IS|NULL|AND|OR|(|)|,|;|--|/*|*/|#|-|+|&&|é|日|\n|\0|\uD800".split(
    "|",
  ),
  " ",
);

describe.each(Object.entries(parsers))("%s", (_name, parse) => {
  test("answers or refuses any text, and never fails otherwise", () => {
    const soup = fc.array(word, { maxLength: 40 }).map((words) => words.join(""));
    fc.assert(
      fc.property(fc.oneof(fc.string({ unit: "binary" }), fc.string(), soup), (text) => {
        try {
          parse(text);
        } catch (error) {
          expect(error).toBeInstanceOf(LoggiaError);
          expect(error).toMatchObject({ code: "INVALID_PARAMETER_VALUE", status: 400 });
          if (error instanceof LoggiaError) expect(error.message.isWellFormed()).toBe(true);
        }
      }),
      { numRuns: 500 },
    );
  });
});

describe("a text is refused before it is read when it", () => {
  test.each<[string, string, string]>([
    ["contains NUL", "params.a = 'x\0'", "Invalid filter: it must not contain NUL characters."],
    ["contains a lone surrogate", "params.a = '\uD83D'", "Invalid filter: it must be well-formed Unicode."],
    [
      "is longer than 64 kB",
      `params.a = '${"x".repeat(500_000)}'`,
      "Invalid filter: it must be at most 65536 bytes long.",
    ],
    [
      "is longer than 64 kB in bytes only",
      `params.a = '${"é".repeat(40_000)}'`,
      "Invalid filter: it must be at most 65536 bytes long.",
    ],
  ])("%s", (_why, filter, message) => {
    expect(refusal(() => parseRunFilter(filter))).toBe(message);
    expect(refusal(() => parseRunOrderBy([filter]))).toBe(message.replace("filter", "order_by"));
  });
});

describe("limits", () => {
  const clauses = (count: number) =>
    Array.from({ length: count }, (_, i) => `metrics.m${i} > 0`).join(" AND ");

  test("256 clauses are accepted and 257 are not", () => {
    expect(parseRunFilter(clauses(256))).toHaveLength(256);
    expect(refusal(() => parseRunFilter(clauses(257)))).toBe(
      "Invalid filter: it must have at most 256 clauses, but has 257.",
    );
  });

  test("a filter of exactly 65536 bytes is accepted", () => {
    const filter = `params.a = '${"x".repeat(65_536 - 13)}'`;
    expect(filter).toHaveLength(65_536);
    expect(parseRunFilter(filter)).toHaveLength(1);
    expect(() => parseRunFilter(`${filter} `)).toThrow("65536 bytes");
  });

  test("a list of 1,800 run ids is one clause", () => {
    const ids = Array.from({ length: 1800 }, (_, i) => i.toString(16).padStart(32, "0"));
    const filter = `attributes.run_id IN (${ids.map((id) => `'${id}'`).join(",")})`;
    expect(parseRunFilter(filter)).toEqual([
      { kind: "attribute", type: "list", key: "run_id", op: "IN", values: ids },
    ]);
  });

  test("32 items of order_by are accepted and 33 are not", () => {
    const items = (count: number) => Array.from({ length: count }, (_, i) => `metrics.m${i}`);
    expect(parseRunOrderBy(items(32))).toHaveLength(32);
    expect(refusal(() => parseRunOrderBy(items(33)))).toBe(
      "Invalid order_by: it must have at most 32 items, but has 33.",
    );
  });

  test("a message repeats at most a part of a long filter", () => {
    expect(refusal(() => parseRunFilter("x ".repeat(30_000))).length).toBeLessThan(700);
  });
});

describe("the time to read a text grows with its length only", () => {
  // Shapes that make a backtracking or rescanning reader quadratic; MLflow 1.28 needs minutes for some.
  test.each([
    "'",
    '"',
    "`",
    "''",
    "\\'",
    "\\'a",
    "'\\",
    '\\"a',
    "``a",
    "(",
    "()",
    ")",
    "('x',",
    ",",
    "a",
    "a ",
    "a.",
    "`a`.",
    '"a".',
    "1",
    "1a ",
    "1.",
    "1e",
    "1-",
    "-",
    "-1",
    "a-",
    "a > ",
    "a > 1 ",
    "a > 1 > ",
    "metrics.m > 1 AND ",
    "/*",
    "/* *",
    "--\n",
    "#",
    "NOT ",
    "IS NOT ",
    "a IN (",
    ";",
    " ",
    "é",
    "\\",
  ])("%j", (piece) => {
    for (const start of ["", "params.a = '", 'params.a = "', "params.`", "run_id IN ("]) {
      const filter = (start + piece.repeat(65_536)).slice(0, 60_000);
      const before = process.cpuUsage();
      try {
        parseRunFilter(filter);
      } catch (error) {
        expect(error).toBeInstanceOf(LoggiaError);
      }
      // Measured 1–60 ms; a quadratic reader needs seconds.
      expect(process.cpuUsage(before).user).toBeLessThan(1_000_000);
    }
  });
});
