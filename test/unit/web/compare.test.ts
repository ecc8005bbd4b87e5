import { describe, expect, it } from "vitest";
import {
  bestOf,
  mostRuns,
  parseComparison,
  printComparison,
  rowsOf,
  usualBest,
} from "../../../web/src/pages/compare/compare.ts";

describe("a comparison", () => {
  it("has a row for each key of any run, and says where runs differ, also in lacking it", () => {
    const rows = rowsOf([
      new Map([
        ["b", "1"],
        ["a2", "x"],
      ]),
      new Map([
        ["b", "1"],
        ["a10", "x"],
      ]),
    ]);
    expect(rows).toEqual([
      { key: "a2", values: ["x", undefined], isDifferent: true },
      { key: "a10", values: [undefined, "x"], isDifferent: true },
      { key: "b", values: ["1", "1"], isDifferent: false },
    ]);
  });

  it("takes NaN for the same as NaN", () => {
    expect(rowsOf([new Map([["a", Number.NaN]]), new Map([["a", Number.NaN]])])[0]?.isDifferent).toBe(false);
  });

  it.each([
    ["val_loss", "least"],
    ["train/rmse", "least"],
    ["wer", "least"],
    ["accuracy", "greatest"],
    ["glossary", "greatest"],
    ["f1", "greatest"],
  ])("expects of %s that the %s is best", (key, best) => expect(usualBest(key)).toBe(best));

  it("marks all that are best, and none where there is nothing to choose", () => {
    expect([...bestOf([3, 1, undefined, 1, Number.NaN], "least")]).toEqual([1, 3]);
    expect([...bestOf([3, Number.POSITIVE_INFINITY], "greatest")]).toEqual([1]);
    expect([...bestOf([2, 2], "least"), ...bestOf([2, undefined, Number.NaN], "least")]).toEqual([]);
  });

  it("is in its address, up to as many runs as are compared, each once", () => {
    const chosen = {
      runs: ["a1", "b2"],
      isDifferent: true,
      find: "lr",
      best: new Map([["odd,key:x", "least" as const]]),
    };
    expect(parseComparison(printComparison(chosen))).toEqual(chosen);
    const many = Array.from({ length: 80 }, (_, at) => `run${at}`);
    expect(parseComparison({ runs: [...many, ...many, "<img>"].join(",") }).runs).toEqual(
      many.slice(0, mostRuns),
    );
  });
});
