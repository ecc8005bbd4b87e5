import type { Candidate, Keys } from "../../../api/candidates.ts";
import type { Plots } from "./plots.ts";

/** What every chart of candidates gets. */
export interface PlotProps {
  project: string;
  keys: Keys;
  plots: Plots;
  change: (change: Partial<Plots>) => void;
  rows: readonly Candidate[];
  /** The run ids that are selected in the table. */
  marked: ReadonlySet<string>;
}
