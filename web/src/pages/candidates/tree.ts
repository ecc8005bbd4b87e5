import { createContext } from "react";
import type { Candidate } from "../../api/candidates.ts";

/** What cells have to know of the table that they are in. */
export interface Tree {
  project: string;
  isExpanded: (candidate: Candidate) => boolean;
  /** From 1; known of children alone. */
  levels: ReadonlyMap<string, number>;
  /** Whether any row can be opened, so that all names leave room for what opens them. */
  hasBranches: boolean;
  /** Goes to the page of a candidate. */
  open: (candidate: Candidate) => void;
}

export const TreeContext = createContext<Tree>({
  project: "",
  isExpanded: () => false,
  levels: new Map(),
  hasBranches: false,
  open: () => {},
});

/** An open row of the first level, and what stands below it. */
export interface Branch {
  /** The number of the row among those of the first level. */
  at: number;
  /** Its children, and theirs where they are open, in the order in which they stand. */
  below: readonly Candidate[];
}

/**
 * What stands in a row of a tree.
 * @param branches in the order of their rows.
 * @returns the number of a row of the first level, or a row below one.
 */
export function rowOfTree(index: number, branches: readonly Branch[]): number | Candidate | undefined {
  let before = 0;
  for (const { at, below } of branches) {
    const start = at + before + 1;
    if (index < start) break;
    if (index < start + below.length) return below[index - start];
    before += below.length;
  }
  return index - before;
}

/**
 * What stands below a row, with the depth of each.
 * @param childrenOf those that are there of a row that is open; undefined for one that is not.
 */
export function below(
  runId: string,
  childrenOf: (runId: string) => readonly Candidate[] | undefined,
  levels: Map<string, number>,
  level = 2,
): Candidate[] {
  const rows: Candidate[] = [];
  for (const child of childrenOf(runId) ?? []) {
    // Tags can make a circle of parents.
    if (levels.has(child.id)) continue;
    levels.set(child.id, level);
    rows.push(child, ...below(child.id, childrenOf, levels, level + 1));
  }
  return rows;
}
