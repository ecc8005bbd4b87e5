import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseRunFilter } from "../../../src/search/runs.ts";
import { complete } from "../../../web/src/filter/complete.ts";
import { quotedKey, quotedValue } from "../../../web/src/filter/quote.ts";

const vocabulary = {
  metrics: ["loss", "val/loss", "accuracy"],
  params: ["model", "learning rate"],
  tags: ["team"],
};

/** The completions at the `|` of a text, and what they take the place of. */
function at(marked: string) {
  const caret = marked.indexOf("|");
  const found = complete(marked.replace("|", ""), caret, vocabulary);
  return {
    ...found,
    texts: found.options.map(({ text }) => text),
    replaced: marked.slice(found.start, found.end),
  };
}

describe("a filter is completed", () => {
  it("with fields at the beginning and after AND", () => {
    expect(at("|").texts).toContain("metrics.loss");
    expect(at("metrics.loss < 1 and |").texts).toContain("params.model");
    expect(at("metrics.loss < 1 and |").texts).not.toContain("AND");
  });

  it("with the fields whose name begins with what is typed, before those that hold it", () => {
    expect(at("los|")).toMatchObject({ texts: ["metrics.loss", "metrics.`val/loss`"], replaced: "los" });
    expect(at("params.l|")).toMatchObject({ texts: ["params.`learning rate`"], replaced: "params.l" });
    expect(at("params.`learning r|")).toMatchObject({
      texts: ["params.`learning rate`"],
      replaced: "params.`learning r",
    });
  });

  it("with the comparators that the field has", () => {
    expect(at("metrics.loss |").texts).toEqual(["=", "!=", ">", ">=", "<", "<="]);
    expect(at("params.model |").texts).toEqual(["=", "!=", "LIKE", "ILIKE", "IS NULL", "IS NOT NULL"]);
    expect(at("params.model li|")).toMatchObject({ texts: ["LIKE"], replaced: "li" });
  });

  it("with values of the column, which the server is to be asked for", () => {
    expect(at("params.model = |").values).toEqual({ kind: "param", key: "model", prefix: "" });
    expect(at("params.`learning rate` = '0.|")).toMatchObject({
      values: { kind: "param", key: "learning rate", prefix: "0." },
      replaced: "'0.",
    });
    expect(at("metrics.loss < |")).toMatchObject({ texts: [] });
    expect(at("nonsense.x = |").values).toBeUndefined();
  });

  it("with the statuses there are, and with AND after a clause", () => {
    expect(at("status = 'F|")).toMatchObject({ texts: ["'FINISHED'", "'FAILED'"], replaced: "'F" });
    expect(at("metrics.loss < 1 |").texts).toEqual(["AND"]);
    expect(at("params.model = 'tree' a|")).toMatchObject({ texts: ["AND"], replaced: "a" });
    expect(at("params.model IS |").texts).toEqual(["NULL", "NOT NULL"]);
  });

  it("without ever failing, at any place of any text", () => {
    const pieces = fc.constantFrom(
      "metrics.loss",
      "params.`a b",
      "'",
      '"',
      "=",
      "<",
      "AND",
      "1",
      " ",
      "(",
      "IS",
      "`",
      "é",
    );
    fc.assert(
      fc.property(fc.array(pieces, { maxLength: 12 }), fc.nat(), (parts, place) => {
        const text = parts.join(" ");
        const caret = place % (text.length + 1);
        const { start, end } = complete(text, caret, vocabulary);
        expect(start).toBeLessThanOrEqual(end);
        expect(end).toBe(caret);
      }),
    );
  });
});

describe("what is put in", () => {
  it("is read back by the server as the key and the value that were meant", () => {
    const key = fc.stringMatching(/^[\w/ .-]{1,20}$/).filter((text) => text.trim() === text);
    const value = fc
      .stringMatching(/^[\w/ .'-]{0,20}$/)
      .filter((text) => !/['\\]$/.test(text) && !text.includes("''"));
    fc.assert(
      fc.property(key, value, (key, value) => {
        expect(parseRunFilter(`params.${quotedKey(key)} = ${quotedValue(value)}`)).toEqual([
          { kind: "param", key, op: "=", value },
        ]);
      }),
    );
  });
});
