import { byName } from "../format/by-name.ts";
export interface MetricGroup {
  /** What the names share up to the first slash; empty for those without one. */
  prefix: string;
  metrics: readonly string[];
}

/** Metrics by their prefix, those without one first; groups and metrics by name, numbers in names by their size. */
export function groupsOf(metrics: readonly string[], search = ""): MetricGroup[] {
  const wanted = search.trim().toLowerCase();
  const groups = new Map<string, string[]>();
  for (const metric of metrics) {
    if (!metric.toLowerCase().includes(wanted)) continue;
    const cut = metric.indexOf("/");
    const prefix = cut <= 0 ? "" : metric.slice(0, cut);
    const group = groups.get(prefix);
    if (group === undefined) groups.set(prefix, [metric]);
    else group.push(metric);
  }
  return [...groups]
    .sort(([a], [b]) => byName(a, b))
    .map(([prefix, metrics]) => ({ prefix, metrics: metrics.sort(byName) }));
}
