import { useNavigate, useSearch } from "@tanstack/react-router";
import { useCallback, useMemo } from "react";
import { parseView, printView, type View } from "./view.ts";

/** What the address says, and what changes it. Small changes, such as a selection, are no steps to go back by. */
export function useView(): [View, (change: Partial<View>) => void] {
  const search = useSearch({ strict: false });
  const navigate = useNavigate();
  const view = useMemo(() => parseView(search), [search]);
  const change = useCallback(
    (change: Partial<View>) => {
      const isStep = "filter" in change || "stage" in change || "sort" in change;
      void navigate({
        to: ".",
        search: (now) => ({ ...now, ...printView(change) }),
        replace: !isStep,
        resetScroll: false,
      });
    },
    [navigate],
  );
  return [view, change];
}
