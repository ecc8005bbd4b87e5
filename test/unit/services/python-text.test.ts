import { expect, test } from "vitest";
import { pythonFloat, pythonJson, pythonString } from "../../../src/services/python-text.ts";

// The right-hand sides are what Python 3.11 prints.

test.each([
  [1, "1.0"],
  [-0, "-0.0"],
  [0.1, "0.1"],
  [123456789012345680, "1.2345678901234568e+17"],
  [1e15, "1000000000000000.0"],
  [1e16, "1e+16"],
  [0.0001, "0.0001"],
  [0.00001, "1e-05"],
  [5e-324, "5e-324"],
  [-1.7976931348623157e308, "-1.7976931348623157e+308"],
  [Number.NaN, "nan"],
  [Number.POSITIVE_INFINITY, "inf"],
  [Number.NEGATIVE_INFINITY, "-inf"],
])("repr of the float %j is %s", (value, text) => {
  expect(pythonFloat(value)).toBe(text);
});

test.each([
  ["a", "'a'"],
  ["it's", `"it's"`],
  [`it's "x"`, `'it\\'s "x"'`],
  ["a\nb\\\t\r", "'a\\nb\\\\\\t\\r'"],
  ["é😀", "'é😀'"],
  ["\u0000\u007f\u00a0\u2028", "'\\x00\\x7f\\xa0\\u2028'"],
])("repr of the text %j is %s", (value, text) => {
  expect(pythonString(value)).toBe(text);
});

test("json.dumps puts a space behind commas and colons and escapes all but ASCII", () => {
  expect(pythonJson([{ a: 1.5, b: [true, null, "é😀\n\u007f"] }, {}, []])).toBe(
    '[{"a": 1.5, "b": [true, null, "\\u00e9\\ud83d\\ude00\\n\\u007f"]}, {}, []]',
  );
});
