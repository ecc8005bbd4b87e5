import { type PointerEvent, useState } from "react";
import { Icon } from "../parts/Icon.tsx";
import { type GridSort, narrowest, widest } from "./column.ts";
import styles from "./Grid.module.css";
import { cellId, type DrawnColumn, selectWidth } from "./GridRow.tsx";

export interface HeadActions {
  onSort: (column: string) => void;
  onResize: (column: string, width: number) => void;
  /** Puts a column before another. */
  onMove: (column: string, before: string) => void;
  /** Opens the menu of a column beside its button. */
  onMenu: (column: string, button: HTMLElement) => void;
}

/** The heading of a grid: groups where there are any, and the columns. */
export function GridHead<R>({
  grid,
  columns,
  width,
  sort,
  hasGroups,
  allSelected,
  selectAllLabel,
  activeColumn,
  actions,
}: {
  grid: string;
  columns: readonly DrawnColumn<R>[];
  width: number;
  sort: GridSort | undefined;
  hasGroups: boolean;
  allSelected: boolean | "some";
  selectAllLabel: string;
  activeColumn: string | undefined;
  actions: HeadActions;
}) {
  return (
    <div role="rowgroup" className={styles.head} style={{ width }}>
      {hasGroups ? <Groups columns={columns} /> : null}
      <div role="row" aria-rowindex={1} className={styles.headRow}>
        <div
          role="columnheader"
          className={`${styles.headCell} ${styles.select} ${styles.pinned}`}
          style={{ left: 0 }}
        >
          <input
            type="checkbox"
            tabIndex={-1}
            data-select-all=""
            aria-label={selectAllLabel}
            title={selectAllLabel}
            checked={allSelected === true}
            ref={(box) => {
              if (box !== null) box.indeterminate = allSelected === "some";
            }}
            readOnly
          />
        </div>
        {columns.map((drawn) => (
          <HeadCell
            key={drawn.column.id}
            grid={grid}
            drawn={drawn}
            sort={sort?.column === drawn.column.id ? sort : undefined}
            isActive={activeColumn === drawn.column.id}
            actions={actions}
          />
        ))}
      </div>
    </div>
  );
}

function Groups<R>({ columns }: { columns: readonly DrawnColumn<R>[] }) {
  const groups: { key: string; name: string; width: number; gap: number; left: number | undefined }[] = [];
  for (const { column, gap = 0, left } of columns) {
    const last = groups.at(-1);
    const name = column.group ?? "";
    if (last !== undefined && last.name === name && (last.left === undefined) === (left === undefined))
      last.width += column.width + gap;
    else groups.push({ key: column.id, name, width: column.width, gap, left });
  }
  return (
    <div className={styles.groups} aria-hidden="true">
      <div className={`${styles.headCell} ${styles.pinned}`} style={{ left: 0, width: selectWidth }} />
      {groups.map(({ key, name, width, gap, left }) => (
        <div
          key={key}
          className={`${left === undefined ? "" : `${styles.headCell} ${styles.pinned}`} ${styles.group} ${name === "" ? styles.unnamed : ""}`}
          style={{ width, marginLeft: gap, left }}
          title={name}
        >
          {name}
        </div>
      ))}
    </div>
  );
}

const dragged = "application/x-loggia-column";

function HeadCell<R>({
  grid,
  drawn: { column, left, gap, isEdge, index },
  sort,
  isActive,
  actions,
}: {
  grid: string;
  drawn: DrawnColumn<R>;
  sort: GridSort | undefined;
  isActive: boolean;
  actions: HeadActions;
}) {
  const [isTarget, setTarget] = useState(false);
  const name = column.group === undefined ? column.title : `${column.group} ${column.title}`;
  return (
    <div
      id={cellId(grid, -1, column.id)}
      role="columnheader"
      aria-colindex={index + 2}
      aria-sort={
        sort === undefined
          ? column.isSortable
            ? "none"
            : undefined
          : sort.descending
            ? "descending"
            : "ascending"
      }
      className={`${styles.headCell} ${column.isNumeric ? styles.numeric : ""} ${left === undefined ? "" : styles.pinned} ${isEdge ? styles.edge : ""}`}
      style={{ width: column.width, left, marginLeft: gap }}
      data-active-cell={isActive ? "" : undefined}
      data-drop={isTarget ? "" : undefined}
      draggable
      onDragStart={(event) => {
        event.dataTransfer.setData(dragged, column.id);
        event.dataTransfer.effectAllowed = "move";
      }}
      onDragOver={(event) => {
        if (!event.dataTransfer.types.includes(dragged)) return;
        event.preventDefault();
        setTarget(true);
      }}
      onDragLeave={() => setTarget(false)}
      onDrop={(event) => {
        setTarget(false);
        actions.onMove(event.dataTransfer.getData(dragged), column.id);
      }}
    >
      <button
        type="button"
        tabIndex={-1}
        className={styles.title}
        title={name}
        data-sorted={sort === undefined ? undefined : ""}
        disabled={!column.isSortable}
        onClick={() => actions.onSort(column.id)}
      >
        <span>{column.title}</span>
        {sort === undefined ? null : <Icon name={sort.descending ? "down" : "up"} />}
      </button>
      <button
        type="button"
        tabIndex={-1}
        className={styles.menu}
        aria-label={`Column ${name}`}
        aria-haspopup="menu"
        onClick={(event) => actions.onMenu(column.id, event.currentTarget)}
      >
        <Icon name="more" />
      </button>
      <ResizeHandle width={column.width} onResize={(width) => actions.onResize(column.id, width)} />
    </div>
  );
}

/** Dragging it changes the width; the keyboard does it by the column's menu. */
function ResizeHandle({ width, onResize }: { width: number; onResize: (width: number) => void }) {
  const [start, setStart] = useState<{ x: number; width: number }>();
  const move = (event: PointerEvent) => {
    if (start === undefined) return;
    onResize(Math.round(Math.min(widest, Math.max(narrowest, start.width + event.clientX - start.x))));
  };
  return (
    <div
      className={styles.resize}
      data-resizing={start === undefined ? undefined : ""}
      draggable
      onDragStart={(event) => {
        event.preventDefault();
        event.stopPropagation();
      }}
      onPointerDown={(event) => {
        event.preventDefault();
        event.currentTarget.setPointerCapture(event.pointerId);
        setStart({ x: event.clientX, width });
      }}
      onPointerMove={move}
      onPointerUp={() => setStart(undefined)}
      onPointerCancel={() => setStart(undefined)}
    />
  );
}
