import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { bytes } from "../../../web/src/format/bytes.ts";
import { parseCsv } from "../../../web/src/format/csv.ts";
import { indented } from "../../../web/src/format/json.ts";
import { foldersAbove, keyMove, type Node, rowsOf } from "../../../web/src/pages/candidate/artifacts/tree.ts";
import { loadSnippets, modelFacts } from "../../../web/src/pages/candidate/models/mlmodel.ts";

test("sizes are short, and never 1000 of a unit", () => {
  expect([0, 999, 1000, 1500, 9_949, 20_000_000, 999_999, 3e15].map(bytes)).toEqual([
    "0 B",
    "999 B",
    "1 kB",
    "1.5 kB",
    "9.9 kB",
    "20 MB",
    "1.0 MB",
    "3 PB",
  ]);
});

describe("JSON", () => {
  test("is indented as JSON.stringify does it", () => {
    fc.assert(
      fc.property(fc.oneof(fc.dictionary(fc.string(), fc.jsonValue()), fc.array(fc.jsonValue())), (value) => {
        expect(indented(JSON.stringify(value))).toBe(JSON.stringify(value, null, 2));
      }),
    );
  });

  test("keeps the digits of numbers, and Python's words for what JSON has none for", () => {
    expect(indented('{"a":1.10,"b":[NaN,-Infinity]}')).toBe(
      '{\n  "a": 1.10,\n  "b": [\n    NaN,\n    -Infinity\n  ]\n}',
    );
  });

  test("is left as it is when it is something else", () => {
    for (const text of ["", "text", "{", '{"a":1}\n{"b":2}', "[1}", "12"])
      expect(indented(text)).toBeUndefined();
  });
});

describe("CSV", () => {
  test("reads what was written by its rules, whatever the fields hold", () => {
    const field = fc.string();
    const records = fc.array(fc.array(field, { minLength: 2, maxLength: 5 }), { maxLength: 8 });
    fc.assert(
      fc.property(
        records,
        fc.constantFrom(",", "\t"),
        fc.constantFrom("\n", "\r\n"),
        (rows, delimiter, end) => {
          const quoted = (text: string) => `"${text.replaceAll('"', '""')}"`;
          const text = rows.map((row) => row.map(quoted).join(delimiter)).join(end);
          expect(parseCsv(text, delimiter)).toEqual(rows);
        },
      ),
    );
  });

  test("reads plain fields, empty ones at the ends of lines too, and no empty lines", () => {
    expect(parseCsv("\ufeffa,b\n1,\n\n,2\n", ",")).toEqual([
      ["a", "b"],
      ["1", ""],
      ["", "2"],
    ]);
    expect(parseCsv("a,", ",")).toEqual([["a", ""]]);
    expect(parseCsv('"never closed', ",")).toEqual([["never closed"]]);
  });
});

describe("the tree of artifacts", () => {
  const artifact = (path: string, isFolder = false) => ({
    path,
    name: path.slice(path.lastIndexOf("/") + 1),
    isFolder,
    size: 1,
  });
  const inside = (folder: string) =>
    ({
      "": [artifact("a", true), artifact("z.txt")],
      a: [artifact("a/b", true), artifact("a/c.txt")],
      "a/b": [],
    })[folder];
  const rows = rowsOf(inside, (folder) => folder === "a");

  test("has the rows of open folders below them", () => {
    expect(rows.map(({ artifact, level, isOpen }) => [artifact.path, level, isOpen])).toEqual([
      ["a", 1, true],
      ["a/b", 2, false],
      ["a/c.txt", 2, undefined],
      ["z.txt", 1, undefined],
    ]);
    expect(foldersAbove("a/b/c.txt")).toEqual(["", "a", "a/b"]);
    expect(foldersAbove("c.txt")).toEqual([""]);
  });

  test("is walked by the keys of a tree view", () => {
    const press = (at: number, key: string, of: readonly Node[] = rows) => keyMove(of, at, key);
    expect(press(0, "ArrowRight")).toEqual({ to: 1 });
    expect(press(1, "ArrowRight")).toEqual({ open: 1 });
    expect(press(2, "ArrowRight")).toBeUndefined();
    expect(press(2, "ArrowLeft")).toEqual({ to: 0 });
    expect(press(0, "ArrowLeft")).toEqual({ close: 0 });
    expect(press(3, "ArrowDown")).toEqual({ to: 3 });
    expect(press(0, "End")).toEqual({ to: 3 });
    expect(press(0, "z")).toEqual({ to: 3 });
    expect(press(3, "c")).toEqual({ to: 2 });
    expect(press(2, "Enter")).toEqual({ choose: 2 });
    expect(press(0, "Enter", [])).toBeUndefined();
  });
});

describe("an MLmodel file", () => {
  test("tells flavors, columns, tensors and what is optional", () => {
    const facts = modelFacts({
      flavors: { sklearn: { sklearn_version: "1.2.2", code: null }, python_function: {} },
      model_size_bytes: 1400,
      signature: {
        inputs: '[{"name":"w","type":"double"},{"name":"l","type":"string","required":false}]',
        outputs: '[{"type":"tensor","tensor-spec":{"dtype":"int64","shape":[-1,2]}}]',
        params: '[{"name":"t","type":"double","default":0.5,"shape":null}]',
      },
    });
    expect(facts.flavors).toEqual([
      { name: "sklearn", facts: [["sklearn_version", "1.2.2"]] },
      { name: "python_function", facts: [] },
    ]);
    expect(facts.inputs?.map(({ name, type, isOptional }) => [name, type, isOptional])).toEqual([
      ["w", "double", false],
      ["l", "string", true],
    ]);
    expect(facts.outputs?.[0]?.type).toBe("tensor(int64, −1 × 2)");
    expect(facts.params?.[0]?.usual).toBe("0.5");
    expect(facts.size).toBe(1400);
  });

  test("that is anything else tells nothing, and breaks nothing", () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        expect(Array.isArray(modelFacts(value).flavors)).toBe(true);
        modelFacts({ flavors: value, signature: { inputs: JSON.stringify(value), outputs: value } });
      }),
    );
  });

  test("gives the code to paste no line of its own", () => {
    const [snippet] = loadSnippets('runs:/x/a"\nimport os #', "http://h", [
      { name: "os; evil", facts: [] },
      { name: "python_function", facts: [] },
    ]);
    expect(snippet?.code.split("\n")).toHaveLength(5);
    expect(snippet?.code).toContain('load_model("runs:/x/a\\"\\nimport os #")');
    expect(snippet?.code).not.toContain("evil");
  });
});
