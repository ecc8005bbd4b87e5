import { useQueries } from "@tanstack/react-query";
import { useMemo } from "react";
import { type Run, runQuery } from "../api/runs.ts";

/** Runs by their ids, as far as they have come; in the order of the ids. */
export function useRuns(project: string, ids: readonly string[]) {
  const answers = useQueries({
    queries: ids.map((id) => ({
      ...runQuery(project, id),
      placeholderData: (before: Run | undefined) => before,
    })),
  });
  const version = answers.map(({ dataUpdatedAt }) => dataUpdatedAt).join(" ");
  // biome-ignore lint/correctness/useExhaustiveDependencies: `version` stands for what the answers hold
  const runs = useMemo(
    () =>
      answers.flatMap(({ data }, at) =>
        data?.id === ids[at] || String(data?.iid) === ids[at] ? [data as Run] : [],
      ),
    [version, ids],
  );
  return {
    runs,
    isWaiting: answers.some(({ isPending }) => isPending),
    /** Of the ids that no run was found for. */
    failures: answers.flatMap(({ error }, at) => (error === null ? [] : [{ id: ids[at] ?? "", error }])),
  };
}
