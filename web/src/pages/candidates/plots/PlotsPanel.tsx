import { useQuery } from "@tanstack/react-query";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { useCallback, useMemo } from "react";
import { type CandidatesOf, type Keys, mostPlotted, plottedQuery } from "../../../api/candidates.ts";
import { RunCharts } from "../../../charts/RunCharts.tsx";
import { count, counted } from "../../../format/number.ts";
import { later } from "../../../parts/later.tsx";
import { FailureNotice, Notice } from "../../../parts/Notice.tsx";
import { Switcher } from "../../../parts/Switcher.tsx";
import styles from "./Plots.module.css";
import { keysOfPlots, type Plots, parsePlots, printPlots } from "./plots.ts";

const PlotOfAll = later(async () => (await import("./PlotOfAll.tsx")).PlotOfAll);

const kinds = [
  { value: "lines", text: "Lines" },
  { value: "scatter", text: "Scatter" },
  { value: "parallel", text: "Parallel" },
  { value: "best", text: "Best" },
] as const;

/** As many are drawn while none is selected. */
const mostUnselected = 10;

/** Charts of the candidates that the table shows: lines of the selected ones, the others of all that match. */
export function PlotsPanel({
  of,
  keys,
  selected,
  first,
  isWaiting,
}: {
  of: CandidatesOf;
  /** Those that the candidates have. */
  keys: Keys;
  /** Run ids. */
  selected: readonly string[];
  /** The run ids at the top of the table. */
  first: readonly string[];
  /** Whether the table does not know yet. */
  isWaiting: boolean;
}) {
  const search = useSearch({ strict: false });
  const navigate = useNavigate();
  const plots = useMemo(() => parsePlots(search, keys), [search, keys]);
  const change = useCallback(
    (change: Partial<Plots>) =>
      void navigate({
        to: ".",
        search: (now) => ({ ...now, ...printPlots(change) }),
        replace: change.kind === undefined,
        resetScroll: false,
      }),
    [navigate],
  );
  const wanted = JSON.stringify(keysOfPlots(plots));
  const asked = useMemo(() => ({ ...of, isTopLevel: false, keys: JSON.parse(wanted) as Keys }), [of, wanted]);
  const { data, error, refetch, isFetching } = useQuery({
    ...plottedQuery(asked),
    enabled: plots.kind !== "lines",
    placeholderData: (before) => before,
  });
  const isLines = plots.kind === "lines";
  const ids = selected.length > 0 ? selected.slice(0, 50) : first.slice(0, mostUnselected);
  const marked = useMemo(() => new Set(selected), [selected]);
  const common = { project: of.project, keys, plots, change, rows: data?.rows ?? [], marked };
  return (
    <section className={styles.panel} aria-label="Charts of candidates">
      <div className={styles.head}>
        <Switcher
          label="Kind of chart"
          value={plots.kind}
          choices={kinds}
          onChoose={(kind) => change({ kind })}
        />
        <p>
          {isLines
            ? selected.length > 50
              ? "The first 50 of the selected"
              : selected.length > 0
                ? `${count(selected.length)} selected`
                : ids.length === 0
                  ? ""
                  : ids.length === 1
                    ? "The only candidate of the table"
                    : `The first ${counted(ids.length, "candidate")} of the table: select others`
            : data === undefined
              ? ""
              : data.hasNext
                ? `The first ${count(mostPlotted)} candidates that match`
                : `All ${counted(data.rows.length, "candidate")} that match`}
        </p>
      </div>
      {isLines ? (
        ids.length === 0 && isWaiting ? null : ids.length === 0 ? (
          <Notice icon="chart" title="No candidates to draw" />
        ) : (
          <RunCharts project={of.project} runIds={ids} />
        )
      ) : error !== null && data === undefined ? (
        <FailureNotice error={error} retry={refetch} />
      ) : isWaiting ? null : keys.metrics.length === 0 ? (
        <Notice icon="chart" title="No metrics yet" />
      ) : (
        <div data-stale={isFetching || undefined}>
          <PlotOfAll {...common} />
        </div>
      )}
    </section>
  );
}
