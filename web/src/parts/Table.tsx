import type { ReactNode } from "react";
import { Icon } from "./Icon.tsx";
import styles from "./Table.module.css";

export const tableStyles = styles;

/** A table that fits a page, in a frame that scrolls when it is too wide. */
export const Table = ({ label, children }: { label: string; children: ReactNode }) => (
  <div className={styles.frame}>
    <table className={styles.table} aria-label={label}>
      {children}
    </table>
  </div>
);

export interface Sorting<Key extends string> {
  key: Key;
  descending: boolean;
}

/** The head of a column by which the rows can be sorted. */
export function SortHead<Key extends string>({
  column,
  sorting,
  onSort,
  className,
  children,
}: {
  column: Key;
  sorting: Sorting<Key>;
  onSort: (sorting: Sorting<Key>) => void;
  className?: string | undefined;
  children: ReactNode;
}) {
  const isSorted = sorting.key === column;
  const order = sorting.descending ? "descending" : "ascending";
  return (
    <th scope="col" className={className} aria-sort={isSorted ? order : "none"}>
      <button
        type="button"
        className={styles.sort}
        data-sorted={isSorted || undefined}
        onClick={() =>
          onSort({ key: column, descending: isSorted ? !sorting.descending : column !== "name" })
        }
      >
        {children}
        <Icon name={isSorted && !sorting.descending ? "up" : "down"} />
      </button>
    </th>
  );
}
