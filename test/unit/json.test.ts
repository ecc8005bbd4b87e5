import { create, fromJson, type MessageInitShape } from "@bufbuild/protobuf";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  GetLatestVersionsSchema,
  TransitionModelVersionStageSchema,
} from "../../gen/mlflow/model_registry_pb.js";
import {
  CreateRunSchema,
  ExperimentSchema,
  FileInfoSchema,
  GetRun_ResponseSchema,
  LogBatchSchema,
  LogMetricSchema,
  MetricSchema,
  RunInfoSchema,
  RunStatus,
  SearchExperimentsSchema,
  SearchRunsSchema,
  UpdateRunSchema,
  ViewType,
} from "../../gen/mlflow/service_pb.js";
import { LoggiaError } from "../../src/errors.ts";
import { parseJson, writeJson } from "../../src/http/json.ts";
import { parseQuery } from "../../src/http/json-query.ts";

const sentence = (value: string, parameter: string, type: string) =>
  `Invalid value ${value} for parameter '${parameter}' supplied. Hint: Value was of type '${type}'. ` +
  "See the API docs for more information about request parameters.";

/** What a metric request becomes; the rest of the request is unset. */
const metric = (json: string) => parseJson(LogMetricSchema, json);

function refusal(read: () => unknown): string {
  try {
    read();
  } catch (error) {
    if (error instanceof LoggiaError && error.code === "INVALID_PARAMETER_VALUE" && error.status === 400)
      return error.message;
    throw error;
  }
  throw new Error("it was not refused");
}

describe("a body is read as MLflow 1.28 reads it (behaviour.md §1)", () => {
  test("no text is an empty message, the one that create() makes", () => {
    expect(parseJson(LogBatchSchema, "")).toStrictEqual(create(LogBatchSchema));
    expect(parseJson(LogBatchSchema, " {} ")).toStrictEqual(create(LogBatchSchema));
  });

  test("a string that holds an object is read as that object", () => {
    expect(parseJson(LogMetricSchema, JSON.stringify(JSON.stringify({ key: "k" }))).key).toBe("k");
  });

  test("either case of a name is read, and the snake_case one wins", () => {
    expect(parseJson(SearchRunsSchema, `{"maxResults":7,"runViewType":"ALL"}`)).toMatchObject({
      maxResults: 7,
      runViewType: 3,
    });
    expect(parseJson(SearchRunsSchema, `{"maxResults":7,"max_results":8}`).maxResults).toBe(8);
    expect(parseJson(SearchRunsSchema, `{"maxResults":7,"max_results":null}`).maxResults).toBe(7);
  });

  test("unknown fields are ignored at any depth", () => {
    const text = `{"run_id":"r","zzz":{"a":[1]},"metrics":[{"key":"k","zzz":{}}]}`;
    expect(parseJson(LogBatchSchema, text)).toStrictEqual(
      create(LogBatchSchema, { runId: "r", metrics: [{ key: "k" }] }),
    );
  });

  test("null is absent, and keeps proto2's default", () => {
    const request = parseJson(SearchRunsSchema, `{"filter":null,"max_results":null,"order_by":null}`);
    expect(request).toStrictEqual(create(SearchRunsSchema));
    expect(request.maxResults).toBe(1000);
  });

  test("the last of a repeated key wins", () => {
    expect(metric(`{"key":"a","key":"b"}`).key).toBe("b");
  });

  test("__proto__ and constructor are names like any other", () => {
    const request = metric(`{"__proto__":{"key":"evil"},"constructor":{"key":"evil"}}`);
    expect(Object.hasOwn(request, "key")).toBe(false);
    expect(request.key).toBe("");
    expect(({} as Record<string, unknown>).key).toBeUndefined();
  });

  test.each([
    ["12", 12n],
    ["12.0", 12n],
    ["1.5e3", 1500n],
    [`"123"`, 123n],
    [`"-5"`, -5n],
    ["9007199254740993", 9007199254740993n],
    ["9223372036854775807", 9223372036854775807n],
    ["-9223372036854775808", -9223372036854775808n],
    [`"9223372036854775807"`, 9223372036854775807n],
    ["1e18", 10n ** 18n],
    ["-0", 0n],
  ])("the int64 %s is %s", (text, value) => {
    expect(metric(`{"timestamp":${text},"step":${text}}`)).toMatchObject({ timestamp: value, step: value });
  });

  test.each([
    ["9223372036854775808", "9223372036854775808", "int"],
    ["-9223372036854775809", "-9223372036854775809", "int"],
    ["9223372036854775807.0", "9.223372036854776e+18", "float"],
    ["1e30", "1e+30", "float"],
    ["1.5", "1.5", "float"],
    ["true", "True", "bool"],
    [`"1e3"`, "1e3", "str"],
    [`"1 "`, "1 ", "str"],
    [`" 1"`, " 1", "str"],
    [`"0x10"`, "0x10", "str"],
    ["[1]", "[1]", "list"],
    ["{}", "{}", "dict"],
  ])("the int64 %s is refused", (text, shown, type) => {
    expect(refusal(() => metric(`{"timestamp":${text}}`))).toBe(sentence(shown, "timestamp", type));
  });

  test("an int32 has its own range", () => {
    expect(parseJson(SearchRunsSchema, `{"max_results":2147483647}`).maxResults).toBe(2147483647);
    expect(refusal(() => parseJson(SearchRunsSchema, `{"max_results":2147483648}`))).toBe(
      sentence("2147483648", "max_results", "int"),
    );
    expect(refusal(() => parseJson(SearchRunsSchema, `{"max_results":9223372036854775808}`))).toBe(
      sentence("9223372036854775808", "max_results", "int"),
    );
  });

  test.each([
    ["0.1", 0.1],
    ["1", 1],
    ["12345678901234567890", 12345678901234567000],
    ["5e-324", 5e-324],
    [`"1.5"`, 1.5],
    [`" 1 "`, 1],
    [`"1e400"`, Number.POSITIVE_INFINITY],
    [`"NaN"`, Number.NaN],
    [`"Infinity"`, Number.POSITIVE_INFINITY],
    [`"-Infinity"`, Number.NEGATIVE_INFINITY],
    [`"inf"`, Number.POSITIVE_INFINITY],
    [`"-inf"`, Number.NEGATIVE_INFINITY],
    [`"+Infinity"`, Number.POSITIVE_INFINITY],
    [`"infinity"`, Number.POSITIVE_INFINITY],
  ])("the double %s is %s", (text, value) => {
    expect(metric(`{"value":${text}}`).value).toBe(value);
  });

  test.each([
    ["1e400", "inf", "float"],
    [`"nan"`, "nan", "str"],
    [`"abc"`, "abc", "str"],
    [`"1,5"`, "1,5", "str"],
    [`"0x1"`, "0x1", "str"],
    ["true", "True", "bool"],
    ["[]", "[]", "list"],
  ])("the double %s is refused", (text, shown, type) => {
    expect(refusal(() => metric(`{"value":${text}}`))).toBe(sentence(shown, "value", type));
  });

  test("an empty string is a missing double, and an integer of the wrong type, as MLflow's checks have it", () => {
    expect(Object.hasOwn(metric(`{"value":""}`), "value")).toBe(false);
    expect(refusal(() => metric(`{"timestamp":""}`))).toBe(sentence("", "timestamp", "str"));
    expect(refusal(() => metric(`{"step":""}`))).toBe(sentence("", "step", "str"));
  });

  test.each([
    [`"FINISHED"`, RunStatus.FINISHED],
    ["3", RunStatus.FINISHED],
    [`"3"`, RunStatus.FINISHED],
  ])("the enum %s is read", (text, value) => {
    expect(parseJson(UpdateRunSchema, `{"status":${text}}`).status).toBe(value);
  });

  test.each([
    [`"finished"`, "finished", "str"],
    [`"BOGUS"`, "BOGUS", "str"],
    ["99", "99", "int"],
    ["3.5", "3.5", "float"],
    ["true", "True", "bool"],
    [`"constructor"`, "constructor", "str"],
  ])("the enum %s is refused", (text, shown, type) => {
    expect(refusal(() => parseJson(UpdateRunSchema, `{"status":${text}}`))).toBe(
      sentence(shown, "status", type),
    );
  });

  test("a bool is true or false and nothing else", () => {
    const parse = (text: string) =>
      parseJson(TransitionModelVersionStageSchema, `{"archive_existing_versions":${text}}`);
    expect(parse("true").archiveExistingVersions).toBe(true);
    expect(parse("false").archiveExistingVersions).toBe(false);
    expect(refusal(() => parse("1"))).toBe(sentence("1", "archive_existing_versions", "int"));
    expect(refusal(() => parse(`"true"`))).toBe(sentence("true", "archive_existing_versions", "str"));
  });

  test("a string is a string; experiment ids alone may be numbers", () => {
    expect(refusal(() => metric(`{"key":5}`))).toBe(sentence("5", "key", "int"));
    expect(refusal(() => metric(`{"key":1.0}`))).toBe(sentence("1.0", "key", "float"));
    expect(parseJson(CreateRunSchema, `{"experiment_id":5}`).experimentId).toBe("5");
    expect(parseJson(CreateRunSchema, `{"experiment_id":9007199254740993}`).experimentId).toBe(
      "9007199254740993",
    );
    expect(parseJson(SearchRunsSchema, `{"experiment_ids":[1,"2"]}`).experimentIds).toEqual(["1", "2"]);
    expect(refusal(() => parseJson(CreateRunSchema, `{"experiment_id":true}`))).toBe(
      sentence("True", "experiment_id", "bool"),
    );
  });

  test("a list is a list, and holds no null", () => {
    expect(refusal(() => parseJson(SearchRunsSchema, `{"experiment_ids":"12"}`))).toBe(
      sentence("12", "experiment_ids", "str"),
    );
    expect(refusal(() => parseJson(SearchRunsSchema, `{"order_by":["a",null]}`))).toBe(
      sentence("['a', None]", "order_by", "list"),
    );
    expect(refusal(() => parseJson(SearchRunsSchema, `{"order_by":{}}`))).toBe(
      sentence("{}", "order_by", "dict"),
    );
  });

  test("what is wrong inside of a parameter is told of the whole parameter, as Python shows it", () => {
    const text = `{"run_id":"r","metrics":[{"key":"it's","value":1.0,"timestamp":5,"step":true,"z":null,"y":1e-5,"x":"\\n\\u00e9"}]}`;
    expect(refusal(() => parseJson(LogBatchSchema, text))).toBe(
      sentence(
        `[{'key': "it's", 'value': 1.0, 'timestamp': 5, 'step': True, 'z': None, 'y': 1e-05, 'x': '\\né'}]`,
        "metrics",
        "list",
      ),
    );
  });

  test("the first wrong parameter in the order of the message is the one that is named", () => {
    expect(refusal(() => parseJson(LogBatchSchema, `{"tags":5,"params":6}`))).toBe(
      sentence("6", "params", "int"),
    );
  });

  test("a long value is cut in the message", () => {
    const message = refusal(() =>
      parseJson(LogBatchSchema, `{"metrics":[${'{"key":1},'.repeat(100_000)}1]}`),
    );
    expect(message.length).toBeLessThan(2500);
    expect(message).toContain("[{'key': 1}, {'key': 1}");
  });

  test.each([
    ["[]", "list"],
    ["5", "int"],
    ["5.0", "float"],
    ["true", "bool"],
    [`"5"`, "int"],
    [`"[]"`, "list"],
    [`"\\"x\\""`, "str"],
  ])("the body %s is not an object", (text, type) => {
    expect(refusal(() => metric(text))).toBe(
      `The request body must be a JSON object, but is of Python's type '${type}'.`,
    );
  });

  test.each(["", "null", `"null"`, "{}"])("the body %j is an empty message", (text) => {
    expect(metric(text)).toEqual(metric("{}"));
  });

  test.each([
    ["{", 1],
    [`{"a":`, 5],
    [`{"a":1`, 6],
    [`{"a":1}}`, 7],
    [`{"a":1},`, 7],
    [`{'a':1}`, 1],
    [`{"a":01}`, 6],
    [`{"a":[1,]}`, 8],
    [`{"a":{"b" 1}}`, 10],
    [`{"a":"x\ny"}`, 7],
    [`{"a":"\\x"}`, 6],
    ["name=x&y=1", 0],
    ["\ufeff{}", 0],
    [`{"value": NaN}`, 10],
    [`{"value": -Infinity}`, 10],
    ["   ", 3],
  ])("%j is not JSON from position %i on", (text, position) => {
    const message = refusal(() => metric(text));
    expect(message).toMatch(/^The request body is not valid JSON/);
    expect(message).toMatch(new RegExp(`at position ${position}\\.`));
  });

  test("a bare NaN is refused with what to send in its place", () => {
    expect(refusal(() => metric(`{"value":NaN}`))).toContain(`Send that number as a string, "NaN".`);
    expect(refusal(() => metric(`{"value":-Infinity}`))).toContain(
      `Send that number as a string, "-Infinity".`,
    );
  });

  test.each([
    ["NUL", "\\u0000"],
    ["half a surrogate pair", "x\\ud800"],
    ["the other half", "\\udc00x"],
  ])("%s in a text is refused, naming the parameter", (_, escaped) => {
    expect(refusal(() => metric(`{"key":"${escaped}"}`))).toBe(
      "The parameter 'key' holds a NUL character or half of a surrogate pair.",
    );
    expect(refusal(() => parseJson(LogBatchSchema, `{"tags":[{"key":"a","value":"${escaped}"}]}`))).toContain(
      "'tags'",
    );
    expect(metric(`{"zzz":"${escaped}"}`)).toStrictEqual(create(LogMetricSchema));
  });

  test("a whole surrogate pair is a character", () => {
    expect(metric(`{"key":"\\ud83d\\ude00"}`).key).toBe("😀");
  });

  test.each([100, 10_000, 200_000])(
    "nesting of depth %i is ignored where nobody looks and refused where somebody does",
    (depth) => {
      const nest = "[".repeat(depth) + "]".repeat(depth);
      expect(metric(`{"zzz":${nest}}`)).toStrictEqual(create(LogMetricSchema));
      expect(refusal(() => metric(`{"key":${nest}}`))).toMatch(/^Invalid value \[\[\[.*'key'.*'list'/);
      // An integer that has to be read exactly makes a second, recursive pass.
      const outcome = () => metric(`{"timestamp":9007199254740993,"zzz":${nest}}`);
      if (depth === 100) expect(outcome().timestamp).toBe(9007199254740993n);
      if (depth === 200_000) expect(refusal(outcome)).toBe("The request body is nested too deeply.");
    },
  );
});

describe("a query is read by the descriptor (behaviour.md §1)", () => {
  test("values are text, with + for a space and UTF-8 behind percent signs", () => {
    expect(
      parseQuery(SearchExperimentsSchema, "filter=name+%3D+%27%C3%A9%2B%27&view_type=ALL&max_results=5"),
    ).toStrictEqual(
      create(SearchExperimentsSchema, { filter: "name = 'é+'", viewType: ViewType.ALL, maxResults: 5n }),
    );
    expect(parseQuery(SearchExperimentsSchema, "viewType=3&zzz=1&&=x").viewType).toBe(ViewType.ALL);
  });

  test.each([
    "stages=a&stages=b",
    "stages[]=a&stages[]=b",
    "stages%5B%5D=a&stages%5B%5D=b",
    "stages[0]=a&stages[1]=b",
    "stages%5B0%5D=a&stages=b",
  ])("%s is a list of two", (query) => {
    expect(parseQuery(GetLatestVersionsSchema, `name=m&${query}`)).toMatchObject({
      name: "m",
      stages: ["a", "b"],
    });
  });

  test("one value for a list is a list of one, and a comma separates nothing", () => {
    expect(parseQuery(GetLatestVersionsSchema, "stages=a,b").stages).toEqual(["a,b"]);
  });

  test("a name without a value is the empty text", () => {
    expect(parseQuery(GetLatestVersionsSchema, "name")).toStrictEqual(
      create(GetLatestVersionsSchema, { name: "" }),
    );
  });

  test.each([
    ["max_results=1.0", sentence("1.0", "max_results", "str")],
    ["max_results=abc", sentence("abc", "max_results", "str")],
    ["max_results=", sentence("", "max_results", "str")],
    ["view_type=all", sentence("all", "view_type", "str")],
    ["filter=a&filter=b", sentence("['a', 'b']", "filter", "list")],
    ["filter=%ff", "The query parameter 'filter' is not percent-encoded UTF-8."],
    ["filter=%", "The query parameter 'filter' is not percent-encoded UTF-8."],
    ["filter=%00", "The parameter 'filter' holds a NUL character or half of a surrogate pair."],
  ])("%s is refused", (query, message) => {
    expect(refusal(() => parseQuery(SearchExperimentsSchema, query))).toBe(message);
  });

  test.each(["true", "True", "false", "False"])(
    "the bool %s is read, as JavaScript and Python write it",
    (text) => {
      const query = `archive_existing_versions=${text}`;
      expect(parseQuery(TransitionModelVersionStageSchema, query).archiveExistingVersions).toBe(
        /true/i.test(text),
      );
    },
  );

  test("parameters of the path win", () => {
    expect(parseQuery(GetLatestVersionsSchema, "name=a", { name: "b" }).name).toBe("b");
    expect(parseJson(GetLatestVersionsSchema, `{"name":"a"}`, { name: "b" }).name).toBe("b");
    expect(refusal(() => parseJson(GetLatestVersionsSchema, "", { name: "\0" }))).toContain("'name'");
  });
});

describe("an answer is printed as MLflow 1.28 prints it (behaviour.md §3)", () => {
  test("in the order of field numbers, by snake_case names", () => {
    const info = {
      runId: "r",
      runUuid: "r",
      experimentId: "1",
      status: RunStatus.RUNNING,
      startTime: 0n,
      userId: "",
    };
    expect(writeJson(RunInfoSchema, info)).toBe(
      `{"run_uuid":"r","experiment_id":"1","user_id":"","status":"RUNNING","start_time":0,"run_id":"r"}`,
    );
  });

  test("what is set is printed, be it a default, and what is not set is left out, be it a default", () => {
    expect(writeJson(FileInfoSchema, { path: "", isDir: false })).toBe(`{"path":"","is_dir":false}`);
    expect(writeJson(MetricSchema, create(MetricSchema, { key: "k" }))).toBe(`{"key":"k"}`);
    expect(writeJson(MetricSchema, { step: 0n })).toBe(`{"step":0}`);
    expect(writeJson(GetRun_ResponseSchema, { run: { data: { metrics: [], params: [] } } })).toBe(
      `{"run":{"data":{}}}`,
    );
    expect(writeJson(GetRun_ResponseSchema, {})).toBe("{}");
  });

  test("int64 are numbers of all their digits", () => {
    expect(writeJson(MetricSchema, { timestamp: 2n ** 63n - 1n, step: -(2n ** 63n) })).toBe(
      `{"timestamp":9223372036854775807,"step":-9223372036854775808}`,
    );
  });

  test.each([
    [1, "1"],
    [0.1, "0.1"],
    [5e-324, "5e-324"],
    [1e308, "1e+308"],
    [-0, "-0.0"],
    [Number.NaN, `"NaN"`],
    [Number.POSITIVE_INFINITY, `"Infinity"`],
    [Number.NEGATIVE_INFINITY, `"-Infinity"`],
  ])("the double %d is %s", (value, text) => {
    expect(writeJson(MetricSchema, { value })).toBe(`{"value":${text}}`);
  });

  test.each([
    "",
    `"`,
    "\\",
    "\n\u0000\u001f",
    "é😀",
    "\ud800",
    "x".repeat(100),
    `${"x".repeat(100)}"`,
    "\u2028",
  ])("the text %j comes back", (name) => {
    expect(JSON.parse(writeJson(ExperimentSchema, { name }))).toEqual({ name });
  });

  test("an enum number without a name is printed as the number", () => {
    expect(writeJson(RunInfoSchema, { status: 77 as RunStatus })).toBe(`{"status":77}`);
  });
});

describe("properties", () => {
  const int64 = fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n });
  const text = fc.string({ unit: "binary" }).map((s) => s.toWellFormed().replaceAll("\0", ""));
  const optional = <T>(values: fc.Arbitrary<T>) => fc.option(values, { nil: undefined });
  const defined = <T extends object>(value: T) =>
    Object.fromEntries(Object.entries(value).filter(([, v]) => v !== undefined)) as {
      [K in keyof T]: Exclude<T[K], undefined>;
    };
  const metrics = fc.record({
    key: optional(text),
    value: optional(fc.double()),
    timestamp: optional(int64),
    step: optional(int64),
  });
  const batches = fc
    .record({
      runId: optional(text),
      metrics: fc.array(metrics.map(defined)),
      params: fc.array(fc.record({ key: optional(text), value: optional(text) }).map(defined)),
      tags: fc.array(fc.record({ key: text, value: text })),
    })
    .map(defined);

  test("what is written is read back the same, from an init shape and from a message", () => {
    fc.assert(
      fc.property(batches, (init) => {
        const message = create(LogBatchSchema, init as MessageInitShape<typeof LogBatchSchema>);
        const written = writeJson(LogBatchSchema, init as MessageInitShape<typeof LogBatchSchema>);
        expect(parseJson(LogBatchSchema, written)).toStrictEqual(message);
        expect(writeJson(LogBatchSchema, message)).toBe(written);
      }),
    );
  });

  test("protobuf's own JSON reader reads what is written the same", () => {
    fc.assert(
      fc.property(metrics.map(defined), (init) => {
        // JSON.parse would round the integers, so they go as text here.
        const written = writeJson(MetricSchema, init).replace(/"(timestamp|step)":(-?\d+)/g, `"$1":"$2"`);
        expect(fromJson(MetricSchema, JSON.parse(written))).toStrictEqual(create(MetricSchema, init));
      }),
    );
  });

  const fields = fc.constantFrom(
    "run_id",
    "runId",
    "metrics",
    "params",
    "tags",
    "key",
    "value",
    "timestamp",
    "step",
    "status",
    "__proto__",
  );
  const { value: anything } = fc.letrec((again) => ({
    value: fc.oneof(
      { depthSize: "small" },
      fc.jsonValue(),
      fc.dictionary(fields, again("value"), { maxKeys: 5 }),
      fc.array(again("value"), { maxLength: 4 }),
      fc.constantFrom("NaN", "1", "RUNNING", "", 1e300, 2 ** 60, -1.5, "\ud800", "\0"),
    ),
  }));

  test.each([LogBatchSchema, LogMetricSchema, UpdateRunSchema, SearchRunsSchema])(
    "whatever JSON arrives for %o is read or refused with a 400",
    (desc) => {
      fc.assert(
        fc.property(fc.dictionary(fields, anything), (body) => {
          try {
            const message = parseJson(desc, JSON.stringify(body));
            expect(parseJson(desc, writeJson(desc, message))).toStrictEqual(message);
          } catch (error) {
            if (!(error instanceof LoggiaError)) throw error;
            expect(error.status).toBe(400);
            expect(error.message.isWellFormed()).toBe(true);
          }
        }),
        { numRuns: 500 },
      );
    },
  );

  test("whatever text arrives is read or refused with a 400; what JSON.parse refuses has a position", () => {
    const edits = fc.tuple(fc.json(), fc.nat(), fc.string({ maxLength: 3 })).map(([json, at, insert]) => {
      const i = at % (json.length + 1);
      return json.slice(0, i) + insert + json.slice(i + (at % 3));
    });
    fc.assert(
      fc.property(fc.oneof(fc.string({ unit: "binary" }), edits), (json) => {
        try {
          parseJson(LogMetricSchema, json);
        } catch (error) {
          if (!(error instanceof LoggiaError)) throw error;
          expect(error.status).toBe(400);
          expect(error.message.isWellFormed()).toBe(true);
        }
      }),
      { numRuns: 2000 },
    );
  });

  test("whatever query arrives is read or refused with a 400", () => {
    const part = fc.oneof(
      fc.constantFrom(
        "filter",
        "max_results",
        "order_by",
        "[]",
        "[0]",
        "=",
        "&",
        "%",
        "%41",
        "+",
        "view_type",
        "1",
      ),
      fc.string({ maxLength: 4 }),
    );
    fc.assert(
      fc.property(fc.array(part), (parts) => {
        try {
          parseQuery(SearchExperimentsSchema, parts.join(""));
        } catch (error) {
          if (!(error instanceof LoggiaError)) throw error;
          expect(error.status).toBe(400);
        }
      }),
      { numRuns: 1000 },
    );
  });
});
