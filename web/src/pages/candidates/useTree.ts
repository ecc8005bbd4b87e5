import { useQueries } from "@tanstack/react-query";
import { useCallback, useMemo, useState } from "react";
import { type Candidate, type CandidatesOf, childrenQuery } from "../../api/candidates.ts";
import { type Branch, below, rowOfTree, type Tree } from "./tree.ts";
import type { Candidates } from "./useCandidates.ts";

export interface TreeRows extends Omit<Tree, "project" | "open"> {
  rowAt: (index: number) => Candidate | undefined;
  rowCount: number;
  setExpanded: (index: number, open: boolean) => void;
}

/** The candidates with the children of those that are open below them. */
export function useTree(of: CandidatesOf, { rowAt: firstLevel, total = 0, loaded }: Candidates): TreeRows {
  /** Run ids of open rows, with the number of the row for those of the first level. */
  const [open, setOpen] = useState<ReadonlyMap<string, number | undefined>>(new Map());
  const isOpen = of.isTopLevel;
  const ids = isOpen ? [...open.keys()] : [];
  const answers = useQueries({ queries: ids.map((id) => childrenQuery(of, id)) });
  const children = new Map(ids.map((id, i) => [id, answers[i]?.data]));
  // What the answers are, since the list of them is new at every drawing.
  const signature = answers.map(({ dataUpdatedAt }) => dataUpdatedAt).join(" ");

  // biome-ignore lint/correctness/useExhaustiveDependencies: `signature` stands for `children`
  const { branches, levels } = useMemo(() => {
    const levels = new Map<string, number>();
    const branches: Branch[] = [];
    if (isOpen)
      for (const [id, at] of open)
        if (at !== undefined && firstLevel(at)?.id === id)
          branches.push({ at, below: below(id, (runId) => children.get(runId), levels) });
    return { branches: branches.sort((a, b) => a.at - b.at), levels };
  }, [open, isOpen, firstLevel, signature]);

  // biome-ignore lint/correctness/useExhaustiveDependencies: `firstLevel` changes with what is loaded
  const hasBranches = useMemo(
    () => isOpen && loaded().some(({ children }) => children > 0),
    [isOpen, firstLevel],
  );
  const rowAt = useCallback(
    (index: number) => {
      const found = rowOfTree(index, branches);
      return typeof found === "number" ? firstLevel(found) : found;
    },
    [branches, firstLevel],
  );
  const setExpanded = (index: number, expand: boolean) => {
    const row = rowAt(index);
    const place = rowOfTree(index, branches);
    if (row === undefined) return;
    const next = new Map(open);
    if (expand) next.set(row.id, typeof place === "number" ? place : undefined);
    else next.delete(row.id);
    setOpen(next);
  };
  return {
    rowAt,
    rowCount: total + branches.reduce((sum, branch) => sum + branch.below.length, 0),
    isExpanded: useCallback(({ id }: Candidate) => isOpen && open.has(id), [isOpen, open]),
    levels,
    hasBranches,
    setExpanded,
  };
}
