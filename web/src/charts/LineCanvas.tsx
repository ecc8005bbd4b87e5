import {
  type MouseEvent,
  useEffect,
  useImperativeHandle,
  useLayoutEffect,
  useMemo,
  useRef,
  useState,
} from "react";
import styles from "./Chart.module.css";
import { drawAxes } from "./draw-axes.ts";
import { type Drawing, drawLines } from "./draw-lines.ts";
import { pixelOfX, pixelOfY, planeOf, xAt } from "./plane.ts";
import type { Axis, Range } from "./points.ts";

/** What stands around the lines needs to know where they are. All in pixels of the chart's box. */
export interface Plot {
  canvas: HTMLCanvasElement;
  left: number;
  top: number;
  width: number;
  height: number;
  pixelOfX(x: number): number;
  pixelOfY(value: number): number;
}

/** From so many pixels on the pointer drags; below, it clicks. */
const leastDrag = 4;

/** The lines of a chart with their axes, on a canvas, and what a pointer does over them. */
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
  const canvas = useRef<HTMLCanvasElement>(null);
  const { lines, isLog } = drawing;
  const plane = useMemo(
    () => planeOf(lines, { axis, isLog, range, width, height }),
    [lines, axis, isLog, range, width, height],
  );
  const [dragged, setDragged] = useState<Range>();
  const stopDragging = useRef(() => {});
  useEffect(() => () => stopDragging.current(), []);

  useLayoutEffect(() => {
    const ctx = canvas.current?.getContext("2d");
    if (canvas.current === null || !ctx) return;
    const ratio = devicePixelRatio;
    canvas.current.width = Math.round(width * ratio);
    canvas.current.height = Math.round(height * ratio);
    ctx.scale(ratio, ratio);
    drawAxes(ctx, plane, axis, drawing.colours);
    drawLines(ctx, plane, drawing);
  }, [plane, drawing, axis, width, height]);

  useImperativeHandle(
    plot,
    () => ({
      canvas: canvas.current as HTMLCanvasElement,
      left: plane.left,
      top: plane.top,
      width: plane.width,
      height: plane.height,
      pixelOfX: (x) => pixelOfX(plane, x),
      pixelOfY: (value) => pixelOfY(plane, value),
    }),
    [plane],
  );

  /** Of the chart's box, within the plot. */
  const pixelIn = (over: Element, { clientX }: { clientX: number }) => {
    const { left } = over.getBoundingClientRect();
    return plane.left + Math.min(plane.width, Math.max(0, clientX - left));
  };
  /** Follows the pointer wherever it goes, until it is let go: that is what is zoomed into. */
  const drag = (event: MouseEvent) => {
    if (event.button !== 0) return;
    const over = event.currentTarget;
    const start = pixelIn(over, event);
    const between = (now: number): Range => ({ from: Math.min(start, now), to: Math.max(start, now) });
    const isDrag = ({ from, to }: Range) => to - from >= leastDrag;
    const onMove = (event: globalThis.MouseEvent) => {
      const found = between(pixelIn(over, event));
      setDragged(isDrag(found) ? found : undefined);
    };
    const onUp = (event: globalThis.MouseEvent) => {
      stopDragging.current();
      setDragged(undefined);
      const found = between(pixelIn(over, event));
      if (isDrag(found)) onZoom({ from: xAt(plane, found.from), to: xAt(plane, found.to) });
    };
    stopDragging.current = () => {
      document.removeEventListener("mousemove", onMove);
      document.removeEventListener("mouseup", onUp);
    };
    document.addEventListener("mousemove", onMove);
    document.addEventListener("mouseup", onUp);
    // What is dragged over is no text to be selected.
    event.preventDefault();
    const focusable = over.closest<HTMLElement>("[tabindex]");
    focusable?.focus({ preventScroll: true });
  };

  return (
    <div className={styles.canvas} aria-hidden="true" style={{ width, height }}>
      <canvas ref={canvas} style={{ width, height }} />
      {dragged === undefined ? null : (
        <div
          className={styles.dragged}
          style={{
            left: dragged.from,
            width: dragged.to - dragged.from,
            top: plane.top,
            height: plane.height,
          }}
        />
      )}
      {/* biome-ignore lint/a11y/noStaticElementInteractions: keys do the same on the chart around it */}
      <div
        className={styles.over}
        data-plot=""
        style={{ left: plane.left, top: plane.top, width: plane.width, height: plane.height }}
        onMouseMove={(event) => onPoint(xAt(plane, pixelIn(event.currentTarget, event)))}
        onMouseLeave={() => onPoint(undefined)}
        onMouseDown={drag}
        onDoubleClick={() => onZoom(undefined)}
      />
    </div>
  );
}
