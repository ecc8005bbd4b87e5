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
  const [opened, setOpened] = useState<ReadonlyMap<string, number | undefined>>(new Map());
  /** Run ids of rows that were closed, which do not open by themselves again. */
  const [closed, setClosed] = useState<ReadonlySet<string>>(new Set());
  const isOpen = of.isTopLevel;
  const open = useMemo(() => {
    // Whoever logged one sweep came to see what is in it.
    const alone = total === 1 ? firstLevel(0) : undefined;
    return alone === undefined || alone.children === 0 || closed.has(alone.id)
      ? opened
      : new Map(opened).set(alone.id, 0);
  }, [opened, closed, total, firstLevel]);
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
      for (const [id, before] of open) {
        const at = before === undefined ? undefined : placeNear(before, (row) => firstLevel(row)?.id === id);
        if (at !== undefined) branches.push({ at, below: below(id, (runId) => children.get(runId), levels) });
      }
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
    const next = new Map(opened);
    if (expand) next.set(row.id, typeof place === "number" ? place : undefined);
    else next.delete(row.id);
    setOpened(next);
    setClosed(expand ? new Set([...closed].filter((id) => id !== row.id)) : new Set(closed).add(row.id));
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

/** As far as rows are looked for from where they were: others that come push them down. */
const farthest = 1000;

function placeNear(before: number, isThere: (at: number) => boolean): number | undefined {
  for (let by = 0; by < farthest; by++) {
    if (isThere(before + by)) return before + by;
    if (isThere(before - by)) return before - by;
  }
  return undefined;
}
