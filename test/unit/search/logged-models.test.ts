import { describe, expect, test } from "vitest";
import { parseLoggedModelFilter, parseLoggedModelOrderBy } from "../../../src/search/logged-models.ts";
import { refusal } from "./refusal.ts";

const text = (key: string, op: string, value: string) => ({
  kind: "attribute",
  type: "text",
  key,
  op,
  value,
});

describe("a filter of logged models", () => {
  test.each<[string, unknown[]]>([
    ["", []],
    ["name = 'p'", [text("name", "=", "p")]],
    ["attributes.name LIKE 'p%'", [text("name", "LIKE", "p%")]],
    [
      "source_run_id IN ('a','b')",
      [{ kind: "attribute", type: "list", key: "source_run_id", op: "IN", values: ["a", "b"] }],
    ],
    [
      "creation_time > 5 AND attributes.last_updated_timestamp_ms <= 9",
      [
        { kind: "attribute", type: "integer", key: "creation_timestamp", op: ">", value: 5n },
        { kind: "attribute", type: "integer", key: "last_updated_timestamp", op: "<=", value: 9n },
      ],
    ],
    ["metrics.`a b` >= 0.5", [{ kind: "metric", key: "a b", op: ">=", value: 0.5 }]],
    [
      "params.a != 'x' AND tags.b ilike 'y'",
      [
        { kind: "param", key: "a", op: "!=", value: "x" },
        { kind: "tag", key: "b", op: "ILIKE", value: "y" },
      ],
    ],
    ["params.a not in ('x')", [{ kind: "param", key: "a", op: "NOT IN", values: ["x"] }]],
  ])("%s is understood", (filter, conditions) => {
    expect(parseLoggedModelFilter(filter)).toEqual(conditions);
  });

  test.each<[string, string]>([
    [
      "foo.a = 'x'",
      "Invalid entity type: 'foo'. Expected one of ['attributes', 'metrics', 'params', 'tags'].",
    ],
    [
      "params.a > 'x'",
      "Invalid comparison operator for params.a: '>'. Expected one of ('=', '!=', 'LIKE', 'ILIKE', 'IN', 'NOT IN').",
    ],
    [
      "metrics.a LIKE 1",
      "Invalid comparison operator for metrics.a: 'LIKE'. Expected one of ('<', '<=', '>', '>=', '=', '!=').",
    ],
    ["metrics.a > 'x'", "Expected numeric value type for metric. Found 'x'"],
    ["name = 5", "Expected a quoted string value for name. Got value 5"],
    ["name = 'a' OR name = 'b'", "Invalid clause(s) in filter string: 'OR'"],
    [
      "tags.a IS NULL",
      "Invalid comparison operator for tags.a: 'IS NULL'. Expected one of ('=', '!=', 'LIKE', 'ILIKE', 'IN', 'NOT IN').",
    ],
  ])("%s is refused", (filter, message) => {
    expect(refusal(() => parseLoggedModelFilter(filter))).toBe(message);
  });

  test("an attribute that does not exist is refused with those that do", () => {
    expect(refusal(() => parseLoggedModelFilter("foo = 'x'"))).toMatch(
      /^Invalid attribute key 'foo' specified. Valid keys are \['model_id', 'name', /,
    );
  });
});

describe("the order of logged models", () => {
  test("knows attributes and metrics, these also of one dataset", () => {
    expect(
      parseLoggedModelOrderBy([
        { fieldName: "metrics.a.b", ascending: false },
        { fieldName: "metrics.a", datasetName: "d", datasetDigest: "" },
        { fieldName: "metrics.a", datasetName: "d", datasetDigest: "1" },
        { fieldName: "creation_time" },
      ]),
    ).toEqual([
      { kind: "metric", key: "a.b", ascending: false },
      { kind: "metric", key: "a", ascending: true, dataset: { name: "d" } },
      { kind: "metric", key: "a", ascending: true, dataset: { name: "d", digest: "1" } },
      { kind: "attribute", key: "creation_timestamp", ascending: true },
    ]);
  });

  test("refuses other fields", () => {
    expect(refusal(() => parseLoggedModelOrderBy([{ fieldName: "foo" }]))).toBe(
      "Invalid order by field name: foo",
    );
    expect(refusal(() => parseLoggedModelOrderBy([{ fieldName: "params.a" }]))).toBe(
      "Invalid order by field name: params.a. Only metrics are supported.",
    );
  });
});
