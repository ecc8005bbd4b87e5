/** Where the active cell of a grid is; row -1 is the heading. */
export interface Cell {
  row: number;
  column: number;
}

/** Where a key moves the active cell; undefined when it moves none. */
export function moved(
  { row, column }: Cell,
  key: string,
  { rows, columns, page }: { rows: number; columns: number; page: number },
): Cell | undefined {
  const at = (row: number, column: number): Cell => ({
    row: Math.max(-1, Math.min(rows - 1, row)),
    column: Math.max(0, Math.min(columns - 1, column)),
  });
  switch (key) {
    case "ArrowDown":
    case "j":
      return at(row + 1, column);
    case "ArrowUp":
      return at(row - 1, column);
    case "k":
      return at(Math.max(0, row - 1), column);
    case "ArrowRight":
      return at(row, column + 1);
    case "ArrowLeft":
      return at(row, column - 1);
    case "PageDown":
      return at(row + page, column);
    case "PageUp":
      return at(Math.max(0, row - page), column);
    case "Home":
      return at(0, column);
    case "End":
      return at(rows - 1, column);
    default:
      return undefined;
  }
}
