import { BestBars } from "./BestBars.tsx";
import { ParallelPlot } from "./ParallelPlot.tsx";
import type { PlotProps } from "./plot-props.ts";
import { ScatterPlot } from "./ScatterPlot.tsx";

/** The chart of all candidates that match: a chunk of its own, since the lines of a few are what shows first. */
export function PlotOfAll(props: PlotProps) {
  const { kind } = props.plots;
  if (kind === "scatter") return <ScatterPlot {...props} />;
  return kind === "parallel" ? <ParallelPlot {...props} /> : <BestBars {...props} />;
}
