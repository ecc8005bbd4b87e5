import { describe, expect, it } from "vitest";
import { select } from "../../../src/http/conditional.ts";

const etag = '"aa"';
const modified = new Date("2026-03-01T12:00:00.700Z");
const date = "Sun, 01 Mar 2026 12:00:00 GMT";
const of = (headers: Record<string, string>, size = 10) => select(headers, { etag, modified, size });
const part = (start: number, end: number) => ({ status: 206, range: { start, end } });

describe("a range", () => {
  it.each([
    ["bytes=0-0", part(0, 1)],
    ["bytes=0-9", part(0, 10)],
    ["bytes=2-", part(2, 10)],
    ["bytes=-3", part(7, 10)],
    ["bytes=-100", part(0, 10)],
    ["bytes=5-100", part(5, 10)],
    ["Bytes=5-6", part(5, 7)],
    ["bytes=10-", { status: 416 }],
    ["bytes=100-200", { status: 416 }],
    ["bytes=-0", { status: 416 }],
    ["bytes=0-1,3-4", { status: 200 }],
    ["bytes=5-2", { status: 200 }],
    ["bytes=-", { status: 200 }],
    ["bytes=a-b", { status: 200 }],
    ["lines=0-1", { status: 200 }],
    ["bytes=99999999999999999999-", { status: 200 }],
    ["", { status: 200 }],
  ])("%j of ten bytes selects %j", (range, selection) => {
    expect(of({ range })).toEqual(selection);
  });

  it("of an empty file is beyond its end", () => {
    expect(of({ range: "bytes=0-" }, 0)).toEqual({ status: 416 });
    expect(of({ range: "bytes=-1" }, 0)).toEqual({ status: 416 });
  });

  it("holds only while If-Range names the same file", () => {
    const range = "bytes=1-2";
    expect(of({ range, "if-range": etag })).toEqual(part(1, 3));
    expect(of({ range, "if-range": date })).toEqual(part(1, 3));
    expect(of({ range, "if-range": '"bb"' })).toEqual({ status: 200 });
    expect(of({ range, "if-range": `W/${etag}` })).toEqual({ status: 200 });
    expect(of({ range, "if-range": "Sun, 01 Mar 2026 11:59:59 GMT" })).toEqual({ status: 200 });
  });
});

describe("a validator", () => {
  it.each([
    [{ "if-none-match": etag }, 304],
    [{ "if-none-match": `W/${etag}` }, 304],
    [{ "if-none-match": `"x", ${etag}` }, 304],
    [{ "if-none-match": "*" }, 304],
    [{ "if-none-match": '"x"' }, 200],
    [{ "if-none-match": "aa" }, 200],
    [{ "if-modified-since": date }, 304],
    [{ "if-modified-since": "Sun, 01 Mar 2026 12:00:01 GMT" }, 304],
    [{ "if-modified-since": "Sun, 01 Mar 2026 11:59:59 GMT" }, 200],
    [{ "if-modified-since": "yesterday" }, 200],
    [{ "if-none-match": '"x"', "if-modified-since": date }, 200],
    [{ "if-none-match": etag, range: "bytes=0-1" }, 304],
  ])("%j gives %i", (headers, status) => {
    expect(of(headers as Record<string, string>).status).toBe(status);
  });
});
