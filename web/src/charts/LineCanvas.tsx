import { useEffect, useImperativeHandle, useLayoutEffect, useRef } from "react";
import uPlot from "uplot";
import "uplot/dist/uPlot.min.css";
import { shortNumber } from "../format/number.ts";
import { axisTexts, axisTitles, timeSteps } from "./axis-text.ts";
import { type Drawing, drawLines } from "./draw-lines.ts";
import { heights } from "./lines.ts";
import type { Axis, Range } from "./points.ts";
import { logTicks } from "./ticks.ts";

/** What stands around the lines needs to know where they are. All in pixels of the chart's box. */
export interface Plot {
  canvas: HTMLCanvasElement;
  left: number;
  top: number;
  width: number;
  height: number;
  xAt(pixel: number): number;
  pixelOfX(x: number): number;
  pixelOfY(value: number): number;
}

/** The lines of a chart with their axes, on a canvas: uPlot's scales, axes and selection around our drawing. */
export function LineCanvas({
  drawing,
  axis,
  range,
  width,
  height,
  plot,
  onZoom,
  onPoint,
}: {
  drawing: Drawing;
  axis: Axis;
  range: Range;
  width: number;
  height: number;
  plot: React.Ref<Plot | null>;
  /** @param range undefined for all. */
  onZoom: (range: Range | undefined) => void;
  /** Where the pointer is, within the plot; undefined when it leaves. */
  onPoint: (x: number | undefined) => void;
}) {
  const box = useRef<HTMLDivElement>(null);
  const chart = useRef<uPlot>(null);
  const latest = useRef({ drawing, range, onZoom, onPoint });
  latest.current = { drawing, range, onZoom, onPoint };
  const { isLog, colours } = drawing;

  // biome-ignore lint/correctness/useExhaustiveDependencies: a change of size or data does not make a new chart
  useLayoutEffect(() => {
    if (box.current === null) return;
    const made = new uPlot(
      options({ axis, isLog, colours, width, height }, latest),
      dataOf(range),
      box.current,
    );
    chart.current = made;
    return () => {
      chart.current = null;
      made.destroy();
    };
  }, [axis, isLog, colours]);

  useEffect(() => {
    chart.current?.setSize({ width, height });
  }, [width, height]);
  // biome-ignore lint/correctness/useExhaustiveDependencies: the drawing is read while it is drawn
  useEffect(() => {
    chart.current?.setData(dataOf(range));
  }, [range, drawing]);

  useImperativeHandle(plot, () => {
    const u = () => chart.current;
    const offset = (part: "left" | "top") => (u()?.bbox[part] ?? 0) / devicePixelRatio;
    return {
      get canvas() {
        return u()?.ctx.canvas as HTMLCanvasElement;
      },
      get left() {
        return offset("left");
      },
      get top() {
        return offset("top");
      },
      get width() {
        return (u()?.bbox.width ?? 0) / devicePixelRatio;
      },
      get height() {
        return (u()?.bbox.height ?? 0) / devicePixelRatio;
      },
      xAt: (pixel) => u()?.posToVal(pixel - offset("left"), "x") ?? 0,
      pixelOfX: (x) => (u()?.valToPos(x, "x") ?? 0) + offset("left"),
      pixelOfY: (value) => (u()?.valToPos(value, "y") ?? 0) + offset("top"),
    };
  }, []);
  return <div ref={box} aria-hidden="true" />;
}

/** uPlot asks for data; ours is drawn by us, so it gets the edges alone. */
const dataOf = ({ from, to }: Range): uPlot.AlignedData => [
  [from, to],
  [1, 1],
];

interface Latest {
  drawing: Drawing;
  range: Range;
  onZoom: (range: Range | undefined) => void;
  onPoint: (x: number | undefined) => void;
}

function options(
  {
    axis,
    isLog,
    colours,
    width,
    height,
  }: { axis: Axis; isLog: boolean; colours: Drawing["colours"]; width: number; height: number },
  latest: { current: Latest },
): uPlot.Options {
  const font = `11px ${colours.font}`;
  const common = { stroke: colours.textSoft, font, ticks: { show: false }, border: { show: false } };
  const grid = { stroke: colours.line, width: 1 };
  return {
    width,
    height,
    padding: [8, 12, 0, 0],
    legend: { show: false },
    cursor: {
      x: false,
      y: false,
      points: { show: false },
      drag: { x: true, y: false, setScale: false, dist: 4 },
      bind: {
        dblclick: () => () => {
          latest.current.onZoom(undefined);
          return null;
        },
      },
    },
    scales: {
      x: {
        time: false,
        range: () => {
          const { from, to } = latest.current.range;
          return from === to ? [from - 1, to + 1] : [from, to];
        },
      },
      y: {
        distr: isLog ? 3 : 1,
        range: () => {
          const { drawing, range } = latest.current;
          const found = heights(drawing.lines, range, isLog);
          if (found === undefined) return isLog ? [0.1, 10] : [0, 1];
          return isLog ? logRange(found) : linearRange(found);
        },
      },
    },
    axes: [
      {
        ...common,
        grid: { ...grid, show: false },
        border: { show: true, stroke: colours.line, width: 1 },
        space: axis === "step" ? 56 : 72,
        size: axis === "time" ? 34 : 22,
        gap: 6,
        label: axisTitles[axis],
        labelSize: 16,
        labelGap: 0,
        labelFont: font,
        ...(axis === "step" ? { incrs: wholeSteps } : { incrs: timeSteps }),
        values: (_, marks) => axisTexts(axis, marks),
      },
      {
        ...common,
        grid,
        gap: 6,
        space: 32,
        ...(isLog
          ? {
              splits: (u, _axis, min, max) => logTicks(min, max, u.height / 40),
              filter: (_, marks) => marks,
            }
          : {}),
        size: (_, texts) => 14 + Math.max(0, ...(texts ?? []).map((text) => String(text ?? "").length)) * 6.2,
        values: (_, marks) => marks.map((mark) => (mark === null ? "" : shortNumber(mark))),
      },
    ],
    series: [{}, { show: true, paths: () => null, points: { show: false } }],
    hooks: {
      draw: [(u) => drawLines(u, latest.current.drawing)],
      setCursor: [
        (u) => {
          const { left = -1 } = u.cursor;
          latest.current.onPoint(left < 0 ? undefined : u.posToVal(left, "x"));
        },
      ],
      setSelect: [
        (u) => {
          const { left, width } = u.select;
          if (width < 4) return;
          latest.current.onZoom({ from: u.posToVal(left, "x"), to: u.posToVal(left + width, "x") });
          u.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
        },
      ],
    },
  };
}

/** Steps are whole numbers, and so are their marks. */
const wholeSteps = Array.from({ length: 17 }, (_, power) => [1, 2, 5].map((n) => n * 10 ** power)).flat();

const linearRange = ({ from, to }: Range): [number, number] => {
  const room = to === from ? Math.abs(to) * 0.1 || 1 : (to - from) * 0.06;
  return [from - room, to + room];
};

const logRange = ({ from, to }: Range): [number, number] =>
  to / from < 1.01 ? [from / 2, to * 2] : [from / (to / from) ** 0.05, to * (to / from) ** 0.05];
