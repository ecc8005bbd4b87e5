import { useCallback } from "react";
import { type CandidatesOf, findValues, type Keys } from "../../api/candidates.ts";
import type { Experiment } from "../../api/experiments.ts";
import type { Failure } from "../../api/failure.ts";
import { FilterBox, type FilterProblem, type ValuesWanted } from "../../filter/FilterBox.tsx";
import { SearchBox } from "../../parts/Field.tsx";
import { later } from "../../parts/later.tsx";
import { Switcher } from "../../parts/Switcher.tsx";
import styles from "./CandidatesPage.module.css";
import { ColumnChooser } from "./ColumnChooser.tsx";
import type { ChosenColumn } from "./column-ids.ts";
import { ViewsMenu } from "./ViewsMenu.tsx";
import type { View } from "./view.ts";

const SelectionBar = later(
  async () => (await import("./SelectionBar.tsx")).SelectionBar,
  <div className={styles.selection} />,
);

const stages = [
  { value: "active", text: "Active" },
  { value: "deleted", text: "Trash" },
  { value: "all", text: "All" },
] as const;

const tableOrCharts = [
  { value: "table", text: "Table" },
  { value: "charts", text: "Charts" },
] as const;

/** What narrows the candidates and what shows of them; while some are selected, what can be done with those. */
export function Toolbar({
  project,
  experiment,
  view,
  change,
  columns,
  keys,
  failure,
  selected,
  total,
  of,
  onClear,
  writes,
  setColumns,
}: {
  project: string;
  experiment: Experiment | undefined;
  view: View;
  change: (change: Partial<View>) => void;
  columns: readonly ChosenColumn[];
  keys: Keys;
  failure: Failure | undefined;
  selected: readonly string[];
  total: number | undefined;
  of: CandidatesOf;
  onClear: () => void;
  writes: boolean;
  setColumns: (columns: readonly ChosenColumn[] | undefined) => void;
}) {
  const id = experiment?.id ?? "";
  const values = useCallback(
    (wanted: ValuesWanted, signal: AbortSignal) => findValues(project, id, wanted, signal),
    [project, id],
  );
  const shows = (
    <Switcher
      label="Table or charts"
      value={view.isCharts ? "charts" : "table"}
      choices={tableOrCharts}
      onChoose={(shown) => change({ isCharts: shown === "charts" })}
    />
  );
  if (selected.length > 0)
    return (
      <div className={styles.tools}>
        <SelectionBar
          project={project}
          selected={selected}
          total={total}
          of={of}
          columns={columns}
          isTrash={view.stage === "deleted"}
          writes={writes}
          onClear={onClear}
        />
        {shows}
      </div>
    );
  return (
    <div className={styles.tools}>
      <SearchBox
        className={styles.name ?? ""}
        label="Find by name"
        value={view.name}
        onChange={(event) => change({ name: event.target.value })}
      />
      <div className={styles.filter}>
        <FilterBox
          id="filter"
          filter={view.filter}
          problem={problemOf(view.filter, failure)}
          vocabulary={keys}
          values={values}
          onFilter={(filter) => change({ filter })}
        />
      </div>
      <Switcher
        label="Which candidates"
        value={view.stage}
        choices={stages}
        onChoose={(stage) => change({ stage })}
      />
      {shows}
      <ColumnChooser columns={columns} vocabulary={keys} onChange={setColumns} />
      {experiment === undefined ? null : (
        <ViewsMenu project={project} experiment={experiment} writes={writes} />
      )}
    </div>
  );
}

/** What the server says is wrong with the filter; it counts in code points, the line in code units. */
function problemOf(filter: string, failure: Failure | undefined): FilterProblem | undefined {
  if (failure?.kind !== "refused") return undefined;
  const { message } = failure;
  if (failure.filter === undefined) return { message };
  const units = (points: number) => [...filter].slice(0, points).join("").length;
  return { message, start: units(failure.filter.start), end: units(failure.filter.end) };
}
