import { type PointerEvent, useMemo, useRef, useState } from "react";
import { scaleOf } from "../../../charts/scale.ts";
import { useWidth } from "../../../charts/useWidth.ts";
import { count } from "../../../format/number.ts";
import { Button } from "../../../parts/Button.tsx";
import { Panel } from "../../../parts/Panel.tsx";
import { titleOf } from "../columns.ts";
import { ColumnSelect } from "./ColumnSelect.tsx";
import styles from "./Plots.module.css";
import type { PlotProps } from "./plot-props.ts";
import { columnValue } from "./plots.ts";
import { shown } from "./ScatterPlot.tsx";

const margin = { top: 44, right: 56, bottom: 16, left: 56 };
const height = 440;
const h = height - margin.top - margin.bottom;
/** Axes nearer than this, in pixels, have no room for their marks: the plot scrolls instead. */
const leastGap = 112;

interface Brush {
  from: number;
  to: number;
}

/** Each candidate as a line across axes of params and metrics; parts of axes choose which lines stand out. */
export function ParallelPlot({ keys, plots, change, rows, marked }: PlotProps) {
  const { axes, by, brushes } = plots;
  const [box, room] = useWidth();
  const [active, setActive] = useState<string>();
  const width = Math.max(room, margin.left + margin.right + (axes.length - 1) * leastGap);
  const gap = axes.length < 2 ? 0 : (width - margin.left - margin.right) / (axes.length - 1);
  const scales = useMemo(
    () => axes.map((id) => scaleOf(rows.map((row) => columnValue(row, id)))),
    [axes, rows],
  );
  const colour = useMemo(() => scaleOf(rows.map((row) => columnValue(row, by))), [rows, by]);
  const lines = useMemo(
    () =>
      rows.map((row) => {
        const places = axes.map((id, i) => scales[i]?.at(columnValue(row, id)));
        const isIn = axes.every((id, i) => {
          const brush = brushes.get(id);
          const at = places[i];
          return brush === undefined || (at !== undefined && at >= brush.from && at <= brush.to);
        });
        return { row, places, isIn };
      }),
    [rows, axes, scales, brushes],
  );
  const setBrush = (id: string, brush: Brush | undefined) => {
    const next = new Map(brushes);
    if (brush === undefined) next.delete(id);
    else next.set(id, brush);
    change({ brushes: next });
  };
  const inside = lines.filter(({ isIn }) => isIn).length;
  const complete = lines.filter(({ places }) => places.every((at) => at !== undefined)).length;
  const one = lines.find(({ row }) => row.id === active);
  const drawn = [...lines].sort(
    (a, b) => Number(a.isIn) - Number(b.isIn) || Number(a.row.id === active) - Number(b.row.id === active),
  );
  return (
    <>
      <div className={styles.tools}>
        <ColumnSelect
          label="Coloured by"
          value={by}
          keys={keys}
          hasParams={false}
          onChoose={(by) => change({ by })}
        />
        <Panel trigger={<Button icon="columns" />} label="Axes" title="Axes" align="start">
          <div className={styles.axes}>
            {[
              ...keys.params.map((key) => `params.${key}`),
              ...keys.metrics.map((key) => `metrics.${key}`),
            ].map((id) => (
              <label key={id}>
                <input
                  type="checkbox"
                  checked={axes.includes(id)}
                  disabled={axes.length === 1 && axes.includes(id)}
                  onChange={(event) =>
                    change({ axes: event.target.checked ? [...axes, id] : axes.filter((one) => one !== id) })
                  }
                />
                <span>{titleOf(id)}</span>
                <small>{id.startsWith("params.") ? "parameter" : "metric"}</small>
              </label>
            ))}
          </div>
        </Panel>
        {brushes.size === 0 ? null : (
          <Button kind="quiet" icon="close" onClick={() => change({ brushes: new Map() })}>
            Clear the ranges
          </Button>
        )}
        <span className={styles.ramp}>
          {colour.marks[0]?.text} <i aria-hidden="true" /> {colour.marks.at(-1)?.text}
        </span>
      </div>
      <section ref={box} className={styles.plot} style={{ height: height + 8 }} aria-label="Axes">
        {room === 0 ? null : (
          <svg
            width={width}
            height={height}
            role="application"
            aria-roledescription="parallel axes"
            aria-label={`Parallel axes: ${rows.length} candidates`}
          >
            {drawn.map(({ row, places, isIn }) => {
              const at = colour.at(columnValue(row, by));
              return (
                <path
                  key={row.id}
                  className={styles.run}
                  data-out={!isIn || undefined}
                  data-active={row.id === active || undefined}
                  data-marked={marked.has(row.id) || undefined}
                  d={pathOf(places, gap)}
                  style={
                    isIn && at !== undefined
                      ? {
                          stroke: colourAt(at),
                        }
                      : undefined
                  }
                  onPointerEnter={() => setActive(row.id)}
                  onPointerLeave={() => setActive(undefined)}
                />
              );
            })}
            {axes.map((id, i) => (
              <Axis
                key={id}
                id={id}
                left={margin.left + i * gap}
                scale={scales[i]}
                brush={brushes.get(id)}
                onBrush={(brush) => setBrush(id, brush)}
              />
            ))}
          </svg>
        )}
      </section>
      <p className={styles.notes} role="status">
        {one === undefined
          ? `${brushes.size === 0 ? `${count(rows.length)} drawn` : `${count(inside)} of ${count(rows.length)} within the ranges`}${
              complete < rows.length
                ? `, ${count(rows.length - complete)} with gaps where they have no value`
                : ""
            }`
          : `${one.row.name || one.row.id}: ${axes.map((id) => `${titleOf(id)} ${shown(columnValue(one.row, id))}`).join(", ")}`}
      </p>
    </>
  );
}

/** The colour of a place on the scale, from 0 to 1. */
const colourAt = (at: number): string =>
  at < 0.5
    ? `color-mix(in oklab, var(--middle) ${(at * 200).toFixed(1)}%, var(--least))`
    : `color-mix(in oklab, var(--greatest) ${(at * 200 - 100).toFixed(1)}%, var(--middle))`;

/** A line through the places; a gap where there is none. */
function pathOf(places: readonly (number | undefined)[], gap: number): string {
  let isOpen = false;
  return places
    .map((at, i) => {
      if (at === undefined) {
        isOpen = false;
        return "";
      }
      const [x, y] = [margin.left + i * gap, margin.top + (1 - at) * h];
      const text = isOpen ? `L${x} ${y}` : `M${x} ${y}h0.01`;
      isOpen = true;
      return text;
    })
    .join("");
}

function Axis({
  id,
  left,
  scale,
  brush,
  onBrush,
}: {
  id: string;
  left: number;
  scale: ReturnType<typeof scaleOf> | undefined;
  brush: Brush | undefined;
  onBrush: (brush: Brush | undefined) => void;
}) {
  const start = useRef<number>(undefined);
  const [dragged, setDragged] = useState<Brush>();
  const shownBrush = dragged ?? brush;
  const at = (event: PointerEvent<SVGRectElement>) => {
    const box = event.currentTarget.getBoundingClientRect();
    return Math.max(0, Math.min(1, 1 - (event.clientY - box.top) / box.height));
  };
  const title = titleOf(id);
  const end = () => {
    start.current = undefined;
    if (dragged !== undefined) onBrush(dragged.to - dragged.from < 0.01 ? undefined : dragged);
    else onBrush(undefined);
    setDragged(undefined);
  };
  return (
    <g transform={`translate(${left} ${margin.top})`} className={styles.scale}>
      <text y={-24} textAnchor="middle" className={styles.axis}>
        <title>{id}</title>
        {title.length > 18 ? `${title.slice(0, 17)}…` : title}
      </text>
      {scale?.isLog ? (
        <text y={-11} textAnchor="middle">
          log
        </text>
      ) : null}
      <line y2={h} className={styles.strong} />
      {scale?.marks.map((mark) => (
        <text key={mark.text} x={7} y={(1 - mark.at) * h} dy="0.32em">
          {mark.text}
        </text>
      ))}
      <rect
        className={styles.grab}
        x={-10}
        width={20}
        height={h}
        role="slider"
        aria-orientation="vertical"
        aria-label={`Range of ${title}`}
        aria-valuemin={0}
        aria-valuemax={100}
        aria-valuenow={Math.round((brush?.from ?? 0) * 100)}
        aria-valuetext={
          brush === undefined
            ? "all"
            : `from ${Math.round(brush.from * 100)} to ${Math.round(brush.to * 100)} percent of the axis`
        }
        tabIndex={0}
        onPointerDown={(event) => {
          event.currentTarget.setPointerCapture(event.pointerId);
          start.current = at(event);
        }}
        onPointerMove={(event) => {
          if (start.current === undefined) return;
          const now = at(event);
          setDragged({ from: Math.min(start.current, now), to: Math.max(start.current, now) });
        }}
        onPointerUp={end}
        onKeyDown={(event) => {
          const now = brush ?? { from: 0, to: 1 };
          if (event.key === "ArrowUp") onBrush({ ...now, from: Math.min(now.from + 0.05, now.to - 0.05) });
          else if (event.key === "ArrowDown")
            onBrush({ ...now, to: Math.max(now.to - 0.05, now.from + 0.05) });
          else if (event.key === "Escape" || event.key === "Delete") onBrush(undefined);
          else return;
          event.preventDefault();
        }}
      />
      {shownBrush === undefined ? null : (
        <rect
          className={styles.brush}
          x={-6}
          width={12}
          y={(1 - shownBrush.to) * h}
          height={Math.max(1, (shownBrush.to - shownBrush.from) * h)}
          rx={3}
        />
      )}
    </g>
  );
}
