import { describe, expect, it } from "vitest";
import { attachment } from "../../../src/http/content-disposition.ts";
import { contentType } from "../../../src/http/content-type.ts";

describe("the name of a download", () => {
  it.each([
    ["a.txt", 'attachment; filename="a.txt"'],
    ["two words.txt", 'attachment; filename="two words.txt"'],
    ['say "hi".txt', 'attachment; filename="say \\"hi\\".txt"'],
    ["é.txt", "attachment; filename=\"e.txt\"; filename*=UTF-8''%C3%A9.txt"],
    ["日本.png", "attachment; filename=\"__.png\"; filename*=UTF-8''%E6%97%A5%E6%9C%AC.png"],
    ["50%.txt", "attachment; filename=\"50%.txt\"; filename*=UTF-8''50%25.txt"],
    ["é'(1)*.txt", "attachment; filename=\"e'(1)*.txt\"; filename*=UTF-8''%C3%A9%27%281%29%2A.txt"],
  ])("%s is sent as %s", (name, header) => {
    expect(attachment(name)).toBe(header);
  });

  it("is always one line of ASCII, whatever the file is called", () => {
    for (const name of ["a\r\nset-cookie: x", "\u2028", "🦊", "\u0000"])
      expect(attachment(name.toWellFormed())).toMatch(/^[\x20-\x7e]*$/);
  });
});

describe("the type of a download", () => {
  const text = "text/plain; charset=utf-8";

  it.each([
    ["a.txt", text],
    ["A.YAML", text],
    ["MLmodel", text],
    ["page.html", text],
    ["page.xhtml", text],
    ["feed.xml", text],
    ["code.js", text],
    ["plot.png", "image/png"],
    ["plot.JPG", "image/jpeg"],
    ["plot.svg", "image/svg+xml"],
    ["model.pkl", "application/octet-stream"],
    ["none", "application/octet-stream"],
    [".txt", "application/octet-stream"],
    ["a.constructor", "application/octet-stream"],
    ["a.__proto__", "application/octet-stream"],
  ])("of %s is %s", (name, type) => {
    expect(contentType(name)).toBe(type);
  });
});
