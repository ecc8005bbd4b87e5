import { describe, expect, it } from "vitest";
import { byUse, commonOf } from "../../../web/src/api/key-use.ts";

const used = (key: string, runCount: number) => ({ key, runCount });

describe("the keys that candidates have", () => {
  it("stand in the order of how many have them", () => {
    expect(byUse([used("a", 1), used("b", 3), used("c", 2)])).toEqual(["b", "c", "a"]);
  });

  it("are common unless ten times as many candidates have another", () => {
    expect(commonOf([used("loss", 96), used("layer/1", 1), used("f1", 10)])).toEqual(["loss", "f1"]);
    expect(commonOf([used("a", 1), used("b", 2)])).toEqual(["b", "a"]);
    expect(commonOf([])).toEqual([]);
  });
});
