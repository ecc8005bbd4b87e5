import type { ReactNode } from "react";

/** A column of a grid. */
export interface GridColumn<Row> {
  id: string;
  title: string;
  /** Columns that follow each other and have the same group share a heading. */
  group?: string | undefined;
  /** Pixels. */
  width: number;
  /** Whether it stays at the left; those come first. */
  isPinned: boolean;
  isNumeric?: boolean;
  isSortable: boolean;
  cell: (row: Row) => ReactNode;
  /** The value in full: shown on hover and copied. */
  text: (row: Row) => string | undefined;
}

export interface GridSort {
  column: string;
  descending: boolean;
}

export const narrowest = 56;
export const widest = 900;
