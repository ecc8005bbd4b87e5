import type { Columns, Keys } from "../../api/candidates.ts";
import { type ChosenColumn, parseColumn, usualAttributes } from "./column-ids.ts";

/** As many metrics, and as many params, are shown where the address names no columns. */
const most = 12;

/** The columns that are shown where the address names none: all if they are few, else those that most candidates have. */
export const usualColumns = ({ metrics, params, common }: Columns): ChosenColumn[] => [
  ...usualAttributes.map((id) => ({ id })),
  ...usual(metrics.filter(isOwn), common.metrics.filter(isOwn)).map((key) => ({ id: `metrics.${key}` })),
  ...usual(params, common.params).map((key) => ({ id: `params.${key}` })),
];

/** In the order of their names, so that what belongs together stands together. */
const usual = (all: readonly string[], common: readonly string[]) =>
  (all.length <= most ? all : common).slice(0, most).sort();

/** Not what clients log of the machine by themselves. */
const isOwn = (metric: string) => !metric.startsWith("system/");

/** What has to be asked for to fill the columns. */
export function keysOf(columns: readonly ChosenColumn[]): Keys {
  const named = columns.map(({ id }) => parseColumn(id));
  const keys = (kind: string) => named.flatMap((one) => (one?.kind === kind ? [one.key] : [])).sort();
  const tags = columns.some(({ id }) => id === "source") ? ["mlflow.source.name"] : [];
  return { metrics: keys("metric"), params: keys("param"), tags: [...new Set([...keys("tag"), ...tags])] };
}
