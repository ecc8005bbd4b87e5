import { describe, expect, test } from "vitest";
import { parseExperimentFilter, parseExperimentOrderBy } from "../../../src/search/experiments.ts";
import { refusal } from "./refusal.ts";

const name = (op: string, value: string) => ({ kind: "attribute", type: "text", key: "name", op, value });
const tag = (key: string, op: string, value: string) => ({ kind: "tag", key, op, value });

describe("a filter of experiments is understood", () => {
  test.each<[string, unknown[]]>([
    ["", []],
    ["name = 'a'", [name("=", "a")]],
    [`"name" != "a b"`, [name("!=", "a b")]],
    ["attribute.name LIKE 'a%'", [name("LIKE", "a%")]],
    ["name ilike 'a%'", [name("ILIKE", "a%")]],
    ["`name` = 'a' AND tags.`b c` != 'd'", [name("=", "a"), tag("b c", "!=", "d")]],
    ["tag.a.b = ''", [tag("a.b", "=", "")]],
    ["tags.a IS NULL", [{ kind: "tag", key: "a", op: "IS NULL" }]],
    [
      "creation_time >= 150.5",
      [{ kind: "attribute", type: "integer", key: "creation_time", op: ">", value: 150n }],
    ],
    [
      "attribute.last_update_time < 5",
      [{ kind: "attribute", type: "integer", key: "last_update_time", op: "<", value: 5n }],
    ],
    ["experiment_id = '7'", [{ kind: "attribute", type: "text", key: "experiment_id", op: "=", value: "7" }]],
    [
      "experiment_id IN ('1','2')",
      [{ kind: "attribute", type: "list", key: "experiment_id", op: "IN", values: ["1", "2"] }],
    ],
  ])("%s", (filter, conditions) => {
    expect(parseExperimentFilter(filter)).toEqual(conditions);
  });
});

const pieces = (found: string) => `Invalid clause(s) in filter string: ${found}`;

describe("a filter of experiments is refused with MLflow 1.28's message", () => {
  test.each<[string, string]>([
    ["metric.a = 1", "Invalid entity type 'metric'. Valid entity types are ('attribute', 'tag', 'tags')"],
    [
      "attributes.name = 'a'",
      "Invalid entity type 'attributes'. Valid entity types are ('attribute', 'tag', 'tags')",
    ],
    ["foo = 'a'", "Invalid attribute key 'foo' specified. Valid keys are '('name',)'"],
    ["NAME = 'a'", "Invalid attribute key 'NAME' specified. Valid keys are '('name',)'"],
    ["name > 'a'", "Invalid comparator for attribute: >"],
    ["tags.env > 'a'", "Invalid comparator for tag: >"],
    ["creation_time LIKE 5", "Invalid comparator for attribute: LIKE"],
    ["name = 5", "Expected a quoted string value for attributes. Got value 5"],
    ["name IN ('a','b')", "Expected a quoted string value for attributes. Got value ('a','b')"],
    ["tags.a = 1", "Expected a quoted string value for tag (e.g. 'my-value'). Got value 1"],
    ["name = 'a' OR name = 'b'", pieces("OR")],
    ["name = 'a';", pieces(";")],
    ["name =", pieces("=")],
    ["name 'a'", pieces("'a'")],
    ["(name = 'a') =", pieces("=")],
    ["name = 'a' OR name", pieces("OR")],
    ["   ", "Invalid filter '   '. Could not be parsed."],
  ])("%s", (filter, message) => {
    expect(refusal(() => parseExperimentFilter(filter))).toBe(message);
  });
});

describe("a filter that MLflow 1.28 takes for none is refused", () => {
  test.each<[string, string]>([
    ["name", pieces("name")],
    ["(name = 'a')", pieces("(name = 'a')")],
    ["AND", pieces("AND")],
    ["name IS NULL", "IS NULL / IS NOT NULL is only supported for tags, not for attribute 'name'"],
  ])("%s", (filter, message) => {
    expect(refusal(() => parseExperimentFilter(filter))).toBe(message);
  });
});

describe("order_by of experiments", () => {
  test("knows name, experiment_id and the two times, each once", () => {
    expect(
      parseExperimentOrderBy([
        "name",
        "attribute.creation_time DESC",
        "last_update_time asc",
        "`name` DESC",
        "experiment_id",
      ]),
    ).toEqual([
      { kind: "attribute", key: "name", ascending: true },
      { kind: "attribute", key: "creation_time", ascending: false },
      { kind: "attribute", key: "last_update_time", ascending: true },
      { kind: "attribute", key: "experiment_id", ascending: true },
    ]);
  });

  test.each<[string, string]>([
    ["tag.a", "Invalid order_by entity: tag"],
    ["metric.a", "Invalid entity type 'metric'. Valid entity types are ('attribute', 'tag', 'tags')"],
    ["foo", "Invalid attribute key 'foo' specified. Valid keys are '('name', 'experiment_id')'"],
    ["name foo", "Invalid ordering key in order_by clause 'name foo'."],
    ["name, experiment_id", "Invalid order_by clause 'name, experiment_id'. Could not be parsed."],
  ])("%s is refused", (item, message) => {
    expect(refusal(() => parseExperimentOrderBy([item]))).toBe(message);
  });
});
