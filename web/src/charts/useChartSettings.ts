import { useNavigate, useSearch } from "@tanstack/react-router";
import { useCallback, useMemo } from "react";
import { type ChartSettings, parseSettings, printSettings } from "./settings.ts";

/** What the address says of charts, and what changes it. A zoom is a step to go back by. */
export function useChartSettings(): [ChartSettings, (change: Partial<ChartSettings>) => void] {
  const search = useSearch({ strict: false });
  const navigate = useNavigate();
  const settings = useMemo(() => parseSettings(search), [search]);
  const change = useCallback(
    (change: Partial<ChartSettings>) =>
      void navigate({
        to: ".",
        search: (now) => ({ ...now, ...printSettings(change) }),
        replace: !("zoom" in change),
        resetScroll: false,
      }),
    [navigate],
  );
  return [settings, change];
}
