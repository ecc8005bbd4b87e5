import { memo } from "react";
import { titleOnHover } from "../parts/title-on-hover.ts";
import type { GridColumn } from "./column.ts";
import styles from "./Grid.module.css";
import { rowHeight } from "./window.ts";

/** A column as it is drawn: where it stands, and what it adds before itself. */
export interface DrawnColumn<Row> {
  column: GridColumn<Row>;
  /** Its number among all columns, from 0. */
  index: number;
  /** Pixels from the left for a pinned one. */
  left?: number;
  /** Pixels of columns before it that are not drawn. */
  gap?: number;
  /** Whether it is the last that is pinned. */
  isEdge?: boolean;
}

/** Pixels of the column of check boxes. */
export const selectWidth = 38;

export const cellId = (grid: string, row: number, column: string) => `${grid}-${row}-${column}`;

interface RowProps<Row> {
  grid: string;
  index: number;
  /** undefined while it is on its way. */
  row: Row | undefined;
  columns: readonly DrawnColumn<Row>[];
  /** Pixels. */
  width: number;
  shift: number;
  isSelected: boolean;
  isFaded: boolean;
  /** The column of the active cell, when it is in this row. */
  activeColumn: string | undefined;
  level: number | undefined;
  isExpanded: boolean | undefined;
  label: string;
}

function Row<R>({ grid, index, row, columns, width, shift, activeColumn, ...rest }: RowProps<R>) {
  return (
    <div
      role="row"
      className={styles.row}
      data-row={index}
      data-active={activeColumn === undefined ? undefined : ""}
      data-faded={rest.isFaded ? "" : undefined}
      aria-rowindex={index + 2}
      aria-selected={rest.isSelected}
      aria-level={rest.level}
      aria-expanded={rest.isExpanded}
      style={{ top: index * rowHeight + shift, width }}
    >
      <div role="gridcell" className={`${styles.cell} ${styles.select} ${styles.pinned}`} style={{ left: 0 }}>
        <input
          type="checkbox"
          tabIndex={-1}
          data-select=""
          aria-label={`Select ${rest.label}`}
          checked={rest.isSelected}
          readOnly
          disabled={row === undefined}
        />
      </div>
      {columns.map(({ column, left, gap, isEdge }) => (
        <div
          key={column.id}
          id={cellId(grid, index, column.id)}
          role="gridcell"
          data-active-cell={activeColumn === column.id ? "" : undefined}
          className={`${styles.cell} ${column.isNumeric ? styles.numeric : ""} ${left === undefined ? "" : styles.pinned} ${isEdge ? styles.edge : ""}`}
          style={{ width: column.width, left, marginLeft: gap }}
          {...titleOnHover(() => (row === undefined ? undefined : column.text(row)))}
        >
          {row === undefined ? <span className={styles.waiting} /> : column.cell(row)}
        </div>
      ))}
    </div>
  );
}

export const GridRow = memo(Row) as typeof Row;
