import { createContext } from "react";
import type { Candidate } from "../../api/candidates.ts";

/** What cells have to know of the table that they are in. */
export interface Tree {
  project: string;
  /** From 1. */
  levelOf: (candidate: Candidate) => number;
  isExpanded: (candidate: Candidate) => boolean;
}

export const TreeContext = createContext<Tree>({ project: "", levelOf: () => 1, isExpanded: () => false });
