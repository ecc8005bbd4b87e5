import { useNavigate } from "@tanstack/react-router";
import { useMemo, useState } from "react";
import type { Candidate } from "../../../api/candidates.ts";
import { scaleOf } from "../../../charts/scale.ts";
import { useWidth } from "../../../charts/useWidth.ts";
import { count, shortNumber } from "../../../format/number.ts";
import { titleOf } from "../columns.ts";
import { ColumnSelect } from "./ColumnSelect.tsx";
import styles from "./Plots.module.css";
import type { PlotProps } from "./plot-props.ts";
import { columnValue } from "./plots.ts";

const margin = { top: 12, right: 16, bottom: 44, left: 64 };
const height = 420;

/** Each candidate as a point: a param or metric against another. */
export function ScatterPlot({ project, keys, plots: { x, y }, change, rows, marked }: PlotProps) {
  const navigate = useNavigate();
  const [box, width] = useWidth();
  const [at, setAt] = useState<number>();
  const [xs, ys] = useMemo(
    () => [scaleOf(rows.map((row) => columnValue(row, x))), scaleOf(rows.map((row) => columnValue(row, y)))],
    [rows, x, y],
  );
  const [w, h] = [Math.max(0, width - margin.left - margin.right), height - margin.top - margin.bottom];
  const points = useMemo(
    () =>
      rows
        .flatMap((row) => {
          const [px, py] = [xs.at(columnValue(row, x)), ys.at(columnValue(row, y))];
          return px === undefined || py === undefined
            ? []
            : [{ row, left: margin.left + px * w, top: margin.top + (1 - py) * h }];
        })
        .sort((a, b) => a.left - b.left),
    [rows, xs, ys, x, y, w, h],
  );
  const point = at === undefined ? undefined : points[at];
  const open = ({ iid }: Candidate) =>
    void navigate({ to: "/p/$project/ml/candidates/$candidate", params: { project, candidate: iid } });
  const placeless = rows.length - points.length;
  return (
    <>
      <div className={styles.tools}>
        <ColumnSelect label="Across" value={x} keys={keys} onChoose={(x) => change({ x })} />
        <ColumnSelect label="Up" value={y} keys={keys} onChoose={(y) => change({ y })} />
      </div>
      <div ref={box} className={styles.plot} style={{ height }}>
        <svg
          width={width}
          height={height}
          role="application"
          aria-roledescription="scatter plot"
          aria-label={`${titleOf(y)} against ${titleOf(x)}: ${points.length} candidates`}
          // biome-ignore lint/a11y/noNoninteractiveTabindex: it is worked by keys
          tabIndex={0}
          onKeyDown={(event) => {
            const by = event.key === "ArrowRight" ? 1 : event.key === "ArrowLeft" ? -1 : 0;
            if (by !== 0 && points.length > 0)
              setAt(Math.max(0, Math.min(points.length - 1, (at ?? (by > 0 ? -1 : points.length)) + by)));
            else if (event.key === "Enter" && point !== undefined) open(point.row);
            else if (event.key === "Escape" && at !== undefined) setAt(undefined);
            else return;
            event.preventDefault();
          }}
          onPointerLeave={() => setAt(undefined)}
          onBlur={() => setAt(undefined)}
        >
          {xs.marks.map(({ at, text }) => (
            <g key={text} transform={`translate(${margin.left + at * w} ${margin.top})`}>
              <line y2={h} className={styles.line} />
              <text y={h + 16} textAnchor="middle">
                {text}
              </text>
            </g>
          ))}
          {ys.marks.map(({ at, text }) => (
            <g key={text} transform={`translate(${margin.left} ${margin.top + (1 - at) * h})`}>
              <line x2={w} className={styles.line} />
              <text x={-8} dy="0.32em" textAnchor="end">
                {text}
              </text>
            </g>
          ))}
          <text x={margin.left + w / 2} y={height - 6} textAnchor="middle" className={styles.axis}>
            {titleOf(x)}
            {xs.isLog ? " (log)" : ""}
          </text>
          <text
            textAnchor="middle"
            className={styles.axis}
            transform={`translate(13 ${margin.top + h / 2}) rotate(-90)`}
          >
            {titleOf(y)}
            {ys.isLog ? " (log)" : ""}
          </text>
          {points.map(({ row, left, top }, i) => (
            // biome-ignore lint/a11y/noStaticElementInteractions: the keys of the plot do the same
            <circle
              key={row.id}
              className={styles.point}
              data-marked={marked.has(row.id) || undefined}
              data-active={i === at || undefined}
              cx={left}
              cy={top}
              r={i === at ? 6 : 4.5}
              onPointerEnter={() => setAt(i)}
              onClick={() => open(row)}
            />
          ))}
        </svg>
        {point === undefined ? null : (
          <div
            className={styles.tip}
            role="status"
            style={
              point.left < width / 2
                ? { left: point.left + 12, top: point.top }
                : { right: width - point.left + 12, top: point.top }
            }
          >
            <strong>{point.row.name || point.row.id}</strong>
            {[x, y].map((id) => (
              <span key={id}>
                {titleOf(id)} <b>{shown(columnValue(point.row, id))}</b>
              </span>
            ))}
          </div>
        )}
      </div>
      <p className={styles.notes}>
        {count(points.length)} drawn
        {placeless > 0 ? `, ${count(placeless)} without a finite value of both` : ""}
      </p>
    </>
  );
}

export const shown = (value: string | number | undefined): string =>
  value === undefined ? "–" : typeof value === "number" ? shortNumber(value) : value.slice(0, 60);
