import type { Search } from "../../address.ts";

/** As many runs are compared. */
export const mostRuns = 50;

/** The ids of the runs that an address has compared, each once. */
export const comparedRuns = ({ runs = "" }: Partial<Search>): string[] =>
  [...new Set(runs.split(",").filter((id) => /^\w[\w-]*$/.test(id)))].slice(0, mostRuns);
