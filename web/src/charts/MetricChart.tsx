import { type KeyboardEvent, memo, useCallback, useEffect, useId, useMemo, useRef, useState } from "react";
import { failureOf } from "../api/failure.ts";
import { count, counted } from "../format/number.ts";
import { Button, IconButton } from "../parts/Button.tsx";
import { Icon } from "../parts/Icon.tsx";
import { later } from "../parts/later.tsx";
import { Menu, MenuItem } from "../parts/Menu.tsx";
import { toast } from "../parts/Toast.tsx";
import { axisTitles } from "./axis-text.ts";
import styles from "./Chart.module.css";
import { keyed } from "./keyboard.ts";
import { LineCanvas, type Plot } from "./LineCanvas.tsx";
import type { Count } from "./lines.ts";
import type { Range } from "./points.ts";
import { placesOf, readAt, textOf } from "./reading.ts";
import type { ChartSettings } from "./settings.ts";
import { useThemeColours } from "./theme-colours.ts";
import { type ChartRun, useLines } from "./useLines.ts";
import { useWidth } from "./useWidth.ts";

const ReadingBox = later(async () => (await import("./ReadingBox.tsx")).ReadingBox);
const PointsTable = later(async () => (await import("./PointsTable.tsx")).PointsTable);

/** How near, in pixels, a point must be to stand for a run that has none at the place that is read. */
const reach = 8;

/** One metric of some runs: lines with all that reads, zooms and takes them away. */
export const MetricChart = memo(function MetricChart({
  project,
  metric,
  runs,
  settings,
  focus,
  isWide,
  isOnly,
  change,
}: {
  project: string;
  metric: string;
  runs: readonly ChartRun[];
  settings: ChartSettings;
  /** The run to which others give way. */
  focus: string | undefined;
  isWide: boolean;
  /** Whether it has the room of its group for itself, and so is always large. */
  isOnly: boolean;
  change: (change: Partial<ChartSettings>) => void;
}) {
  const { axis, isLog, zoom } = settings;
  const isSmoothed = settings.smoothing > 0;
  const title = useId();
  const help = useId();
  const [box, width] = useWidth();
  const height = isWide ? 420 : 216;
  const colours = useThemeColours();
  const { lines, range, whole, steps, count, error, retry, isWaiting, isStale } = useLines(
    project,
    metric,
    runs,
    settings,
    width,
  );
  const drawing = useMemo(
    () => ({ lines, isLog, isSmoothed, focus, colours }),
    [lines, isLog, isSmoothed, focus, colours],
  );
  const plot = useRef<Plot>(null);
  const [read, setRead] = useState<{ x: number; by: "pointer" | "keys" | "held" }>();
  const [isTable, setTable] = useState(false);
  const here = range ?? { from: 0, to: 1 };
  const reading = useMemo(
    () =>
      read === undefined
        ? undefined
        : readAt(within(lines, here), read.x, ((here.to - here.from) / Math.max(1, width)) * reach),
    [read, lines, here, width],
  );

  const onZoom = useCallback(
    (range: Range | undefined) => {
      setRead(undefined);
      const rounded = range && { from: Math.floor(range.from), to: Math.ceil(range.to) };
      change({ zoom: rounded !== undefined && rounded.to > rounded.from ? rounded : undefined });
    },
    [change],
  );
  const onPoint = useCallback(
    (x: number | undefined) =>
      setRead((now) => (now?.by === "held" ? now : x === undefined ? undefined : { x, by: "pointer" })),
    [],
  );
  // A click that selected nothing holds what is read.
  const pressed = useRef<number>(undefined);
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.target !== event.currentTarget || range === undefined || whole === undefined) return;
    if ((event.ctrlKey || event.metaKey) && event.key === "c" && reading !== undefined) {
      event.preventDefault();
      void navigator.clipboard.writeText(textOf(reading.rows));
      toast("Copied the values in full.");
      return;
    }
    const done = keyed(event, { range, whole, at: read?.x, places: () => placesOf(lines) });
    if (done === undefined) return;
    event.preventDefault();
    if ("zoom" in done) onZoom(done.zoom);
    if ("at" in done) setRead(done.at === undefined ? undefined : { x: done.at, by: "keys" });
  };
  const download = async (kind: "png" | "csv") => {
    try {
      const { csvOf, pngOf, save } = await import("./download.ts");
      if (kind === "csv") save(`${metric}.csv`, await csvOf(project, metric, lines, steps));
      else if (plot.current !== null)
        save(
          `${metric}.png`,
          await pngOf(plot.current.canvas, metric, lines, notesOf(count, isLog), colours),
        );
    } catch (error) {
      toast(failureOf(error).message);
    }
  };
  useEffect(() => {
    if (isTable) setRead(undefined);
  }, [isTable]);

  return (
    <figure
      className={styles.chart}
      aria-labelledby={title}
      data-metric={metric}
      data-wide={isWide || undefined}
    >
      <figcaption className={styles.head}>
        <h4 id={title} title={metric}>
          {metric}
        </h4>
        {zoom === undefined ? null : (
          <Button kind="quiet" icon="restore" onClick={() => onZoom(undefined)}>
            All
          </Button>
        )}
        <IconButton
          icon={isTable ? "chart" : "table"}
          label={isTable ? `Show ${metric} as a chart` : `Show ${metric} as a table`}
          onClick={() => setTable(!isTable)}
        />
        {isOnly ? null : (
          <IconButton
            icon="expand"
            label={isWide ? `Show ${metric} small` : `Show ${metric} large`}
            aria-pressed={isWide}
            onClick={() =>
              change({
                wide: isWide ? settings.wide.filter((one) => one !== metric) : [...settings.wide, metric],
              })
            }
          />
        )}
        <Menu trigger={<IconButton icon="download" label={`Download ${metric}`} />} align="end">
          <MenuItem icon="chart" onSelect={() => void download("png")} disabled={isTable}>
            Picture (PNG)
          </MenuItem>
          <MenuItem icon="table" onSelect={() => void download("csv")}>
            Every point (CSV)
          </MenuItem>
        </Menu>
      </figcaption>
      <div ref={box} className={styles.body} style={{ height }} data-stale={isStale || undefined}>
        {error !== null && lines.length === 0 ? (
          <div className={styles.problem} role="alert">
            <Icon name="warning" />
            <p>{failureOf(error).message}</p>
            <Button onClick={() => void retry()}>Try again</Button>
          </div>
        ) : isWaiting || width === 0 ? null : range === undefined ? (
          <p className={styles.none}>
            {settings.hidden.length > 0 ? "The runs with points are hidden." : "No points yet."}
          </p>
        ) : isTable ? (
          <PointsTable metric={metric} lines={lines} range={range} axis={axis} />
        ) : (
          <div
            className={styles.plot}
            role="application"
            aria-roledescription="line chart"
            aria-label={`${metric}: ${counted(lines.length, "run")} over ${axisTitles[axis].toLowerCase()}`}
            aria-describedby={help}
            // biome-ignore lint/a11y/noNoninteractiveTabindex: it is worked by keys
            tabIndex={0}
            onKeyDown={onKeyDown}
            onBlur={() => setRead((now) => (now?.by === "keys" ? undefined : now))}
            onPointerDown={(event) => {
              pressed.current = event.clientX;
            }}
            onClick={(event) => {
              if (Math.abs(event.clientX - (pressed.current ?? 0)) > 3) return;
              if (event.target instanceof Element && event.target.closest("button") !== null) return;
              setRead((now) =>
                now === undefined ? now : { x: now.x, by: now.by === "held" ? "pointer" : "held" },
              );
            }}
          >
            <LineCanvas
              drawing={drawing}
              axis={axis}
              range={range}
              width={width}
              height={height}
              plot={plot}
              onZoom={onZoom}
              onPoint={onPoint}
            />
            {reading === undefined || plot.current === null ? null : (
              <ReadingBox
                reading={reading}
                axis={axis}
                plot={plot.current}
                isLog={isLog}
                isSmoothed={isSmoothed}
                isHeld={read?.by === "held"}
                isSpoken={read?.by === "keys"}
                onClose={() => setRead(undefined)}
              />
            )}
            <span id={help} className="visually-hidden">
              Left and right read points, plus and minus zoom, shift with left and right moves along, zero
              shows all.
            </span>
          </div>
        )}
      </div>
      <p className={styles.notes} role="note">
        {notesOf(count, isLog).map((note) => (
          <span key={note}>{note}</span>
        ))}
      </p>
    </figure>
  );
});

/** Lines as far as they are within a range, so that nothing unseen is read. */
function within<
  T extends {
    xs: readonly number[];
    points: readonly unknown[];
    values: readonly number[];
    smoothed: readonly number[];
  },
>(lines: readonly T[], { from, to }: Range): T[] {
  return lines.map((line) => {
    const start = line.xs.findIndex((x) => x >= from);
    const end = line.xs.findLastIndex((x) => x <= to) + 1;
    if (start === 0 && end === line.xs.length) return line;
    const cut = <P,>(all: readonly P[]) => (start < 0 ? [] : all.slice(start, end));
    return {
      ...line,
      xs: cut(line.xs),
      points: cut(line.points),
      values: cut(line.values),
      smoothed: cut(line.smoothed),
    };
  });
}

/** What the eye would not notice: that points were left out, and values that have no place on the scale. */
function notesOf(found: Count | undefined, isLog: boolean): string[] {
  if (found === undefined) return [];
  const { drawn, all, isSampled, nan, over, under } = found;
  return [
    isSampled
      ? `sampled: ${count(drawn)} of ${counted(all, "point")}, every extreme among them`
      : counted(drawn, "point"),
    ...(nan > 0 ? [`× ${count(nan)} NaN`] : []),
    ...(over > 0 ? [`▲ ${count(over)} infinite`] : []),
    ...(under > 0 ? [`▼ ${count(under)} ${isLog ? "at or below 0" : "minus infinite"}`] : []),
  ];
}
