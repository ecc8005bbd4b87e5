import { useQuery } from "@tanstack/react-query";
import { useMemo } from "react";
import { historiesQuery } from "../api/histories.ts";
import { isRunning, type Run, watching } from "../api/runs.ts";
import { countOf, extent, type Line, lineOf } from "./lines.ts";
import type { Look } from "./palette.ts";
import { bucketsFor, detailed, type History, type Range, stepsOf } from "./points.ts";
import type { ChartSettings } from "./settings.ts";

export interface ChartRun {
  id: string;
  name: string;
  look: Look;
  /** Milliseconds since the epoch. */
  startedAt?: number | undefined;
  /** Whether points may still come. */
  isRunning: boolean;
}

/** A run as its charts have it. */
export const chartRun = (run: Run, look: Look): ChartRun => ({
  id: run.id,
  name: run.name || run.id,
  look,
  startedAt: run.startedAt,
  isRunning: isRunning(run),
});

/** Widths are rounded to it, so that a window that is resized does not ask anew for each of them. */
const roundedWidth = 200;

/**
 * The lines of a metric. A range is asked for again, and drawn as it was until the answer is there; where nothing was left out
 * there is nothing to ask.
 * @param width of the chart in pixels.
 */
export function useLines(
  project: string,
  metric: string,
  runs: readonly ChartRun[],
  { axis, smoothing, isLog, zoom, hidden }: ChartSettings,
  width: number,
) {
  const runIds = useMemo(() => runs.map(({ id }) => id), [runs]);
  const buckets = bucketsFor(Math.ceil(width / roundedWidth) * roundedWidth, runIds.length);
  const of = { project, runIds, metric, buckets };
  const refetchInterval = runs.some(({ isRunning }) => isRunning) ? watching : false;
  const overview = useQuery({
    ...historiesQuery(of),
    refetchInterval,
    enabled: width > 0,
    placeholderData: (before) => before,
  });
  const histories = overview.data;

  const starts = useMemo(() => {
    const found = new Map(runs.map(({ id, startedAt }) => [id, startedAt]));
    for (const { runId, points } of histories ?? [])
      if (found.get(runId) === undefined) found.set(runId, points[0]?.time ?? 0);
    return found;
  }, [runs, histories]);
  const steps = useMemo(() => {
    if (zoom === undefined || histories === undefined) return undefined;
    return stepsOf(
      zoom,
      axis,
      histories.map(({ runId, points }) => ({ points, start: starts.get(runId) ?? 0 })),
    );
  }, [zoom, axis, histories, starts]);
  const isAsked = steps !== undefined && (histories?.some(({ isSampled }) => isSampled) ?? false);
  const detail = useQuery({
    ...historiesQuery({ ...of, steps }),
    refetchInterval,
    enabled: isAsked && width > 0,
  });
  const details = isAsked ? detail.data : undefined;

  const drawn = useMemo(() => {
    const all = new Map((histories ?? []).map((one) => [one.runId, one]));
    if (steps !== undefined && details !== undefined)
      for (const [id, history] of all)
        all.set(
          id,
          detailed(
            history,
            details.find(({ runId }) => runId === id),
            steps,
          ),
        );
    return all;
  }, [histories, details, steps]);

  const lines = useMemo(() => {
    const out = new Set(hidden);
    return runs.flatMap((run): Line[] => {
      const history = drawn.get(run.id);
      if (history === undefined || out.has(run.id)) return [];
      return [lineOf(run, history, { axis, start: starts.get(run.id) ?? 0, smoothing })];
    });
  }, [runs, drawn, hidden, axis, smoothing, starts]);

  const range: Range | undefined = useMemo(() => zoom ?? extent(lines), [zoom, lines]);
  const count = useMemo(() => {
    const shown = lines.flatMap(({ id }): History[] => {
      const history = drawn.get(id);
      return history === undefined ? [] : [history];
    });
    return range === undefined ? undefined : countOf(shown, lines, range, isLog);
  }, [lines, drawn, range, isLog]);
  return {
    lines,
    range,
    whole: useMemo(() => extent(lines), [lines]),
    steps: zoom === undefined ? undefined : steps,
    count,
    error: overview.error ?? detail.error,
    retry: overview.refetch,
    isWaiting: overview.isPending,
    isStale: detail.isLoading || overview.isPlaceholderData,
  };
}
