import { type RefObject, useCallback, useLayoutEffect, useState } from "react";
import { type ColumnWindow, columnWindow, type RowWindow, rowWindow } from "./window.ts";

interface Drawn extends RowWindow {
  columns: ColumnWindow;
}

/**
 * What of a grid is drawn; changes only when other rows or columns come into sight, so that most scrolling is the browser's
 * alone.
 * @param frozen pixels at the left that the pinned columns take. @param head pixels at the top that the heading takes.
 */
export function useWindow(
  grid: RefObject<HTMLElement | null>,
  { rows, starts, frozen, head }: { rows: number; starts: readonly number[]; frozen: number; head: number },
): Drawn {
  const look = useCallback((): Drawn => {
    const { scrollTop = 0, scrollLeft = 0, clientHeight = 0, clientWidth = 0 } = grid.current ?? {};
    const height = clientHeight - head;
    return {
      ...rowWindow(rows, scrollTop, height),
      columns: columnWindow(starts, scrollLeft, Math.max(0, clientWidth - frozen)),
    };
  }, [grid, rows, starts, frozen, head]);
  const [drawn, setDrawn] = useState(look);

  useLayoutEffect(() => {
    const element = grid.current;
    if (element === null) return;
    const update = () => setDrawn((now) => (isSame(now, look()) ? now : look()));
    update();
    element.addEventListener("scroll", update, { passive: true });
    const observer = new ResizeObserver(update);
    observer.observe(element);
    return () => {
      element.removeEventListener("scroll", update);
      observer.disconnect();
    };
  }, [grid, look]);
  return drawn;
}

const isSame = (a: Drawn, b: Drawn) =>
  a.first === b.first &&
  a.end === b.end &&
  a.shift === b.shift &&
  a.columns.first === b.columns.first &&
  a.columns.end === b.columns.end;
