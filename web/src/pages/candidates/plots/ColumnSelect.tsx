import { useId } from "react";
import type { Keys } from "../../../api/candidates.ts";
import { inputClass } from "../../../parts/Field.tsx";
import { titleOf } from "../columns.ts";
import styles from "./Plots.module.css";

/** Which column something shows. */
export function ColumnSelect({
  label,
  value,
  keys,
  hasParams = true,
  onChoose,
}: {
  label: string;
  value: string;
  keys: Keys;
  hasParams?: boolean;
  onChoose: (id: string) => void;
}) {
  const id = useId();
  const metrics = keys.metrics.map((key) => `metrics.${key}`);
  const params = hasParams ? keys.params.map((key) => `params.${key}`) : [];
  const isKnown = metrics.includes(value) || params.includes(value);
  return (
    <div className={styles.select}>
      <label htmlFor={id}>{label}</label>
      <select id={id} className={inputClass} value={value} onChange={(event) => onChoose(event.target.value)}>
        {isKnown ? null : <option value={value}>{titleOf(value)}</option>}
        <Options label="Metrics" ids={metrics} />
        <Options label="Parameters" ids={params} />
      </select>
    </div>
  );
}

const Options = ({ label, ids }: { label: string; ids: readonly string[] }) =>
  ids.length === 0 ? null : (
    <optgroup label={label}>
      {ids.map((id) => (
        <option key={id} value={id}>
          {titleOf(id)}
        </option>
      ))}
    </optgroup>
  );
