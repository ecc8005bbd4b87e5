import { useQueries } from "@tanstack/react-query";
import { useMemo, useRef } from "react";
import { type Run, runQuery } from "../api/runs.ts";

/** Runs by their ids, in this order. */
export function useRuns(project: string, ids: readonly string[]) {
  const answers = useQueries({ queries: ids.map((id) => runQuery(project, id)) });
  const isWaiting = answers.some(({ isPending }) => isPending);
  const version = answers.map(({ dataUpdatedAt }) => dataUpdatedAt).join(" ");
  // biome-ignore lint/correctness/useExhaustiveDependencies: `version` stands for what the answers hold
  const runs = useMemo(
    () => answers.flatMap(({ data }) => (data === undefined ? [] : [data])),
    [version, ids],
  );
  // Charts ask for all runs at once: one that is still to come does not make them ask for each part of the list.
  const settled = useRef<readonly Run[]>([]);
  if (!isWaiting) settled.current = runs;
  return {
    /** Those that have come. */
    runs,
    /** All that there are; while one is awaited, those before. */
    settled: settled.current,
    isWaiting,
    /** Of the ids that no run was found for. */
    failures: answers.flatMap(({ error }, at) => (error === null ? [] : [{ id: ids[at] ?? "", error }])),
  };
}
