import { memo } from "react";
import styles from "./Chart.module.css";
import { Swatch } from "./Swatch.tsx";
import type { ChartRun } from "./useLines.ts";

/** The runs and how they are drawn; each hides its lines, and is brought forward while it is pointed at. */
export const Legend = memo(function Legend({
  runs,
  hidden,
  onToggle,
  onFocus,
}: {
  runs: readonly ChartRun[];
  hidden: readonly string[];
  onToggle: (id: string) => void;
  onFocus: (id: string | undefined) => void;
}) {
  return (
    <ul className={styles.legend} aria-label="Runs that are drawn">
      {runs.map(({ id, name, look }) => {
        const isHidden = hidden.includes(id);
        return (
          <li key={id}>
            <button
              type="button"
              aria-pressed={!isHidden}
              title={`${isHidden ? "Show" : "Hide"} ${name}`}
              onClick={() => onToggle(id)}
              onPointerEnter={() => onFocus(isHidden ? undefined : id)}
              onPointerLeave={() => onFocus(undefined)}
            >
              <Swatch look={look} />
              <span>{name}</span>
            </button>
          </li>
        );
      })}
    </ul>
  );
});
