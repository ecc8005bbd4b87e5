/** Which part of a table is drawn. Pure, so that a million rows are a matter of arithmetic. */

/** Pixels. Every row is as high, so that a row's place is known without those before it. */
export const rowHeight = 34;

/** Browsers draw nothing beyond some height: Firefox 17.9 million pixels, Chromium 33.5 million. */
const tallest = 15_000_000;

/** Rows drawn above and below what is seen. */
const overscan = 6;

export interface RowWindow {
  first: number;
  /** Exclusive. */
  end: number;
  /** Pixels to add to `row * rowHeight` for the place of a row in the scrolled element. */
  shift: number;
}

/** The height of the scrolled element; beyond `tallest`, a pixel of scrolling is more than a pixel of rows. */
export const scrolledHeight = (rows: number): number => Math.min(rows * rowHeight, tallest);

/** The rows to draw. @param height of what is seen, in pixels. */
export function rowWindow(rows: number, scrollTop: number, height: number): RowWindow {
  const top = rowsTop(rows, scrollTop, height);
  const first = Math.max(0, Math.floor(top / rowHeight) - overscan);
  const end = Math.min(rows, Math.ceil((top + height) / rowHeight) + overscan);
  return { first, end: Math.max(first, end), shift: scrollTop - top };
}

/** How far the rows themselves are scrolled. */
function rowsTop(rows: number, scrollTop: number, height: number): number {
  const full = rows * rowHeight;
  if (full <= tallest) return scrollTop;
  return (scrollTop * (full - height)) / (tallest - height);
}

/** The scrollTop at which a row is seen whole, as near to the present one as can be. */
export function scrollTopFor(row: number, rows: number, scrollTop: number, height: number): number {
  const top = rowsTop(rows, scrollTop, height);
  const start = row * rowHeight;
  const wanted = start < top ? start : start + rowHeight > top + height ? start + rowHeight - height : top;
  if (wanted === top) return scrollTop;
  const full = rows * rowHeight;
  return full <= tallest ? wanted : (wanted * (tallest - height)) / (full - height);
}

export interface ColumnWindow {
  first: number;
  /** Exclusive. */
  end: number;
}

/**
 * The columns to draw, those that are pinned left out.
 * @param starts where each column begins, and at the end where the last one ends, in pixels.
 * @param left the first pixel that is seen. @param width of what is seen beside the pinned columns.
 */
export function columnWindow(starts: readonly number[], left: number, width: number): ColumnWindow {
  const count = starts.length - 1;
  const first = Math.max(0, lastAtOrBefore(starts, left) - 1);
  const end = Math.min(count, lastAtOrBefore(starts, left + width) + 2);
  return { first: Math.min(first, count), end };
}

/** The last index whose value is at most `value`; 0 when there is none. */
function lastAtOrBefore(values: readonly number[], value: number): number {
  let low = 0;
  let high = values.length - 1;
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if ((values[middle] ?? 0) <= value) low = middle;
    else high = middle - 1;
  }
  return low;
}

/** Where columns of these widths begin; one more than there are widths. */
export function startsOf(widths: readonly number[]): number[] {
  const starts = [0];
  for (const width of widths) starts.push((starts.at(-1) ?? 0) + width);
  return starts;
}
