import { describe, expect, test } from "vitest";
import { checkMetricName, checkParam, checkStorable, checkTag } from "../../../src/services/names.ts";

describe("a name", () => {
  test.each([
    "a",
    "a b",
    "A-1_2.3/4",
    "é",
    "名前",
    "٣",
    "²",
    "mlflow.source.git.commit",
    " ",
    "a..b",
    ".a",
    "a/.b",
    "-",
  ])("%j may be used", (name) => {
    expect(() => checkMetricName(name)).not.toThrow();
  });

  test.each(["a$", "a:b", "a\tb", "a\n", "e\u0301", "😀", "a\\b", "'", "a\u00a0b", "\0"])(
    "%j has a character that is not allowed",
    (name) => {
      expect(() => checkMetricName(name)).toThrow(
        `Invalid metric name: '${name}'. Names may only contain alphanumerics, underscores (_), dashes (-), periods (.), spaces ( ), and slashes (/).`,
      );
    },
  );

  test.each([
    ["", "."],
    [".", "."],
    ["..", ".."],
    ["...", "..."],
    ["..a", "..a"],
    ["/", "/"],
    ["/a", "/a"],
    ["//a", "//a"],
    ["///a", "/a"],
    ["a//b", "a/b"],
    ["a/", "a"],
    ["./a", "a"],
    ["a/../b", "b"],
    ["a/..", "."],
    ["../a", "../a"],
    ["a/../../b", "../b"],
    ["/../a", "/a"],
  ])("%j is refused, since as a path it is %j", (name, resolved) => {
    expect(() => checkTag(name, "")).toThrow(
      `Invalid tag name: '${name}'. Names may be treated as files in certain cases, and must not resolve to other names when treated as such. This name would resolve to '${resolved}'`,
    );
  });
});

test("lengths count code points, and the message is cut to 250 of them", () => {
  const clef = "\u{1d49e}"; // a letter of two UTF-16 units
  expect(() => checkParam(clef.repeat(250), clef.repeat(500))).not.toThrow();
  expect(() => checkParam(clef.repeat(251), "")).toThrow(
    `Param key '${clef.repeat(250)}' had length 251, which exceeded length limit of 250`,
  );
  expect(() => checkParam("p", clef.repeat(501))).toThrow(
    `Param value '${clef.repeat(250)}' had length 501, which exceeded length limit of 500`,
  );
});

test("text with a NUL or half of a surrogate pair is refused", () => {
  for (const text of ["\0", "a\ud800", "\udc00b"])
    expect(() => checkStorable("value", text)).toThrow(
      "The parameter 'value' holds a NUL character or half of a surrogate pair.",
    );
  expect(() => checkStorable("value", "😀")).not.toThrow();
});
