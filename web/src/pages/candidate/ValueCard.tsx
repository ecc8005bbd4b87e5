import { type ReactNode, useMemo, useState } from "react";
import { Button } from "../../parts/Button.tsx";
import { SearchBox } from "../../parts/Field.tsx";
import { Cell } from "../../table/Cell.tsx";
import { VirtualRows } from "../../table/VirtualRows.tsx";
import { Card, Nothing } from "./Card.tsx";
import styles from "./values.module.css";

/** So many are found by looking. */
const fewEnough = 10;

/** A column: its cells stand as the class of the rows lays them out. */
export interface ValueColumn<Value> {
  title: string;
  isNumeric?: boolean;
  /** Whether it is left out on a phone. */
  isWide?: boolean;
  cell: (value: Value) => ReactNode;
}

/** A card with all that was logged of a kind, and a box to search in their keys when there are many. */
export function ValueCard<Value extends { key: string }>({
  title,
  values,
  columns,
  tools,
  actions,
  layout = "",
  empty,
  children,
}: {
  title: string;
  values: readonly Value[];
  columns: readonly ValueColumn<Value>[];
  /** Beside the heading. */
  tools?: ReactNode;
  /** At the end of each row. */
  actions: (value: Value) => ReactNode;
  layout?: string | undefined;
  /** What is said when there are none. */
  empty: ReactNode;
  /** Below the rows. */
  children?: ReactNode;
}) {
  const [search, setSearch] = useState("");
  const found = useMemo(() => {
    const wanted = search.trim().toLowerCase();
    return wanted === "" ? values : values.filter(({ key }) => key.toLowerCase().includes(wanted));
  }, [values, search]);
  const isSearched = values.length > fewEnough;
  return (
    <Card
      flush
      title={title}
      count={values.length}
      tools={
        <>
          {isSearched ? (
            <SearchBox
              className={styles.search ?? ""}
              label={`Find in ${title.toLowerCase()}`}
              value={search}
              onChange={(event) => setSearch(event.target.value)}
            />
          ) : null}
          {tools}
        </>
      }
    >
      {values.length === 0 ? (
        <Nothing>{empty}</Nothing>
      ) : found.length === 0 ? (
        <Nothing>
          Nothing here is called “{search}”.{" "}
          <Button kind="quiet" onClick={() => setSearch("")}>
            Clear
          </Button>
        </Nothing>
      ) : (
        <VirtualRows
          label={title}
          count={found.length}
          className={`${styles.cells} ${layout}`}
          head={() => (
            <>
              {columns.map(({ title, isNumeric, isWide }) => (
                <Cell key={title} role="columnheader" isNumeric={isNumeric} isWide={isWide}>
                  {title}
                </Cell>
              ))}
              <Cell role="columnheader">
                <span className="visually-hidden">Actions</span>
              </Cell>
            </>
          )}
          row={(index) => {
            const value = found[index] as Value;
            return (
              <>
                {columns.map(({ title, isNumeric, isWide, cell }) => (
                  <Cell key={title} role="cell" isNumeric={isNumeric} isWide={isWide}>
                    {cell(value)}
                  </Cell>
                ))}
                <Cell className={styles.tools}>{actions(value)}</Cell>
              </>
            );
          }}
        />
      )}
      {children}
    </Card>
  );
}
