import {
  type ClipboardEvent,
  type KeyboardEvent,
  type MouseEvent,
  type Ref,
  useEffect,
  useId,
  useImperativeHandle,
  useMemo,
  useRef,
  useState,
} from "react";
import type { GridColumn, GridSort } from "./column.ts";
import styles from "./Grid.module.css";
import { GridHead, type HeadActions } from "./GridHead.tsx";
import { cellId, type DrawnColumn, GridRow, selectWidth } from "./GridRow.tsx";
import { type Cell, moved } from "./keyboard.ts";
import { useWindow } from "./useWindow.ts";
import { scrolledHeight, scrollTopFor, startsOf } from "./window.ts";

export interface GridHandle {
  /** Moves the active row, and the focus to the grid. */
  move: (rows: number) => void;
  /** The number of the active row; -1 for the heading. */
  active: () => number;
  focus: () => void;
  /** Scrolls to the first row, and makes it the active one. */
  toTop: () => void;
}

export interface GridProps<Row> extends HeadActions {
  ref?: Ref<GridHandle>;
  label: string;
  /** The pinned ones first. */
  columns: readonly GridColumn<Row>[];
  rowCount: number;
  /** The row, undefined while it is on its way. Called for what is drawn, at every drawing. */
  rowAt: (index: number) => Row | undefined;
  /** What to call a row aloud. */
  labelOf: (row: Row) => string;
  isSelected: (row: Row) => boolean;
  /** Whether a row is of less interest, such as a deleted one. */
  isFaded?: (row: Row) => boolean;
  /** Depth in a tree, from 1, and whether it is open; a grid without it is flat. */
  branchAt?: (index: number) => { level: number; isExpanded: boolean | undefined };
  allSelected: boolean | "some";
  sort: GridSort | undefined;
  /** Called with the rows that are drawn, whenever they change. */
  onRange: (first: number, end: number) => void;
  /** @param extend from the row that was selected last. */
  onSelect: (index: number, extend: boolean) => void;
  onSelectAll: () => void;
  onOpen: (index: number) => void;
  /** Opens or closes a row of a tree. */
  onExpand?: (index: number, open: boolean) => void;
}

/** A table of any number of rows and columns, of which what is seen is drawn. One stop for Tab; arrows move in it. */
export function Grid<Row>(props: GridProps<Row>) {
  const { columns, rowCount, rowAt, onRange, onSelect, onSelectAll, onOpen, onExpand } = props;
  const id = useId();
  const element = useRef<HTMLDivElement>(null);
  /** As many rows as were drawn at once. */
  const widest = useRef(0);
  const [active, setActive] = useState<Cell>({ row: 0, column: 0 });
  const hasGroups = columns.some(({ group }) => group !== undefined);
  const head = hasGroups ? 59 : 35;

  const { pinned, loose, starts, frozen, width } = useMemo(() => laidOut(columns), [columns]);
  const drawn = useWindow(element, { rows: rowCount, starts, frozen, head });
  const { first, end } = drawn.columns;
  const drawnColumns = useMemo(() => {
    return [
      ...pinned,
      ...loose
        .slice(first, end)
        .map((one, i): DrawnColumn<Row> => (i === 0 ? { ...one, gap: starts[first] ?? 0 } : one)),
    ];
  }, [pinned, loose, starts, first, end]);

  useEffect(() => onRange(drawn.first, drawn.end), [onRange, drawn.first, drawn.end]);

  const activeColumn = columns[Math.min(active.column, columns.length - 1)]?.id ?? "";

  const activate = (cell: Cell) => {
    setActive(cell);
    const grid = element.current;
    if (grid === null) return;
    const height = grid.clientHeight - head;
    if (cell.row >= 0) grid.scrollTop = scrollTopFor(cell.row, rowCount, grid.scrollTop, height);
    const place = cell.column - pinned.length;
    if (place < 0) return;
    const left = starts[place] ?? 0;
    const right = starts[place + 1] ?? left;
    const seen = grid.clientWidth - frozen;
    if (left < grid.scrollLeft) grid.scrollLeft = left;
    else if (right > grid.scrollLeft + seen) grid.scrollLeft = right - seen;
  };

  useImperativeHandle(props.ref, () => ({
    move(rows) {
      const isFocused = document.activeElement === element.current;
      element.current?.focus({ focusVisible: true } as FocusOptions);
      const row = isFocused ? active.row + rows : active.row;
      activate({ ...active, row: Math.min(rowCount - 1, Math.max(0, row)) });
    },
    active: () => active.row,
    focus: () => element.current?.focus(),
    toTop() {
      setActive(({ column }) => ({ row: 0, column }));
      if (element.current !== null) element.current.scrollTop = 0;
    },
  }));

  const keys = (event: KeyboardEvent) => {
    if (event.target !== element.current || event.ctrlKey || event.metaKey || event.altKey) return;
    const page = Math.floor((element.current.clientHeight - head) / 34) - 1;
    const cell = moved(active, event.key, { rows: rowCount, columns: columns.length, page });
    const branch = active.row < 0 ? undefined : props.branchAt?.(active.row);
    if (branch?.isExpanded === false && event.key === "ArrowRight" && active.column === 0)
      onExpand?.(active.row, true);
    else if (branch?.isExpanded && event.key === "ArrowLeft" && active.column === 0)
      onExpand?.(active.row, false);
    else if (cell !== undefined) activate(cell);
    else if (event.key === "Enter" && active.row >= 0) onOpen(active.row);
    else if (event.key === "Enter" && columns[active.column]?.isSortable) props.onSort(activeColumn);
    else if ((event.key === "m" || event.key === "ContextMenu") && active.row < 0) openMenu();
    else if ((event.key === "x" || event.key === " ") && active.row >= 0)
      onSelect(active.row, event.shiftKey);
    else if (event.key === "X" && active.row >= 0) onSelect(active.row, true);
    else return;
    event.preventDefault();
  };

  const openMenu = () => {
    const button = document
      .getElementById(cellId(id, -1, activeColumn))
      ?.querySelector<HTMLElement>("[aria-haspopup=menu]");
    if (button) props.onMenu(activeColumn, button);
  };

  /** What is copied of a cell is its value in full; a selection over several is copied as it is read. */
  const copy = (event: ClipboardEvent) => {
    const selection = window.getSelection();
    const cellOf = (node: Node | null) => node?.parentElement?.closest("[role=gridcell]") ?? null;
    if (selection?.isCollapsed === false && cellOf(selection.anchorNode) !== cellOf(selection.focusNode))
      return;
    const row = active.row < 0 ? undefined : rowAt(active.row);
    const text = row === undefined ? undefined : columns[active.column]?.text(row);
    if (text === undefined) return;
    event.clipboardData.setData("text/plain", text);
    event.preventDefault();
  };

  const click = (event: MouseEvent) => {
    if (!(event.target instanceof Element)) return;
    if (event.target.closest("[data-select-all]") !== null) return onSelectAll();
    const row = Number(event.target.closest("[data-row]")?.getAttribute("data-row") ?? -1);
    if (row < 0) return;
    const cell = event.target.closest("[role=gridcell]");
    const column = columns.findIndex(({ id: name }) => cell?.id === cellId(id, row, name));
    setActive({ row, column: Math.max(0, column) });
    if (event.target.closest("[data-expand]") !== null)
      onExpand?.(row, props.branchAt?.(row).isExpanded === false);
    else if (cell?.querySelector("[data-select]") != null) onSelect(row, event.shiftKey);
  };

  const isActiveDrawn = active.row < 0 || (active.row >= drawn.first && active.row < drawn.end);
  const pool = Math.max(1, drawn.end - drawn.first, widest.current);
  widest.current = pool;
  const rows = [];
  for (let index = drawn.first; index < Math.min(drawn.end, rowCount); index++) {
    const row = rowAt(index);
    const branch = props.branchAt?.(index);
    rows.push(
      <GridRow
        // Rows that go out of sight are used for those that come into it, which costs less than new ones.
        key={index % pool}
        grid={id}
        index={index}
        row={row}
        columns={drawnColumns}
        width={width}
        shift={drawn.shift}
        isSelected={row !== undefined && props.isSelected(row)}
        isFaded={row !== undefined && (props.isFaded?.(row) ?? false)}
        activeColumn={active.row === index ? activeColumn : undefined}
        level={branch?.level}
        isExpanded={branch?.isExpanded}
        label={row === undefined ? "row" : props.labelOf(row)}
      />,
    );
  }

  return (
    <div
      ref={element}
      role={props.branchAt === undefined ? "grid" : "treegrid"}
      className={styles.grid}
      aria-label={props.label}
      aria-rowcount={rowCount + 1}
      aria-colcount={columns.length + 1}
      aria-multiselectable
      aria-activedescendant={isActiveDrawn ? cellId(id, active.row, activeColumn) : undefined}
      tabIndex={0}
      onKeyDown={keys}
      onClick={click}
      onCopy={copy}
    >
      <GridHead
        grid={id}
        columns={drawnColumns}
        width={width}
        sort={props.sort}
        hasGroups={hasGroups}
        allSelected={props.allSelected}
        activeColumn={active.row < 0 ? activeColumn : undefined}
        actions={props}
      />
      <div role="rowgroup" className={styles.body} style={{ width, height: scrolledHeight(rowCount) }}>
        {rows}
      </div>
    </div>
  );
}

function laidOut<Row>(columns: readonly GridColumn<Row>[]) {
  const pinned: DrawnColumn<Row>[] = [];
  const loose: DrawnColumn<Row>[] = [];
  let frozen = selectWidth;
  for (const [index, column] of columns.entries()) {
    if (column.isPinned) {
      pinned.push({ column, index, left: frozen });
      frozen += column.width;
    } else loose.push({ column, index });
  }
  const last = pinned.at(-1);
  if (last !== undefined) last.isEdge = true;
  const starts = startsOf(loose.map(({ column }) => column.width));
  return { pinned, loose, starts, frozen, width: frozen + (starts.at(-1) ?? 0) };
}
