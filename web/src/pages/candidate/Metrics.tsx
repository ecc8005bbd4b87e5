import type { LatestMetric } from "../../api/candidate.ts";
import { shortNumber } from "../../format/number.ts";
import { CopyButton } from "../../parts/Copy.tsx";
import { Ago } from "../../parts/Time.tsx";
import { ValueCard, type ValueColumn } from "./ValueCard.tsx";
import styles from "./values.module.css";

const columns: readonly ValueColumn<LatestMetric>[] = [
  {
    title: "Metric",
    cell: ({ key }) => (
      <span className={styles.text} title={key}>
        {key}
      </span>
    ),
  },
  {
    title: "Latest",
    isNumeric: true,
    cell: ({ value }) => <span title={fullNumber(value)}>{shortNumber(value)}</span>,
  },
  { title: "Step", isNumeric: true, isWide: true, cell: ({ step }) => String(step) },
  {
    title: "Logged",
    isNumeric: true,
    isWide: true,
    cell: ({ loggedAt }) => <Ago time={loggedAt || undefined} />,
  },
];

/** Every digit; -0 and the infinities as Python has them. */
const fullNumber = (value: number) => {
  if (Object.is(value, -0)) return "-0.0";
  return Number.isNaN(value) || Number.isFinite(value) ? String(value) : value > 0 ? "inf" : "-inf";
};

/** The latest value of each metric. */
export const Metrics = ({ metrics }: { metrics: readonly LatestMetric[] }) => (
  <ValueCard
    title="Metrics"
    values={metrics}
    columns={columns}
    layout={styles.metric}
    actions={({ key, value }) => <CopyButton text={fullNumber(value)} label={`Copy ${key}`} />}
    empty="No metric was logged."
  />
);
