import type { Experiment } from "../../api/experiments.ts";
import { byName } from "../../format/by-name.ts";
import type { Sorting } from "../../parts/Table.tsx";

export type ExperimentColumn = "name" | "candidates" | "activity" | "created";

const columns: readonly string[] = ["name", "candidates", "activity", "created"] satisfies ExperimentColumn[];

const isColumn = (text: string): text is ExperimentColumn => columns.includes(text);

/** `name` up, `-name` down; the latest activity first where the address says nothing. */
export function parseSort(text: string | undefined): Sorting<ExperimentColumn> {
  const descending = text?.startsWith("-") ?? true;
  const key = text?.replace(/^-/, "") ?? "";
  return isColumn(key) ? { key, descending } : { key: "activity", descending: true };
}

export function printSort({ key, descending }: Sorting<ExperimentColumn>): string {
  const text = `${descending ? "-" : ""}${key}`;
  return text === "-activity" ? "" : text;
}

const by: Record<ExperimentColumn, (a: Experiment, b: Experiment) => number> = {
  name: (a, b) => byName(a.name, b.name),
  candidates: (a, b) => a.candidates - b.candidates,
  activity: (a, b) => (a.activeAt ?? 0) - (b.activeAt ?? 0),
  created: (a, b) => (a.createdAt ?? 0) - (b.createdAt ?? 0),
};

/** Those whose name, id or tag has the text, whatever the case, in their order. */
export function filtered(
  experiments: readonly Experiment[],
  search: string,
  { key, descending }: Sorting<ExperimentColumn>,
): Experiment[] {
  const wanted = search.trim().toLowerCase();
  const found = experiments.filter(
    ({ id, name, tags }) =>
      id === wanted ||
      name.toLowerCase().includes(wanted) ||
      [...tags.values()].some((value) => value.toLowerCase().includes(wanted)),
  );
  return found.sort((a, b) => by[key](a, b) * (descending ? -1 : 1));
}
