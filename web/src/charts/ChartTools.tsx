import { useId } from "react";
import { counted } from "../format/number.ts";
import { SearchBox } from "../parts/Field.tsx";
import { Switcher } from "../parts/Switcher.tsx";
import styles from "./Chart.module.css";
import { type ChartSettings, mostSmoothing } from "./settings.ts";

const axes = [
  { value: "step", text: "Step" },
  { value: "relative", text: "Duration" },
  { value: "time", text: "Time" },
] as const;

const scales = [
  { value: "linear", text: "Linear" },
  { value: "log", text: "Log" },
] as const;

/** What is the same for all charts of a page: the axis, the scale, how smooth. */
export function ChartTools({
  settings,
  change,
  metricCount,
}: {
  settings: ChartSettings;
  change: (change: Partial<ChartSettings>) => void;
  metricCount: number;
}) {
  const id = useId();
  return (
    <div className={styles.tools}>
      <SearchBox
        className={styles.find ?? ""}
        label={`Find among ${counted(metricCount, "metric")}`}
        value={settings.find}
        onChange={(event) => change({ find: event.target.value })}
      />
      <Switcher
        label="Horizontal axis"
        value={settings.axis}
        choices={axes}
        onChoose={(axis) => change(settings.zoom === undefined ? { axis } : { axis, zoom: undefined })}
      />
      <Switcher
        label="Vertical scale"
        value={settings.isLog ? "log" : "linear"}
        choices={scales}
        onChoose={(scale) => change({ isLog: scale === "log" })}
      />
      <div className={styles.smoothing}>
        <label htmlFor={id}>Smoothing</label>
        <input
          id={id}
          type="range"
          min={0}
          max={mostSmoothing}
          step={0.01}
          value={settings.smoothing}
          onChange={(event) => change({ smoothing: Number(event.target.value) })}
        />
        <output htmlFor={id}>{settings.smoothing === 0 ? "off" : settings.smoothing.toFixed(2)}</output>
      </div>
    </div>
  );
}
