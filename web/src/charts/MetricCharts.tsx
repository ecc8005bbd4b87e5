import { memo, useCallback, useMemo, useState } from "react";
import { count, counted } from "../format/number.ts";
import { Icon } from "../parts/Icon.tsx";
import { Notice } from "../parts/Notice.tsx";
import styles from "./Chart.module.css";
import { ChartTools } from "./ChartTools.tsx";
import { Lazy } from "./Lazy.tsx";
import { Legend } from "./Legend.tsx";
import { MetricChart } from "./MetricChart.tsx";
import { groupsOf } from "./metric-groups.ts";
import type { ChartSettings } from "./settings.ts";
import { useChartSettings } from "./useChartSettings.ts";
import type { ChartRun } from "./useLines.ts";

/** A chart of each metric, by the prefixes of their names, with one legend for all. */
export function MetricCharts({
  project,
  runs,
  metrics,
}: {
  project: string;
  runs: readonly ChartRun[];
  metrics: readonly string[];
}) {
  const [settings, change] = useChartSettings();
  const [focus, setFocus] = useState<string>();
  const groups = useMemo(() => groupsOf(metrics, settings.find), [metrics, settings.find]);
  const toggle = useCallback(
    (id: string) =>
      change({
        hidden: settings.hidden.includes(id)
          ? settings.hidden.filter((one) => one !== id)
          : [...settings.hidden, id],
      }),
    [change, settings.hidden],
  );
  if (runs.length === 0 || metrics.length === 0)
    return (
      <Notice icon="chart" title={runs.length === 0 ? "No runs to draw" : "No metrics yet"}>
        <p>
          {runs.length === 0
            ? "Select candidates in the table to see their metrics here."
            : "What runs log with log_metric is drawn here as it arrives."}
        </p>
      </Notice>
    );
  return (
    <section className={styles.charts} aria-label="Charts">
      <ChartTools settings={settings} change={change} metricCount={metrics.length} />
      <Legend runs={runs} hidden={settings.hidden} onToggle={toggle} onFocus={setFocus} />
      {groups.length === 0 ? (
        <p className={styles.none}>No metric has “{settings.find}” in its name.</p>
      ) : (
        groups.map(({ prefix, metrics }) => (
          <Group
            key={prefix}
            prefix={prefix}
            metrics={metrics}
            isAlone={groups.length === 1 && prefix === ""}
            project={project}
            runs={runs}
            settings={settings}
            focus={focus}
            change={change}
          />
        ))
      )}
    </section>
  );
}

/** As many charts hold a place at once; a group of more says so and grows. */
const mostPlaces = 60;

const Group = memo(function Group({
  prefix,
  metrics,
  isAlone,
  settings,
  ...rest
}: {
  prefix: string;
  metrics: readonly string[];
  isAlone: boolean;
  project: string;
  runs: readonly ChartRun[];
  settings: ChartSettings;
  focus: string | undefined;
  change: (change: Partial<ChartSettings>) => void;
}) {
  const [places, setPlaces] = useState(mostPlaces);
  const grid = (
    <div className={styles.grid}>
      {metrics.slice(0, places).map((metric) => {
        const isWide = settings.wide.includes(metric) || metrics.length === 1;
        return (
          <Lazy key={metric} height={isWide ? 490 : 286} className={isWide ? (styles.wide ?? "") : ""}>
            <MetricChart
              metric={metric}
              settings={settings}
              isWide={isWide}
              isOnly={metrics.length === 1}
              {...rest}
            />
          </Lazy>
        );
      })}
      {metrics.length > places ? (
        <button type="button" className={styles.more} onClick={() => setPlaces(places + mostPlaces)}>
          {`Show ${count(Math.min(mostPlaces, metrics.length - places))} of ${count(metrics.length - places)} more`}
        </button>
      ) : null}
    </div>
  );
  if (isAlone) return grid;
  return (
    <details className={styles.group} open>
      <summary>
        <Icon name="chevron" size={12} />
        <h3>{prefix === "" ? "Without a prefix" : prefix}</h3>
        <span>{counted(metrics.length, "metric")}</span>
      </summary>
      {grid}
    </details>
  );
});
