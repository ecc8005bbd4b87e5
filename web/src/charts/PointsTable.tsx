import { count, shortNumber } from "../format/number.ts";
import { exactTime } from "../format/time.ts";
import { placeText } from "./axis-text.ts";
import styles from "./Chart.module.css";
import type { Line } from "./lines.ts";
import type { Axis, Range } from "./points.ts";
import { Swatch } from "./Swatch.tsx";

/** What a chart shows, in words and numbers: of each run where it begins, ends, and is least and greatest. */
export function PointsTable({
  metric,
  lines,
  range,
  axis,
}: {
  metric: string;
  lines: readonly Line[];
  range: Range;
  axis: Axis;
}) {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls can be scrolled with the keyboard
    <section className={styles.points} tabIndex={0} aria-label={`${metric} as a table`}>
      <table>
        <thead>
          <tr>
            <th scope="col">Run</th>
            {["First", "Last", "Least", "Greatest"].map((title) => (
              <th key={title} scope="col">
                {title}
              </th>
            ))}
            <th scope="col">Not a number</th>
          </tr>
        </thead>
        <tbody>
          {lines.map((line) => {
            const { first, last, least, greatest, odd } = summary(line, range);
            return (
              <tr key={line.id}>
                <th scope="row">
                  <span>
                    <Swatch look={line.look} />
                    <span>{line.name}</span>
                  </span>
                </th>
                {[first, last, least, greatest].map((at, i) => (
                  // biome-ignore lint/suspicious/noArrayIndexKey: four cells that stay where they are
                  <td key={i}>
                    {at === undefined ? (
                      "–"
                    ) : (
                      <>
                        <b title={String(line.values[at])}>{shortNumber(line.values[at] ?? Number.NaN)}</b>
                        <small>{placeText(axis, line.xs[at] ?? 0, exactTime)}</small>
                      </>
                    )}
                  </td>
                ))}
                <td>{odd === 0 ? "–" : count(odd)}</td>
              </tr>
            );
          })}
        </tbody>
      </table>
    </section>
  );
}

/** The indexes of the points that stand out within a range. */
function summary({ xs, values }: Line, { from, to }: Range) {
  let [first, last, least, greatest]: (number | undefined)[] = [];
  let odd = 0;
  for (const [at, value] of values.entries()) {
    const x = xs[at] ?? 0;
    if (x < from || x > to) continue;
    first ??= at;
    last = at;
    if (Number.isNaN(value)) {
      odd++;
      continue;
    }
    if (least === undefined || value < (values[least] ?? 0)) least = at;
    if (greatest === undefined || value > (values[greatest] ?? 0)) greatest = at;
  }
  return { first, last, least, greatest, odd };
}
