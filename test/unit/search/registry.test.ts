import { describe, expect, test } from "vitest";
import {
  parseModelVersionFilter,
  parseModelVersionOrderBy,
  parseRegisteredModelFilter,
  parseRegisteredModelOrderBy,
} from "../../../src/search/registry.ts";
import { refusal } from "./refusal.ts";

const text = (key: string, op: string, value: string) => ({
  kind: "attribute",
  type: "text",
  key,
  op,
  value,
});
const list = (key: string, op: string, ...values: string[]) => ({
  kind: "attribute",
  type: "list",
  key,
  op,
  values,
});
const tag = (key: string, op: string, value: string, matchesAbsent = false) => ({
  kind: "tag",
  key,
  op,
  value,
  matchesAbsent,
});
const pieces = (found: string) => `Invalid clause(s) in filter string: ${found}`;
const wrongValue = (found: string) =>
  `Expected a quoted string value or a list of quoted string values for attributes. Got value ${found}`;
const listError = "While parsing a list in the query, expected";

describe("a filter of registered models", () => {
  test.each<[string, unknown[]]>([
    ["", []],
    ["name = 'a'", [text("name", "=", "a")]],
    ["name ilike 'a%' and tag.k != 'v'", [text("name", "ILIKE", "a%"), tag("k", "!=", "v")]],
    ["attribute.name = ''", [text("name", "=", "")]],
    ["name IN ('a','b')", [list("name", "IN", "a", "b")]],
  ])("%s is understood", (filter, conditions) => {
    expect(parseRegisteredModelFilter(filter)).toEqual(conditions);
  });

  test.each<[string, string]>([
    ["run_id = 'x'", "Invalid attribute name: run_id"],
    ["run_id IN ('x','y')", "Invalid attribute name: run_id"],
    ["foo IN ('x','y')", "Only run_id attribute support compare with a list of quoted string values."],
    ["name > 'a'", "Invalid comparator for attribute: >"],
    ["name NOT LIKE 'a'", "Invalid comparator for attribute: NOT LIKE"],
    ["tag.a > 'x'", "Invalid comparator for tag: >"],
    ["name = 'a' or name = 'b'", pieces("or")],
    ["name = 5", wrongValue("5")],
    ["tags.a = 5", "Expected a quoted string value for tag (e.g. 'my-value'). Got value 5"],
    ["metric.a = 'x'", "Invalid entity type 'metric'. Valid entity types are ('attribute', 'tag', 'tags')"],
    ["name", pieces("name")],
    ["name = 'a' AND", pieces("AND")],
    ["tags.a IS NULL", pieces("tags.a IS NULL")],
    [
      String.raw`name LIKE 'a\'`,
      String.raw`Invalid LIKE pattern 'a\'. It must not end in a single backslash.`,
    ],
  ])("%s is refused", (filter, message) => {
    expect(refusal(() => parseRegisteredModelFilter(filter))).toBe(message);
  });

  test.each<[string, boolean]>([
    ["tag.`mlflow.prompt.is_prompt` != 'true'", true],
    ["tags.`mlflow.prompt.is_prompt` = 'false'", true],
    ["tag.`mlflow.prompt.is_prompt` = 'true'", false],
    ["tag.`mlflow.prompt.is_prompt` != 'false'", false],
    ["tag.`mlflow.prompt.is_prompt` LIKE 'false'", false],
    ["tag.is_prompt != 'true'", false],
  ])("whether a model without the tag fulfils %s: %s", (filter, matchesAbsent) => {
    expect(parseRegisteredModelFilter(filter)).toEqual([
      expect.objectContaining({ kind: "tag", matchesAbsent }),
    ]);
  });
});

describe("a filter of model versions", () => {
  test.each<[string, unknown[]]>([
    ["name = 'a' AND run_id IN ('x', 'Y')", [text("name", "=", "a"), list("run_id", "IN", "x", "Y")]],
    ["run_id in ('x')", [list("run_id", "IN", "x")]],
    ["run_id NOT IN ('x')", [list("run_id", "NOT IN", "x")]],
    ["name IN ('a')", [list("name", "IN", "a")]],
    ["source_path LIKE 's3://%'", [text("source_path", "LIKE", "s3://%")]],
    [
      "version_number >= 2",
      [{ kind: "attribute", type: "integer", key: "version_number", op: ">=", value: 2n }],
    ],
    ["tags.`a b` = 'x'", [tag("a b", "=", "x")]],
  ])("%s is understood", (filter, conditions) => {
    expect(parseModelVersionFilter(filter)).toEqual(conditions);
  });

  test.each<[string, string]>([
    ["current_stage = 'Production'", "Invalid attribute name: current_stage"],
    ["version = '1'", pieces("version, =, '1'")],
    ["name = 'a' AND source = 's'", pieces("source, =, 's'")],
    ["`version` = '1'", "Invalid attribute name: version"],
    ["run_id > 'a'", "Invalid comparator for attribute: >"],
    ["run_id = ('a','b')", "Invalid comparator '=' for a list of values. Use IN or NOT IN."],
    ["run_id IN 'a'", "Invalid comparator for attribute: IN"],
    ["run_id IN ()", `${listError} a non-empty list of string values, but got empty list`],
    ["run_id IN (('a','b'))", `${listError} a non-empty list of string values, but got ill-formed list.`],
    [
      "run_id IN (1,2)",
      `${listError} string value, punctuation, or whitespace, but got different type in list: (1,2)`,
    ],
    [
      "source_path IN ('a','b')",
      "Only run_id attribute support compare with a list of quoted string values.",
    ],
    ["version_number = '2'", "Expected numeric value type for numeric attribute: version_number. Found '2'"],
    ["version_number LIKE 2", "Invalid comparator for attribute: LIKE"],
    ["name = 5", wrongValue("5")],
  ])("%s is refused", (filter, message) => {
    expect(refusal(() => parseModelVersionFilter(filter))).toBe(message);
  });
});

describe("order_by of registered models", () => {
  test.each<[string, string, boolean]>([
    ["name", "name", true],
    ["`name` DESC", "name", false],
    ["attribute.name", "name", true],
    ["timestamp", "last_updated_timestamp", true],
    ["TIMESTAMP desc", "last_updated_timestamp", false],
    ["last_updated_timestamp ASC", "last_updated_timestamp", true],
    ["creation_timestamp", "creation_timestamp", true],
  ])("%s is understood", (item, key, ascending) => {
    expect(parseRegisteredModelOrderBy([item])).toEqual([{ kind: "attribute", key, ascending }]);
  });

  test("refuses other keys in MLflow 1.28's words, and a column twice", () => {
    expect(refusal(() => parseRegisteredModelOrderBy(["x DESC"]))).toBe(
      "Invalid order by key 'x' specified. Valid keys are '{'name', 'timestamp'}'",
    );
    expect(refusal(() => parseRegisteredModelOrderBy(["timestamp", "last_updated_timestamp"]))).toBe(
      "`order_by` contains duplicate fields: ['timestamp', 'last_updated_timestamp']",
    );
  });
});

describe("order_by of model versions", () => {
  test("knows name, version_number and the two times, each once", () => {
    expect(
      parseModelVersionOrderBy([
        "version_number DESC",
        "name",
        "creation_timestamp",
        "last_updated_timestamp DESC",
        "name DESC",
      ]),
    ).toEqual([
      { kind: "attribute", key: "version_number", ascending: false },
      { kind: "attribute", key: "name", ascending: true },
      { kind: "attribute", key: "creation_timestamp", ascending: true },
      { kind: "attribute", key: "last_updated_timestamp", ascending: false },
    ]);
    expect(refusal(() => parseModelVersionOrderBy(["stage"]))).toBe(
      "Invalid attribute key 'stage' specified. Valid keys are '{'creation_timestamp', 'last_updated_timestamp', 'name', 'version_number'}'",
    );
  });
});
