import { describe, expect, test } from "vitest";
import { parseRunFilter, parseRunOrderBy } from "../../../src/search/runs.ts";
import { refusal } from "./refusal.ts";

const metric = (key: string, op: string, value: number) => ({ kind: "metric", key, op, value });
const param = (key: string, op: string, value: string) => ({ kind: "param", key, op, value });
const tag = (key: string, op: string, value: string) => ({ kind: "tag", key, op, value });
const text = (key: string, op: string, value: string) => ({
  kind: "attribute",
  type: "text",
  key,
  op,
  value,
});
const integer = (key: string, op: string, value: bigint) => ({
  kind: "attribute",
  type: "integer",
  key,
  op,
  value,
});
const ids = (op: string, ...values: string[]) => ({
  kind: "attribute",
  type: "list",
  key: "run_id",
  op,
  values,
});

const NEVER = ["start_time", ">", 2n ** 63n - 1n] as const;
const ALWAYS = ["start_time", ">=", -(2n ** 63n)] as const;

describe("a filter of MLflow 1.28 is understood", () => {
  test.each<[string, unknown[]]>([
    ["", []],
    ["metrics.m > 1", [metric("m", ">", 1)]],
    ["metric.m>=1", [metric("m", ">=", 1)]],
    ["metrics.m = -3", [metric("m", "=", -3)]],
    ["metrics.m = 1.", [metric("m", "=", 1)]],
    ["metrics.m != .5", [metric("m", "!=", 0.5)]],
    ["metrics.m < 1e300", [metric("m", "<", 1e300)]],
    ["metrics.m <= 1E-5", [metric("m", "<=", 1e-5)]],
    ["metrics.m < 1e400", [metric("m", "<", Infinity)]],
    ["metrics.m > -1e400", [metric("m", ">", -Infinity)]],
    ["params.p = 'x'", [param("p", "=", "x")]],
    ["param.p != 'x'", [param("p", "!=", "x")]],
    ["parameter.p LIKE 'x%'", [param("p", "LIKE", "x%")]],
    ["parameters.p iLike 'x%'", [param("p", "ILIKE", "x%")]],
    ["params.p = ''", [param("p", "=", "")]],
    [`params.p = "it's"`, [param("p", "=", "it's")]],
    ["params.p = 'it''s'", [param("p", "=", "it''s")]],
    [String.raw`params.p = 'it\'s'`, [param("p", "=", String.raw`it\'s`)]],
    [String.raw`params.p = 'C:\' AND params.q = 'D:\'`, [param("p", "=", "C:\\"), param("q", "=", "D:\\")]],
    ["params.p = '日本 😀'", [param("p", "=", "日本 😀")]],
    ["tag.t = 'x'", [tag("t", "=", "x")]],
    ["tags.mlflow.runName = 'x'", [tag("mlflow.runName", "=", "x")]],
    ["tags.`mlflow.runName` = 'x'", [tag("mlflow.runName", "=", "x")]],
    ["tags.`a/b c-d` = 'x'", [tag("a/b c-d", "=", "x")]],
    [`tags."a b" = 'x'`, [tag("a b", "=", "x")]],
    ["`tags`.`a b` = 'x'", [tag("a b", "=", "x")]],
    ["tags.and = 'x' and tags.like = 'y'", [tag("and", "=", "x"), tag("like", "=", "y")]],
    ["attributes.status = 'RUNNING'", [text("status", "=", "RUNNING")]],
    ["attribute.status ILIKE 'run%'", [text("status", "ILIKE", "run%")]],
    ["attr.artifact_uri LIKE 's3://%'", [text("artifact_uri", "LIKE", "s3://%")]],
    ["run.start_time >= 1661867640000", [integer("start_time", ">=", 1661867640000n)]],
    ["params.a='x'AND params.b='y'", [param("a", "=", "x"), param("b", "=", "y")]],
    ["  params.a\n=\t'x'\nAnd\nparams.b = 'y' ", [param("a", "=", "x"), param("b", "=", "y")]],
    ["metrics.m >1 AND metrics.n<2", [metric("m", ">", 1), metric("n", "<", 2)]],
    ["params.a = 'AND' AND params.b = ';'", [param("a", "=", "AND"), param("b", "=", ";")]],
  ])("%s", (filter, conditions) => {
    expect(parseRunFilter(filter)).toEqual(conditions);
  });
});

describe("what newer MLflow added is understood", () => {
  test.each<[string, unknown[]]>([
    ["attributes.run_id = 'a'", [text("run_id", "=", "a")]],
    ["run_id IN ('a', 'b')", [ids("IN", "a", "b")]],
    ["attributes.run_id not in ('a')", [ids("NOT IN", "a")]],
    ["attribute.run_id IN ('a',)", [ids("IN", "a")]],
    [`run_id IN ("a",'b') AND metrics.m > 1`, [ids("IN", "a", "b"), metric("m", ">", 1)]],
    ["run_name LIKE 'a%'", [text("run_name", "LIKE", "a%")]],
    ["attributes.`Run name` = 'a'", [text("run_name", "=", "a")]],
    ["`run name` = 'a'", [text("run_name", "=", "a")]],
    ["attributes.user_id = 'a'", [text("user_id", "=", "a")]],
    ["status = 'FAILED'", [text("status", "=", "FAILED")]],
    ["Created > 5", [integer("start_time", ">", 5n)]],
    ["attributes.end_time < 5", [integer("end_time", "<", 5n)]],
    ["tags.a IS NULL", [{ kind: "tag", key: "a", op: "IS NULL" }]],
    [
      "params.a is not null AND tags.b = 'x'",
      [{ kind: "param", key: "a", op: "IS NOT NULL" }, tag("b", "=", "x")],
    ],
    ["metrics.m > 1e+16", [metric("m", ">", 1e16)]],
    ["params.日本 = 'x'", [param("日本", "=", "x")]],
    ["metrics.1 > 0", [metric("1", ">", 0)]],
    ["params.case = 'x'", [param("case", "=", "x")]],
  ])("%s", (filter, conditions) => {
    expect(parseRunFilter(filter)).toEqual(conditions);
  });
});

describe("any number compares with a time, exactly", () => {
  test.each<[string, readonly [string, string, bigint]]>([
    ["> 150.5", ["start_time", ">", 150n]],
    [">= 150.5", ["start_time", ">", 150n]],
    ["< 150.5", ["start_time", "<=", 150n]],
    ["<= 150.5", ["start_time", "<=", 150n]],
    ["> -0.5", ["start_time", ">", -1n]],
    ["= 150.5", NEVER],
    ["!= 150.5", ALWAYS],
    ["= 150.0", ["start_time", "=", 150n]],
    ["> 1e3", ["start_time", ">", 1000n]],
    ["= 9223372036854775807", ["start_time", "=", 9223372036854775807n]],
    ["= -9223372036854775808", ["start_time", "=", -9223372036854775808n]],
    ["= 9007199254740993", ["start_time", "=", 9007199254740993n]],
    ["= 9223372036854775808", NEVER],
    ["> 1e999", NEVER],
    ["< 1e30", ALWAYS],
    ["> -99999999999999999999999999999999", ALWAYS],
    ["<= -1e300", NEVER],
  ])("start_time %s", (comparison, [key, op, value]) => {
    expect(parseRunFilter(`attributes.start_time ${comparison}`)).toEqual([integer(key, op, value)]);
  });
});

const entity = (found: string) =>
  `Invalid entity type '${found}'. Valid values are ['metric', 'parameter', 'tag', 'attribute']`;
const identifier = (found: string) =>
  `Invalid identifier '${found}'. Columns should be specified as 'attribute.<key>', 'metric.<key>', 'tag.<key>', or 'param.'.`;
const pieces = (...found: string[]) =>
  `Invalid clause(s) in filter string: ${found.map((piece) => `'${piece}'`).join(", ")}`;
const unquoted = (found: string) =>
  `Parameter value is either not quoted or unidentified quote types used for string value ${found}. Use either single or double quotes.`;
const numbers = "{'!=', '<', '<=', '=', '>', '>='}";
const texts = "{'!=', '=', 'ILIKE', 'LIKE'}";

describe("a filter is refused with MLflow 1.28's message", () => {
  test.each<[string, string]>([
    ["m > 1", identifier("m")],
    ["run_idd = 'x'", identifier("run_idd")],
    ["foo.m > 0", entity("foo")],
    ["METRICS.m > 0", entity("METRICS")],
    ["`metrics.m` > 1", entity("`metrics")],
    ["dataset.name = 'x'", entity("dataset")],
    [
      "attributes.foo = 'x'",
      "Invalid attribute key 'foo' specified. Valid keys are '{'artifact_uri', 'start_time', 'status'}'",
    ],
    [
      "attributes.STATUS = 'x'",
      "Invalid attribute key 'STATUS' specified. Valid keys are '{'artifact_uri', 'start_time', 'status'}'",
    ],
    ["metrics.m > 'a'", "Expected numeric value type for metric. Found 'a'"],
    ["metrics.m = metrics.n", "Expected numeric value type for metric. Found metrics.n"],
    ["metrics.m > NaN", "Expected numeric value type for metric. Found NaN"],
    ["metrics.m > 1_000", "Expected numeric value type for metric. Found 1_000"],
    ["metrics.m > 1 + 1", "Expected numeric value type for metric. Found 1 + 1"],
    ["metrics.m IN (1,2)", "Expected numeric value type for metric. Found (1,2)"],
    [
      "attributes.start_time = '200'",
      "Expected numeric value type for numeric attribute: start_time. Found '200'",
    ],
    ["params.p = 1", "Expected a quoted string value for parameter (e.g. 'my-value'). Got value 1"],
    ["params.p = NULL", "Expected a quoted string value for parameter (e.g. 'my-value'). Got value NULL"],
    ["params.p = ('x')", "Expected a quoted string value for parameter (e.g. 'my-value'). Got value ('x')"],
    [
      "params.p IN ('x','y')",
      "Expected a quoted string value for parameter (e.g. 'my-value'). Got value ('x','y')",
    ],
    ["tags.t = 1", "Expected a quoted string value for tag (e.g. 'my-value'). Got value 1"],
    ["attributes.status = 5", "Expected a quoted string value for attributes. Got value 5"],
    ["attributes.status IN ('a','b')", "Expected a quoted string value for attributes. Got value ('a','b')"],
    ["attributes.status = RUNNING", unquoted("RUNNING")],
    ["params.p = params.q", unquoted("params.q")],
    ["params.p = `x`", unquoted("`x`")],
    ["metrics.m LIKE 1", `Invalid comparator 'LIKE' not one of '${numbers}`],
    ["metrics.m == 1", `Invalid comparator '==' not one of '${numbers}`],
    ["metrics.m <> 1", `Invalid comparator '<>' not one of '${numbers}`],
    ["params.p > '1'", `Invalid comparator '>' not one of '${texts}'`],
    ["params.p NOT LIKE '1'", `Invalid comparator 'NOT LIKE' not one of '${texts}'`],
    ["tags.t > 'a'", `Invalid comparator '>' not one of '${texts}`],
    ["attributes.status > 'F'", `Invalid comparator '>' not one of '${texts}`],
    ["attributes.start_time LIKE 1", `Invalid comparator 'LIKE' not one of '${texts}`],
    ["params.a = 'x' OR params.b = 'y'", pieces("OR")],
    ["NOT params.a = 'x'", pieces("NOT")],
    ["(metrics.m > 0)", pieces("(metrics.m > 0)")],
    ["metrics.m > 1 AND (metrics.n > 2 OR metrics.k > 3)", pieces("(metrics.n > 2 OR metrics.k > 3)")],
    ["metrics.m > 0;", pieces(";")],
    ["params.a = 'x', params.b = 'y'", pieces("params.a = 'x', params.b = 'y'")],
    ["params.a = 'x' -- c", pieces("-- c")],
    ["params.a = 'x' /* c */", pieces("/* c */")],
    ["params.a BETWEEN 'a' AND 'b'", pieces("params.a", "BETWEEN", "'a'", "'b'")],
    ["params.a =", pieces("params.a", "=")],
    ["params.a = 'x", pieces("params.a", "=", "'", "x")],
    ["metrics.m > - 1", pieces("metrics.m", ">", "-", "1")],
    ["metrics.m > AND params.a = 'x'", pieces("metrics.m", ">")],
    ["hello", pieces("hello")],
    ["this is not a filter", pieces("this", "is", "not", "a filter")],
    ["metrics.m > 0 hello", pieces("metrics.m > 0 hello")],
    ["a; b", "Search filter contained multiple expression 'a; b'. Provide AND-ed expression list."],
    [
      "params.a = 'x'; DROP TABLE runs",
      "Search filter contained multiple expression 'params.a = 'x'; DROP TABLE runs'. Provide AND-ed expression list.",
    ],
    ["   ", "Invalid filter '   '. Could not be parsed."],
    ["1 < metrics.m", "Invalid comparison clause. Expected 'Identifier' found '1'"],
    ["'x' = params.a", "Invalid comparison clause. Expected 'Identifier' found ''x''"],
    ["metrics.a/b > 0", "Invalid comparison clause. Expected 'Identifier' found 'metrics.a/b'"],
    ["metrics.a-b > 0", "Invalid comparison clause. Expected 'Identifier' found 'metrics.a-b'"],
    ["metrics.a-1 > 0", "Invalid comparison clause. Expected 'Identifier' found 'metrics.a-1'"],
    ["metrics.m > 1 > 2", "Invalid comparison clause. Expected 'Identifier' found 'metrics.m > 1'"],
    [
      "metrics.m > 1 && metrics.n > 2",
      "Invalid comparison clause. Expected 'Identifier' found 'metrics.m > 1 && metrics.n'",
    ],
    // MLflow checks values before comparators.
    [
      "metrics.m LIKE 1 AND params.p = 1",
      "Expected a quoted string value for parameter (e.g. 'my-value'). Got value 1",
    ],
  ])("%s", (filter, message) => {
    expect(refusal(() => parseRunFilter(filter))).toBe(message);
  });
});

describe("a filter that MLflow lets pass, though part of it means nothing, is refused", () => {
  test.each<[string, string]>([
    ["AND", pieces("AND")],
    ["AND params.a = 'x'", pieces("AND")],
    ["params.a = 'x' and", pieces("and")],
    ["params.a = 'x' AND AND params.b = 'y'", pieces("AND")],
    ["params.a = 'x' params.b = 'y'", pieces("params.b = 'y'")],
    [
      String.raw`params.a LIKE 'x\'`,
      String.raw`Invalid LIKE pattern 'x\'. It must not end in a single backslash.`,
    ],
    [
      String.raw`tags.a ilike 'x\\\'`,
      String.raw`Invalid ILIKE pattern 'x\\\'. It must not end in a single backslash.`,
    ],
    ["run_id = ('a')", "Invalid comparator '=' for a list of values. Use IN or NOT IN."],
    [
      "run_id IN ()",
      "While parsing a list in the query, expected a non-empty list of string values, but got empty list",
    ],
    [
      "run_id IN ('a' 'b')",
      "While parsing a list in the query, expected a non-empty list of string values, but got ill-formed list.",
    ],
    [
      "run_id IN ('a', 1)",
      "While parsing a list in the query, expected string value, punctuation, or whitespace, but got different type in list: ('a', 1)",
    ],
    [
      "metrics.m IS NULL",
      "IS NULL / IS NOT NULL is only supported for tags and params, not for 'metric' 'm'",
    ],
    [
      "status IS NOT NULL",
      "IS NULL / IS NOT NULL is only supported for tags and params, not for 'attribute' 'status'",
    ],
  ])("%s", (filter, message) => {
    expect(refusal(() => parseRunFilter(filter))).toBe(message);
  });

  test("but two backslashes at the end of a pattern are one escaped backslash", () => {
    expect(parseRunFilter(String.raw`params.a LIKE 'x\\'`)).toEqual([param("a", "LIKE", String.raw`x\\`)]);
  });
});

describe("order_by", () => {
  test.each<[string, string, string, boolean]>([
    ["metrics.m", "metric", "m", true],
    ["metrics.m ASC", "metric", "m", true],
    ["metric.m desc", "metric", "m", false],
    ["metrics.m \t Desc", "metric", "m", false],
    ["metrics.`a/b` DESC", "metric", "a/b", false],
    [`params."a b"`, "param", "a b", true],
    ["tags.`it's` DESC", "tag", "it's", false],
    [`tags.\`a"b\` DESC`, "tag", 'a"b', false],
    ["tags.desc desc", "tag", "desc", false],
    ["attribute.start_time DESC", "attribute", "start_time", false],
    ["attributes.end_time", "attribute", "end_time", true],
    ["attributes.Created", "attribute", "start_time", true],
    ["start_time DESC", "attribute", "start_time", false],
    ["attributes.run_id", "attribute", "run_id", true],
    ["`Run name` DESC", "attribute", "run_name", false],
  ])("%s is understood", (item, kind, key, ascending) => {
    expect(parseRunOrderBy([item])).toEqual([{ kind, key, ascending }]);
  });

  const unparsed = (item: string) =>
    [item, `Invalid order_by clause '${item}'. Could not be parsed.`] as const;

  test.each<readonly [string, string]>([
    unparsed(""),
    unparsed(" metrics.m"),
    unparsed("metrics.m DESC "),
    unparsed("metrics.m, metrics.n"),
    unparsed("metrics.m foo bar"),
    unparsed("metrics.a/b"),
    unparsed("metrics.m NULLS LAST"),
    unparsed("metrics.m; DROP TABLE runs"),
    unparsed("(metrics.m)"),
    unparsed("'metrics.m'"),
    unparsed("DESC"),
    unparsed("1"),
    ["metrics.m foo", "Invalid ordering key in order_by clause 'metrics.m foo'."],
    ["foo", identifier("foo")],
    ["foo.m", entity("foo")],
    [
      "attribute.foo",
      "Invalid attribute key 'foo' specified. Valid keys are '{'artifact_uri', 'end_time', 'start_time', 'status'}'",
    ],
  ])("%s is refused", (item, message) => {
    expect(refusal(() => parseRunOrderBy([item]))).toBe(message);
  });

  test("a column given twice, also by another name, is the caller's mistake", () => {
    expect(refusal(() => parseRunOrderBy(["metrics.a", "metric.a DESC"]))).toBe(
      "`order_by` contains duplicate fields: ['metrics.a', 'metric.a DESC']",
    );
    expect(refusal(() => parseRunOrderBy(["start_time", "tags.`it's`", "attribute.Created"]))).toBe(
      "`order_by` contains duplicate fields: ['start_time', \"tags.`it's`\", 'attribute.Created']",
    );
  });

  test("the same key of a metric, a param and a tag are three columns", () => {
    expect(parseRunOrderBy(["metrics.a", "params.a", "tags.a"])).toHaveLength(3);
  });
});
