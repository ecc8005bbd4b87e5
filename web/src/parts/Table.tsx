import type { ComponentProps, ReactNode } from "react";
import { Icon } from "./Icon.tsx";
import styles from "./Table.module.css";

export const tableStyles = styles;

/**
 * A table that fits a page, in a frame that scrolls when it is too wide. On a phone each row is a card: its first cell is the title,
 * what can be done with it stands at the top right, and the other cells flow below. The heads that sort stay above the cards.
 */
export const Table = ({
  label,
  heads,
  keepsColumns,
  children,
}: {
  label: string;
  heads: ReactNode;
  /** Whether it is a table on a phone too, as one of two or three short columns can be. */
  keepsColumns?: boolean;
  children: ReactNode;
}) => (
  <div className={styles.frame}>
    {/* The roles here and below are said because some browsers take them from elements that are laid out as cards. */}
    <table role="table" className={styles.table} data-keeps-columns={keepsColumns} aria-label={label}>
      <thead role="rowgroup">
        <Row>{heads}</Row>
      </thead>
      <tbody role="rowgroup">{children}</tbody>
    </table>
  </div>
);

export const Row = (props: ComponentProps<"tr">) => <tr role="row" {...props} />;

export const Head = (props: ComponentProps<"th">) => <th role="columnheader" scope="col" {...props} />;

/** The head of what can be done with the rows. */
export const ActionsHead = () => (
  <Head>
    <span className="visually-hidden">Actions</span>
  </Head>
);

/** Its `data-before` and `data-after` are words that a card says beside the value, where nobody would understand it without its head. */
export const Cell = (props: ComponentProps<"td">) => <td role="cell" {...props} />;

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
    <Head className={className} aria-sort={isSorted ? order : "none"}>
      <button
        type="button"
        className={styles.sort}
        onClick={() =>
          onSort({ key: column, descending: isSorted ? !sorting.descending : column !== "name" })
        }
      >
        {children}
        <Icon name={isSorted && !sorting.descending ? "up" : "down"} />
      </button>
    </Head>
  );
}
