import fc from "fast-check";
import { describe, expect, it, test } from "vitest";
import { fromAddress, parseSearch, printSearch, toAddress } from "../../../web/src/address.ts";
import { byName } from "../../../web/src/format/by-name.ts";
import { safeLink } from "../../../web/src/format/link.ts";
import { count, shortNumber } from "../../../web/src/format/number.ts";
import { ago, duration, isoTime, toSecond } from "../../../web/src/format/time.ts";

describe("a number for reading", () => {
  test.each([
    [0, "0"],
    [-0.5, "−0.5"],
    [0.1 + 0.2, "0.3"],
    [123456789, "123456789"],
    [0.00001234567, "1.2346e−5"],
    [1.5e20, "1.5e20"],
    [Number.NaN, "NaN"],
    [Number.NEGATIVE_INFINITY, "−∞"],
    [0.99999999, "1.00000"],
  ])("of %d is %s", (value, text) => expect(shortNumber(value)).toBe(text));

  it("differs from the value by less than a ten-thousandth of it", () => {
    fc.assert(
      fc.property(fc.double({ noNaN: true, min: -1e300, max: 1e300 }), (value) => {
        const read = Number(shortNumber(value).replaceAll("−", "-"));
        expect(Math.abs(read - value)).toBeLessThanOrEqual(Math.abs(value) * 1e-4);
      }),
    );
  });
});

describe("what is made without Intl, since a page would wait for it", () => {
  it("counts as Intl does", () => {
    const counts = new Intl.NumberFormat("en");
    fc.assert(fc.property(fc.maxSafeNat(), (value) => void expect(count(value)).toBe(counts.format(value))));
  });

  it("tells times as Intl does", () => {
    const seconds = new Intl.DateTimeFormat("en-GB", {
      day: "numeric",
      month: "short",
      year: "numeric",
      hour: "2-digit",
      minute: "2-digit",
      second: "2-digit",
    });
    const times = fc.integer({ min: 0, max: Date.UTC(2100, 0) });
    fc.assert(fc.property(times, (time) => void expect(toSecond(time)).toBe(seconds.format(time))));
  });

  it("orders names as Intl does", () => {
    const names = new Intl.Collator("en", { numeric: true });
    const name = fc.string({ unit: fc.constantFrom("a", "b", "B", "0", "1", "2", "/"), maxLength: 8 });
    fc.assert(
      fc.property(name, name, (a, b) => {
        const order = names.compare(a.toLowerCase(), b.toLowerCase());
        if (order !== 0) expect(Math.sign(byName(a, b))).toBe(order);
      }),
      { numRuns: 2000 },
    );
  });

  it("orders what differs by its case or by zeros alone, too, and always the same", () => {
    expect(["b", "a02", "B", "a2", "A2", "a10"].sort(byName)).toEqual(["A2", "a02", "a2", "a10", "B", "b"]);
  });
});

describe("a time for reading", () => {
  const now = Date.UTC(2026, 5, 15, 12);
  test.each([
    [0, "just now"],
    [61_000, "1 min ago"],
    [3 * 3_600_000, "3 h ago"],
    [25 * 3_600_000, "1 day ago"],
    [6 * 86_400_000, "6 days ago"],
    [20 * 86_400_000, "26 May"],
    [400 * 86_400_000, "11 May 2025"],
  ])("%d ms ago is %s", (past, text) => expect(ago(now - past, now)).toBe(text));

  test.each([
    [999, "999 ms"],
    [4_200, "4.2 s"],
    [185_000, "3 min 05 s"],
    [7_620_000, "2 h 07 min"],
    [100 * 3_600_000, "4 d 4 h"],
  ])("a duration of %d ms is %s", (ms, text) => expect(duration(ms)).toBe(text));

  test.each([
    ["2026-06-15T12:00:00Z", now],
    ["2026-06-15T12:00:00.123456Z", now + 123],
    ["2026-06-15T12:00:00", undefined],
    ["2026-06-15 12:00:00Z", undefined],
    ["on 2026-06-15T12:00:00Z", undefined],
    ["2026-13-45T99:00:00Z", undefined],
    ["7", undefined],
    ["", undefined],
  ])("%j is the time %s", (text, time) => expect(isoTime(text)).toBe(time));
});

describe("an address", () => {
  test.each([
    ["/default/-/ml/experiments", "/p/default/ml/experiments"],
    ["/group/sub/name/-/ml/experiments/3", "/p/group%2Fsub%2Fname/ml/experiments/3"],
    ["/", "/"],
    ["/-/sign-in", "/-/sign-in"],
  ])("%s is %s for the router, and back", (outside, inside) => {
    expect(fromAddress(outside)).toBe(inside);
    expect(toAddress(inside)).toBe(outside);
  });

  it("holds any texts in its search", () => {
    fc.assert(
      fc.property(fc.dictionary(fc.stringMatching(/^[a-z]{1,8}$/), fc.string({ minLength: 1 })), (search) => {
        expect(parseSearch(printSearch(search))).toEqual({ ...search });
      }),
    );
  });
});

test.each([
  ["https://gitlab.example.org/job/1", "https://gitlab.example.org/job/1"],
  ["javascript:alert(1)", undefined],
  ["data:text/html,x", undefined],
  ["//example.org", undefined],
  [undefined, undefined],
])("what is logged as the address %s is a link to %s", (address, link) =>
  expect(safeLink(address)).toBe(link),
);
