import { AnchoredMenu, MenuItem, MenuSeparator } from "../../parts/Menu.tsx";
import { narrowest, widest } from "../../table/column.ts";
import { type ChosenColumn, nameColumn } from "./column-ids.ts";
import { gridColumn } from "./columns.ts";

const step = 40;

/** What can be done with a column: the one menu of all headings, beside the one that was asked for. */
export function ColumnMenu({
  column: id,
  anchor,
  columns,
  onColumns,
  onSort,
  onClose,
}: {
  column: string;
  anchor: HTMLElement;
  columns: readonly ChosenColumn[];
  onColumns: (columns: readonly ChosenColumn[]) => void;
  /** @param descending undefined for no order. */
  onSort: (descending: boolean | undefined) => void;
  onClose: () => void;
}) {
  const at = columns.findIndex((column) => column.id === id);
  const chosen = columns[at];
  const column = chosen && gridColumn(chosen);
  if (chosen === undefined || column === undefined) return null;
  const change = (next: Partial<ChosenColumn>) =>
    onColumns(columns.map((one) => (one.id === id ? { ...one, ...next } : one)));
  const moveTo = (place: number) => {
    const others = columns.filter((one) => one.id !== id);
    onColumns([...others.slice(0, place), chosen, ...others.slice(place)]);
  };
  const isName = id === nameColumn;
  return (
    <AnchoredMenu anchor={anchor} label={`Column ${column.title}`} onClose={onClose}>
      {column.isSortable ? (
        <>
          <MenuItem icon="down" onSelect={() => onSort(true)}>
            Sort, greatest first
          </MenuItem>
          <MenuItem icon="up" onSelect={() => onSort(false)}>
            Sort, least first
          </MenuItem>
          <MenuSeparator />
        </>
      ) : null}
      {isName ? null : (
        <>
          <MenuItem icon="pin" onSelect={() => change({ isPinned: !chosen.isPinned })}>
            {chosen.isPinned ? "Unpin" : "Pin to the left"}
          </MenuItem>
          <MenuItem icon="back" disabled={at <= 1} onSelect={() => moveTo(at - 1)}>
            Move left
          </MenuItem>
          <MenuItem icon="chevron" disabled={at === columns.length - 1} onSelect={() => moveTo(at + 1)}>
            Move right
          </MenuItem>
        </>
      )}
      <MenuItem icon="add" onSelect={() => change({ width: Math.min(widest, column.width + step) })}>
        Wider
      </MenuItem>
      <MenuItem icon="compare" onSelect={() => change({ width: Math.max(narrowest, column.width - step) })}>
        Narrower
      </MenuItem>
      {isName ? null : (
        <>
          <MenuSeparator />
          <MenuItem icon="close" onSelect={() => onColumns(columns.filter((one) => one.id !== id))}>
            Hide
          </MenuItem>
        </>
      )}
    </AnchoredMenu>
  );
}
