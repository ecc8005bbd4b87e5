import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  columnWindow,
  rowHeight,
  rowWindow,
  scrolledHeight,
  scrollTopFor,
  startsOf,
} from "../../../web/src/table/window.ts";

const height = 700;
const rowCounts = fc.integer({ min: 100, max: 5_000_000 });

describe("the window of rows", () => {
  it("covers what is seen, wherever one has scrolled to, and little more", () => {
    fc.assert(
      fc.property(rowCounts, fc.double({ min: 0, max: 1, noNaN: true }), (rows, share) => {
        const scrollTop = share * (scrolledHeight(rows) - height);
        const { first, end, shift } = rowWindow(rows, scrollTop, height);
        expect(end - first).toBeLessThan(height / rowHeight + 16);
        // The first row begins at or above the top edge, the last one ends at or below the bottom edge.
        expect(first * rowHeight + shift).toBeLessThanOrEqual(scrollTop + 1);
        expect(end * rowHeight + shift).toBeGreaterThanOrEqual(scrollTop + height - 1);
      }),
    );
  });

  it("reaches the last of millions of rows, though browsers draw nothing so tall", () => {
    const rows = 10_000_000;
    expect(scrolledHeight(rows)).toBeLessThan(17_000_000);
    expect(rowWindow(rows, scrolledHeight(rows) - height, height).end).toBe(rows);
    expect(rowWindow(rows, 0, height).first).toBe(0);
  });

  it("is scrolled so that a row which is asked for is seen whole", () => {
    fc.assert(
      fc.property(rowCounts, fc.nat(), fc.nat(), (rows, from, to) => {
        const row = to % rows;
        const scrollTop = scrollTopFor(row, rows, from % (scrolledHeight(rows) - height), height);
        const { shift } = rowWindow(rows, scrollTop, height);
        const top = row * rowHeight + shift - scrollTop;
        expect(top).toBeGreaterThanOrEqual(-0.01);
        expect(top + rowHeight).toBeLessThanOrEqual(height + 0.01);
      }),
    );
  });
});

describe("the window of columns", () => {
  it("covers what is seen of columns of any widths", () => {
    const widths = fc.array(fc.integer({ min: 56, max: 900 }), { minLength: 1, maxLength: 1200 });
    fc.assert(
      fc.property(widths, fc.double({ min: 0, max: 1, noNaN: true }), (widths, share) => {
        const starts = startsOf(widths);
        const total = starts.at(-1) ?? 0;
        const left = share * Math.max(0, total - 1000);
        const { first, end } = columnWindow(starts, left, 1000);
        expect(starts[first] ?? 0).toBeLessThanOrEqual(left);
        expect(starts[end] ?? 0).toBeGreaterThanOrEqual(Math.min(total, left + 1000));
      }),
    );
  });
});
