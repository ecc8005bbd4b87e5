import type { Keys } from "../../api/candidates.ts";
import { type ChosenColumn, parseColumn, usualAttributes } from "./columns.ts";

/** As many metrics, and as many params, are shown where the address names no columns. */
const most = 12;

/** The columns that are shown where the address names none: those that most candidates have. */
export const usualColumns = ({ metrics, params }: Keys): ChosenColumn[] => [
  ...usualAttributes.map((id) => ({ id })),
  ...first(metrics.filter((key) => !key.startsWith("system/"))).map((key) => ({ id: `metrics.${key}` })),
  ...first(params).map((key) => ({ id: `params.${key}` })),
];

/** Of those that most have, in the order of their names, so that what belongs together stands together. */
const first = (keys: readonly string[]) => keys.slice(0, most).sort();

/** What has to be asked for to fill the columns. */
export function keysOf(columns: readonly ChosenColumn[]): Keys {
  const named = columns.map(({ id }) => parseColumn(id));
  const keys = (kind: string) => named.flatMap((one) => (one?.kind === kind ? [one.key] : [])).sort();
  const tags = columns.some(({ id }) => id === "source") ? ["mlflow.source.name"] : [];
  return { metrics: keys("metric"), params: keys("param"), tags: [...new Set([...keys("tag"), ...tags])] };
}
