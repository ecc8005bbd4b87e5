import { Link } from "@tanstack/react-router";
import { useMemo, useState } from "react";
import { count, shortNumber } from "../../../format/number.ts";
import { Button } from "../../../parts/Button.tsx";
import { Switcher } from "../../../parts/Switcher.tsx";
import { usualBest } from "../../compare/compare.ts";
import { parseColumn } from "../column-ids.ts";
import { titleOf } from "../columns.ts";
import { ColumnSelect } from "./ColumnSelect.tsx";
import styles from "./Plots.module.css";
import type { PlotProps } from "./plot-props.ts";
import { columnValue } from "./plots.ts";

const directions = [
  { value: "greatest", text: "Greatest first" },
  { value: "least", text: "Least first" },
] as const;

const mostBars = 20;

/** The best candidates by a metric, as bars from zero. */
export function BestBars({ project, keys, plots, change, rows, marked }: PlotProps) {
  const { by } = plots;
  const [most, setMost] = useState(mostBars);
  const direction =
    plots.isLeastBest === undefined
      ? usualBest(parseColumn(by)?.key ?? "")
      : plots.isLeastBest
        ? "least"
        : "greatest";
  const valued = useMemo(() => {
    const found = rows.flatMap((row) => {
      const value = columnValue(row, by);
      return typeof value === "number" && Number.isFinite(value) ? [{ row, value }] : [];
    });
    return found.sort((a, b) => (direction === "least" ? a.value - b.value : b.value - a.value));
  }, [rows, by, direction]);
  const bars = valued.slice(0, most);
  const least = Math.min(0, ...bars.map(({ value }) => value));
  const greatest = Math.max(0, ...bars.map(({ value }) => value));
  const percent = (value: number) => (greatest === least ? 0 : ((value - least) / (greatest - least)) * 100);
  return (
    <>
      <div className={styles.tools}>
        <ColumnSelect
          label="Metric"
          value={by}
          keys={keys}
          hasParams={false}
          onChoose={(by) => change({ by, isLeastBest: undefined })}
        />
        <Switcher
          label="Which is best"
          value={direction}
          choices={directions}
          onChoose={(chosen) => change({ isLeastBest: chosen === "least" })}
        />
      </div>
      <ol className={styles.bars} aria-label={`Best by ${titleOf(by)}`}>
        {bars.map(({ row, value }) => {
          const [from, to] = [percent(Math.min(0, value)), percent(Math.max(0, value))];
          return (
            <li key={row.id} data-marked={marked.has(row.id) || undefined}>
              <Link
                to="/p/$project/ml/candidates/$candidate"
                params={{ project, candidate: row.iid }}
                title={row.name || row.id}
              >
                {row.name || row.id}
              </Link>
              <span className={styles.track} aria-hidden="true">
                <span style={{ left: `${from}%`, width: `max(1px, ${to - from}%)` }} />
              </span>
              <span title={String(value)}>{shortNumber(value)}</span>
            </li>
          );
        })}
      </ol>
      {valued.length > most ? (
        <Button kind="quiet" onClick={() => setMost(most * 2)}>
          Show more
        </Button>
      ) : null}
      <p className={styles.notes}>
        {`${count(bars.length)} of ${count(valued.length)}`}
        {rows.length > valued.length ? `, ${count(rows.length - valued.length)} without a finite value` : ""}
      </p>
    </>
  );
}
