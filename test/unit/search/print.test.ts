import fc from "fast-check";
import { expect, test } from "vitest";
import type { RunCondition } from "../../../src/search/ast.ts";
import { printRunFilter } from "../../../src/search/print.ts";
import { parseRunFilter } from "../../../src/search/runs.ts";

const unicode = fc.string({ unit: "grapheme", maxLength: 20 }).map((text) => text.replaceAll("\0", ""));
/** What a filter can write in one kind of quotes: it has no escapes. */
const writable = unicode.map((text) => text.replaceAll('"', "'"));
const quotable = fc.oneof(
  writable,
  writable.map((text) => text.replaceAll("'", '"')),
);
const key = fc.oneof(
  unicode.map((text) => text.replaceAll("`", "").replace(/^"(.*)"$/s, "$1")),
  fc.stringMatching(/^[a-z0-9_.]{1,10}$/),
  fc.constantFrom("AND", "in", "mlflow.runName", "a/b", "a-b", "", "1", "it's"),
);
const number = fc.oneof(fc.double({ noNaN: true }), fc.integer());
const int64 = fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n });
const numberOp = fc.constantFrom("=", "!=", ">", ">=", "<", "<=");
const textOp = fc.constantFrom("=", "!=", "LIKE", "ILIKE");
const keyed = fc.constantFrom("param", "tag");

const condition: fc.Arbitrary<RunCondition> = fc.oneof(
  fc.record({ kind: fc.constant("metric"), key, op: numberOp, value: number }),
  fc.record({ kind: keyed, key, op: textOp, value: quotable }),
  fc.record({ kind: keyed, key, op: fc.constantFrom("IS NULL", "IS NOT NULL") }),
  fc.record({
    kind: fc.constant("attribute"),
    type: fc.constant("text"),
    key: fc.constantFrom("status", "artifact_uri", "run_id", "run_name", "user_id"),
    op: textOp,
    value: quotable,
  }),
  fc.record({
    kind: fc.constant("attribute"),
    type: fc.constant("integer"),
    key: fc.constantFrom("start_time", "end_time"),
    op: numberOp,
    value: int64,
  }),
  fc.record({
    kind: fc.constant("attribute"),
    type: fc.constant("list"),
    key: fc.constant("run_id"),
    op: fc.constantFrom("IN", "NOT IN"),
    values: fc.array(quotable, { minLength: 1, maxLength: 5 }),
  }),
) as fc.Arbitrary<RunCondition>;

/** No pattern ends in a single backslash; shorter than the rule itself, and stricter. */
const isPossible = (made: RunCondition) =>
  !(
    "value" in made &&
    typeof made.value === "string" &&
    made.op.includes("LIKE") &&
    made.value.endsWith("\\")
  );

test("what is printed is parsed as what it was", () => {
  fc.assert(
    fc.property(fc.array(condition.filter(isPossible), { maxLength: 8 }), (conditions) => {
      expect(parseRunFilter(printRunFilter(conditions))).toEqual(conditions);
    }),
    { numRuns: 1000 },
  );
});

test.each([
  String.raw`params.a = 'it\'s' AND params.b = "it's" AND params.c = 'it''s "x"'`,
  String.raw`params.a = 'C:\' AND params.b = 'x' AND params.c = "D:\" AND tags.d = 'y'`,
  String.raw`params.a = "\"x"`,
  'metrics.a.`b c` > 1 AND metrics.`a.b`.c > 2 AND metrics.`a``b` > 3 AND metrics."`a`" > 4',
  "metrics.m > -1e999 AND metrics.m > 1e+21 AND metrics.m > -0 AND metrics.m > 5e-324",
  "run_id IN ('a\\', \"it's\", 'x') AND start_time != 1.5",
])("whatever can be written can be printed: %s", (filter) => {
  const conditions = parseRunFilter(filter);
  const printed = printRunFilter(conditions);
  expect(parseRunFilter(printed)).toEqual(conditions);
  expect(printRunFilter(parseRunFilter(printed))).toBe(printed);
});
