import { useCallback, useMemo, useRef, useState } from "react";
import type { Candidate } from "../../api/candidates.ts";
import { mostInAddress, type View } from "./view.ts";

export interface Selection {
  /** Run ids, in the order in which they were selected. */
  ids: readonly string[];
  has: (id: string) => boolean;
  select: (index: number, extend: boolean) => void;
  clear: () => void;
  state: (loaded: () => Candidate[]) => boolean | "some";
  toggleAll: (loaded: () => Candidate[]) => void;
}

/** Which candidates are selected. The address holds as many as can be compared; a longer selection lives with the page. */
export function useSelection(
  view: View,
  change: (change: Partial<View>) => void,
  rowAt: (index: number) => Candidate | undefined,
): Selection {
  const [many, setMany] = useState<readonly string[]>();
  const last = useRef(0);
  const ids = many ?? view.selected;
  const set = useMemo(() => new Set(ids), [ids]);

  const put = useCallback(
    (next: readonly string[]) => {
      setMany(next.length > mostInAddress ? next : undefined);
      change({ selected: next });
    },
    [change],
  );
  const select = (index: number, extend: boolean) => {
    const row = rowAt(index);
    if (row === undefined) return;
    if (extend) {
      const [from, to] = index < last.current ? [index, last.current] : [last.current, index];
      const range = Array.from({ length: to - from + 1 }, (_, i) => rowAt(from + i)?.id ?? "");
      put([...new Set([...ids, ...range.filter(Boolean)])]);
    } else put(set.has(row.id) ? ids.filter((id) => id !== row.id) : [...ids, row.id]);
    last.current = index;
  };
  return {
    ids,
    has: (id) => set.has(id),
    select,
    clear: useCallback(() => put([]), [put]),
    state: (loaded) => (ids.length === 0 ? false : loaded().every(({ id }) => set.has(id)) ? true : "some"),
    toggleAll(loaded) {
      const all = loaded().map(({ id }) => id);
      put(all.every((id) => set.has(id)) ? [] : [...new Set([...ids, ...all])]);
    },
  };
}
