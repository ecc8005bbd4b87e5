import { useMemo } from "react";
import { FailureNotice } from "../parts/Notice.tsx";
import styles from "./Chart.module.css";
import { MetricCharts } from "./MetricCharts.tsx";
import { chartRun } from "./useLines.ts";
import { useLooks } from "./useLooks.ts";
import { useRuns } from "./useRuns.ts";

/** Every metric of one run or several, as lines. The address of the page holds what is chosen. @param runIds up to 50. */
export function RunCharts({ project, runIds }: { project: string; runIds: readonly string[] }) {
  const key = runIds.join(",");
  // biome-ignore lint/correctness/useExhaustiveDependencies: the same ids, whatever list they are in
  const ids = useMemo(() => runIds, [key]);
  const { settled: runs, isWaiting, failures } = useRuns(project, ids);
  const look = useLooks(ids);
  const drawn = useMemo(() => runs.map((run) => chartRun(run, look(run.id))), [runs, look]);
  const metrics = useMemo(() => [...new Set(runs.flatMap(({ metrics }) => [...metrics.keys()]))], [runs]);
  if (runs.length === 0 && isWaiting) return <div className={styles.waiting} />;
  if (runs.length === 0 && failures[0] !== undefined) return <FailureNotice error={failures[0].error} />;
  return <MetricCharts project={project} runs={drawn} metrics={metrics} />;
}
