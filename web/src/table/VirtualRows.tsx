import { type ReactNode, useRef } from "react";
import { useWindow } from "./useWindow.ts";
import styles from "./VirtualRows.module.css";
import { rowHeight, scrolledHeight } from "./window.ts";

const noColumns: readonly number[] = [0];

/**
 * A table to read, of any number of rows, of which those in sight are drawn. The arrow keys scroll it.
 * @param starts where its columns begin and the last one ends, in pixels, if not all of them are drawn.
 * @param row the cells of a row, of the columns from `first` to `end`.
 */
export function VirtualRows({
  label,
  count,
  starts = noColumns,
  head,
  row,
  className = "",
}: {
  label: string;
  count: number;
  starts?: readonly number[];
  head: (first: number, end: number) => ReactNode;
  row: (index: number, first: number, end: number) => ReactNode;
  /** Of each row, the head included: how its cells stand. */
  className?: string | undefined;
}) {
  const element = useRef<HTMLElement>(null);
  const drawn = useWindow(element, { rows: count, starts, frozen: 0, head: rowHeight + 1 });
  const { first, end } = drawn.columns;
  const width = starts.at(-1) || undefined;
  const place = width === undefined ? {} : { width, paddingLeft: starts[first] };
  const rows = [];
  for (let index = drawn.first; index < Math.min(drawn.end, count); index++)
    rows.push(
      <div
        key={index}
        role="row"
        aria-rowindex={index + 2}
        data-row={index}
        className={`${styles.row} ${className}`}
        style={{ ...place, top: index * rowHeight + drawn.shift }}
      >
        {row(index, first, end)}
      </div>,
    );
  return (
    <section
      ref={element}
      className={styles.frame}
      aria-label={label}
      // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls can be scrolled with the keyboard
      tabIndex={0}
      style={{ "--rows": count } as React.CSSProperties}
    >
      <div role="table" aria-label={label} aria-rowcount={count + 1}>
        <div role="rowgroup" className={styles.head} style={{ width }}>
          <div role="row" aria-rowindex={1} className={`${styles.headRow} ${className}`} style={place}>
            {head(first, end)}
          </div>
        </div>
        <div role="rowgroup" className={styles.body} style={{ width, height: scrolledHeight(count) }}>
          {rows}
        </div>
      </div>
    </section>
  );
}
