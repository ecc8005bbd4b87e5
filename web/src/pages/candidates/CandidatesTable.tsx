import { useQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useCallback, useEffect, useMemo, useRef, useState } from "react";
import { type Candidate, type CandidatesOf, columnsQuery } from "../../api/candidates.ts";
import type { Experiment } from "../../api/experiments.ts";
import { failureOf } from "../../api/failure.ts";
import { useNarrow } from "../../design/media.ts";
import { count, counted } from "../../format/number.ts";
import { later } from "../../parts/later.tsx";
import { loadMenus } from "../../parts/Menu.tsx";
import { useShortcut } from "../../shell/shortcuts.ts";
import { Grid, type GridHandle } from "../../table/Grid.tsx";
import styles from "./CandidatesPage.module.css";
import { type ChosenColumn, nameColumn } from "./column-ids.ts";
import { gridColumn } from "./columns.ts";
import { chosenColumns, noColumns, questionOf } from "./question.ts";
import { StatusLine } from "./StatusLine.tsx";
import { Toolbar } from "./Toolbar.tsx";
import { TreeContext } from "./tree.ts";
import { type Candidates, useCandidates } from "./useCandidates.ts";
import { useLive } from "./useLive.ts";
import { useSelection } from "./useSelection.ts";
import { useTree } from "./useTree.ts";
import { useView } from "./useView.ts";

/** The order of the server where none is asked for. */
const newestFirst = { column: "created", descending: true };

const ColumnMenu = later(async () => (await import("./ColumnMenu.tsx")).ColumnMenu);

const EmptyCandidates = later(async () => (await import("./EmptyCandidates.tsx")).EmptyCandidates);

/** Loaded with the first chart. */
const PlotsPanel = later(async () => (await import("./plots/PlotsPanel.tsx")).PlotsPanel);

/** The candidates of an experiment, with all that narrows, orders and changes them. */
export function CandidatesTable({
  project,
  id,
  experiment,
  writes,
}: {
  project: string;
  id: string;
  experiment: Experiment | undefined;
  writes: boolean;
}) {
  const [view, change] = useView();
  const navigate = useNavigate();
  const grid = useRef<GridHandle>(null);
  const [menu, setMenu] = useState<{ column: string; anchor: HTMLElement }>();
  const { data: keys, error: keysError } = useQuery(columnsQuery(project, id));

  const chosen = useMemo(() => chosenColumns(view, keys), [view, keys]);
  const isNarrow = useNarrow();
  const columns = useMemo(() => ordered(chosen, isNarrow), [chosen, isNarrow]);
  // As text, so that the question stays the same object while nothing in it changes.
  const wanted = JSON.stringify(questionOf(project, id, view, keys));
  const of = useMemo<CandidatesOf>(() => JSON.parse(wanted), [wanted]);
  const sorting = view.sort ?? newestFirst;
  // Another question has another first row.
  const asked = `${view.filter} ${view.name} ${view.stage} ${sorting.column} ${sorting.descending}`;
  const candidates = useCandidates(
    of,
    asked,
    view.columns !== undefined || keys !== undefined || keysError !== null,
  );
  const isNewestFirst = sorting.column === newestFirst.column && sorting.descending;
  const size = experiment && experiment.candidates + experiment.deletedCandidates;
  const isReady = candidates.total !== undefined;
  const live = useLive(of, size, isReady, isNewestFirst ? undefined : sorting.column, grid);
  const tree = useTree(of, candidates);
  const { rowAt } = tree;
  const selection = useSelection(view, change, rowAt);

  const setColumns = useCallback(
    (columns: readonly ChosenColumn[] | undefined) => change({ columns }),
    [change],
  );
  const edit = useCallback(
    (id: string, next: Partial<ChosenColumn>) =>
      setColumns(chosen.map((one) => (one.id === id ? { ...one, ...next } : one))),
    [chosen, setColumns],
  );
  const sort = (column: string) => {
    if (sorting.column !== column) change({ sort: { column, descending: true } });
    else if (sorting.descending) change({ sort: { column, descending: false } });
    else change({ sort: undefined });
  };
  const move = (column: string, before: string) => {
    const moved = chosen.find((one) => one.id === column);
    if (moved === undefined || column === before) return;
    const others = chosen.filter((one) => one.id !== column);
    const target = chosen.find((one) => one.id === before);
    const at = Math.max(
      1,
      others.findIndex((one) => one.id === before),
    );
    const { isPinned: _, ...rest } = moved;
    others.splice(at, 0, target?.isPinned ? { ...rest, isPinned: true } : rest);
    setColumns(others);
  };
  const openCandidate = useCallback(
    ({ iid }: Candidate) =>
      void navigate({ to: "/p/$project/ml/candidates/$candidate", params: { project, candidate: iid } }),
    [navigate, project],
  );
  const open = (index: number) => {
    const row = rowAt(index);
    if (row !== undefined) openCandidate(row);
  };

  useShortcut("j ArrowDown", "Next candidate", () => grid.current?.move(1));
  useShortcut("k ArrowUp", "Previous candidate", () => grid.current?.move(-1));
  useShortcut("Enter", "Open the candidate", () => open(grid.current?.active() ?? -1));
  useShortcut("x", "Select the candidate", () => selection.select(grid.current?.active() ?? -1, false));
  useShortcut("/", "Filter", () => document.getElementById("filter")?.focus());

  const first = view.isCharts
    ? candidates
        .loaded()
        .slice(0, 10)
        .map(({ id }) => id)
    : [];
  const askedBefore = useRef(asked);
  useEffect(() => {
    if (askedBefore.current !== asked) grid.current?.toTop();
    askedBefore.current = asked;
  }, [asked]);

  const failure = candidates.error === null ? undefined : failureOf(candidates.error);
  const branchAt = (index: number) => {
    const row = rowAt(index);
    if (row === undefined) return { level: 1, isExpanded: undefined };
    return {
      level: tree.levels.get(row.id) ?? 1,
      isExpanded: row.children === 0 ? undefined : tree.isExpanded(row),
    };
  };
  const context = useMemo(
    () => ({
      project,
      open: openCandidate,
      isExpanded: tree.isExpanded,
      levels: tree.levels,
      hasBranches: tree.hasBranches,
    }),
    [project, openCandidate, tree.isExpanded, tree.levels, tree.hasBranches],
  );
  return (
    <div className={styles.content}>
      <Toolbar
        project={project}
        experiment={experiment}
        view={view}
        change={change}
        columns={chosen}
        keys={keys ?? noColumns}
        failure={failure}
        selected={selection.ids}
        total={of.isTopLevel ? undefined : candidates.total}
        of={of}
        onClear={selection.clear}
        writes={writes}
        setColumns={setColumns}
      />
      <div className={styles.both} data-charts={view.isCharts || undefined}>
        <div
          className={styles.table}
          data-stale={candidates.isStale && failure === undefined ? "" : undefined}
        >
          <TreeContext value={context}>
            <Grid<Candidate>
              ref={grid}
              label="Candidates"
              columns={columns}
              rowCount={candidates.total === undefined && failure === undefined ? 12 : tree.rowCount}
              rowAt={rowAt}
              labelOf={({ name, id }) => name || id}
              isSelected={({ id }) => selection.has(id)}
              isFaded={({ stage }) => stage !== (view.stage === "all" ? "active" : view.stage)}
              {...(of.isTopLevel ? { branchAt } : {})}
              allSelected={selection.state(candidates.loaded)}
              selectAllLabel={selectAllLabel(candidates)}
              sort={sorting}
              onRange={candidates.setRange}
              onSelect={selection.select}
              onSelectAll={() => selection.toggleAll(candidates.loaded)}
              onOpen={open}
              onExpand={tree.setExpanded}
              onSort={sort}
              onResize={(column, width) => edit(column, { width })}
              onMove={move}
              onMenu={(column, anchor) => void loadMenus().then(() => setMenu({ column, anchor }))}
            />
          </TreeContext>
          {candidates.error !== null || candidates.total === 0 ? (
            <EmptyCandidates
              project={project}
              experiment={experiment}
              view={view}
              total={candidates.total}
              error={candidates.error}
              retry={candidates.retry}
              change={change}
            />
          ) : null}
        </div>
        {view.isCharts ? (
          <div className={styles.plots}>
            <PlotsPanel
              of={of}
              keys={keys ?? noColumns}
              selected={selection.ids}
              first={first}
              isWaiting={candidates.total === undefined && failure === undefined}
            />
          </div>
        ) : null}
      </div>
      <StatusLine
        candidates={candidates}
        of={of}
        experiment={experiment}
        columns={chosen}
        live={live}
        view={view}
        change={change}
      />
      {menu === undefined ? null : (
        <ColumnMenu
          column={menu.column}
          anchor={menu.anchor}
          columns={chosen}
          onColumns={setColumns}
          onSort={(descending) =>
            change({ sort: descending === undefined ? undefined : { column: menu.column, descending } })
          }
          onClose={() => {
            setMenu(undefined);
            grid.current?.focus();
          }}
        />
      )}
    </div>
  );
}

/** What the box of the heading selects: of many, those that were looked at. */
function selectAllLabel({ loaded, total = 0 }: Candidates): string {
  const here = loaded().length;
  return here < total
    ? `Select the ${count(here)} loaded of ${counted(total, "candidate")}`
    : `Select all ${counted(total, "candidate")}`;
}

/** The columns of the grid: those that are pinned first. On a phone the pinned name leaves room for another column. */
function ordered(chosen: readonly ChosenColumn[], isNarrow: boolean) {
  const columns = chosen
    .map((one) => gridColumn(isNarrow && one.id === nameColumn ? { width: 132, ...one } : one))
    .filter((column) => column !== undefined);
  return [...columns.filter(({ isPinned }) => isPinned), ...columns.filter(({ isPinned }) => !isPinned)];
}
