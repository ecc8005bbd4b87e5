import { useLayoutEffect, useRef, useState } from "react";
import { count, shortNumber } from "../format/number.ts";
import { exactTime } from "../format/time.ts";
import { IconButton } from "../parts/Button.tsx";
import { CopyButton } from "../parts/Copy.tsx";
import { placeText } from "./axis-text.ts";
import styles from "./Chart.module.css";
import type { Plot } from "./LineCanvas.tsx";
import { isDrawable } from "./lines.ts";
import { cssColour } from "./palette.ts";
import type { Axis, Range } from "./points.ts";
import { beside, type Reading, textOf } from "./reading.ts";
import { Swatch } from "./Swatch.tsx";

const mostRows = 12;

/** Pixels that it leaves free at the edges of what is seen. */
const edge = 4;

/** The values of all runs at a place, beside it; once it is held, its rows can be copied. */
export function ReadingBox({
  reading,
  axis,
  plot,
  isLog,
  isSmoothed,
  isHeld,
  isSpoken,
  onClose,
}: {
  reading: Reading;
  axis: Axis;
  plot: Plot;
  isLog: boolean;
  isSmoothed: boolean;
  /** Whether it stays until it is closed. */
  isHeld: boolean;
  /** Whether it is read aloud: it was moved by the keyboard. */
  isSpoken: boolean;
  onClose: () => void;
}) {
  const { x, rows } = reading;
  const left = plot.pixelOfX(x);
  const box = useRef<HTMLDivElement>(null);
  const [width, setWidth] = useState(0);
  // Before it is painted, since where it stands depends on it.
  useLayoutEffect(() => setWidth(box.current?.offsetWidth ?? 0));
  const shown = isHeld ? rows : rows.slice(0, mostRows);
  return (
    <>
      <div
        className={styles.cursor}
        style={{ left, top: plot.top, height: plot.height }}
        aria-hidden="true"
      />
      {rows.map(({ line, point, smoothed, x }) => {
        const value = isSmoothed ? smoothed : point.value;
        if (!isDrawable(value, isLog)) return null;
        return (
          <div
            key={line.id}
            className={styles.dot}
            style={{
              left: plot.pixelOfX(x),
              top: plot.pixelOfY(value),
              background: cssColour(line.look),
            }}
            aria-hidden="true"
          />
        );
      })}
      <div
        className={styles.reading}
        data-held={isHeld || undefined}
        ref={box}
        style={{
          left: beside(left, width, left < plot.left + plot.width / 2, roomAround(plot)),
          top: plot.top,
        }}
        role="status"
        aria-live={isSpoken ? "polite" : "off"}
      >
        <div className={styles.readingHead}>
          <strong>{placeText(axis, x, exactTime)}</strong>
          {isHeld ? (
            <>
              <CopyButton text={textOf(rows)} label="Copy the values in full" />
              <IconButton icon="close" label="Let go" onClick={onClose} />
            </>
          ) : null}
        </div>
        <table>
          <thead className="visually-hidden">
            <tr>
              <th scope="col">Run</th>
              <th scope="col">Value</th>
              {isSmoothed ? <th scope="col">Smoothed</th> : null}
              <th scope="col">Of another step</th>
            </tr>
          </thead>
          <tbody>
            {shown.map(({ line, point, smoothed, isNear }) => (
              <tr key={line.id} data-near={isNear || undefined}>
                <th scope="row">
                  <span>
                    <Swatch look={line.look} />
                    <span>{line.name}</span>
                  </span>
                </th>
                <td title={String(point.value)}>{shortNumber(point.value)}</td>
                {isSmoothed ? <td title={String(smoothed)}>≈ {shortNumber(smoothed)}</td> : null}
                <td>{isNear ? `at ${count(point.step)}` : ""}</td>
              </tr>
            ))}
          </tbody>
        </table>
        {rows.length > shown.length ? <p>{`and ${rows.length - shown.length} more: click to hold`}</p> : null}
      </div>
    </>
  );
}

/** How far what stands over a chart is seen: to the edges of what scrolls with it. */
function roomAround({ canvas }: Plot): Range {
  let pane = canvas.parentElement;
  while (pane?.parentElement && getComputedStyle(pane).overflowX === "visible") pane = pane.parentElement;
  const { left, width } = pane?.getBoundingClientRect() ?? { left: 0, width: 0 };
  const from = left - canvas.getBoundingClientRect().left;
  return { from: from + edge, to: from + Math.min(width, pane?.clientWidth ?? width) - edge };
}
