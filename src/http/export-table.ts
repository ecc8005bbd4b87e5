import type { MoreAttribute } from "../services/export-columns.ts";
import type { ExportedPoint } from "../services/export-metrics.ts";
import type { RunPart, RunTableColumns } from "../services/export-runs.ts";
import { fromUuid } from "../services/ids.ts";

/** Runs and points as the rows of a table, for the formats that have columns. */

/** `timestamp` is in milliseconds since the epoch, as bigint. */
export type ColumnType = "int64" | "double" | "text" | "timestamp";
export type Cell = string | number | bigint | undefined;

export interface TableColumn<Row> {
  name: string;
  type: ColumnType;
  /** Whether every row has a value. */
  required: boolean;
  value(row: Row): Cell;
}

/** A run of an export, its data read. */
export interface RunTableRow {
  run: RunPart["runs"][number];
  metrics: Map<string, number>;
  params: Map<string, string>;
  tags: Map<string, string>;
}

type Item<Value> = { key: string; value: Value };
interface Data {
  metrics?: Item<number | string>[];
  params?: Item<string>[];
  tags?: Item<string>[];
}

export function toTableRow(run: RunPart["runs"][number]): RunTableRow {
  const { metrics = [], params = [], tags = [] }: Data = JSON.parse(run.data.json);
  const texts = (items: Item<string>[]) => new Map(items.map(({ key, value }) => [key, value]));
  return {
    run,
    // "NaN" and "Infinity" are texts in JSON.
    metrics: new Map(metrics.map(({ key, value }) => [key, Number(value)])),
    params: texts(params),
    tags: texts(tags),
  };
}

const column = <Row>(
  name: string,
  type: ColumnType,
  value: (row: Row) => Cell,
  required = true,
): TableColumn<Row> => ({ name, type, required, value });

/** The columns of GitLab's CSV, in its order. */
const fixed: readonly TableColumn<RunTableRow>[] = [
  column("project_id", "int64", ({ run }) => run.row.project_id),
  column("experiment_iid", "int64", ({ run }) => run.row.experiment_id),
  column("candidate_iid", "int64", ({ run }) => run.row.run_key),
  column("name", "text", ({ run }) => run.data.name, false),
  column("external_id", "text", ({ run }) => fromUuid(run.row.run_id)),
  column("start_time", "timestamp", ({ run }) => run.row.start_time),
  // 0 counts as unset, as it does in MLflow's answers.
  column("end_time", "timestamp", ({ run }) => run.row.end_time || undefined, false),
];

const attribute = (name: MoreAttribute) => column<RunTableRow>(name, "text", ({ run }) => run.row[name]);

/**
 * The columns of a table of runs: GitLab's, then what is asked for besides.
 * @param prefix whether columns are always named `params.lr`; otherwise params and metrics are named by their key alone
 * where nothing else could be meant.
 */
export function runColumns(
  { attributes, keys }: RunTableColumns,
  { prefix }: { prefix: boolean },
): TableColumn<RunTableRow>[] {
  const attributed = [...fixed, ...attributes.map(attribute)];
  const taken = new Set(attributed.map(({ name }) => name));
  const params = new Set(keys.params);
  const metrics = new Set(keys.metrics);
  const isClear = (key: string) =>
    !taken.has(key) && !(params.has(key) && metrics.has(key)) && !/^(?:params|metrics|tags)\./.test(key);
  const named = (kind: string, key: string) => (!prefix && isClear(key) ? key : `${kind}.${key}`);
  return [
    ...attributed,
    ...keys.params.map((key) =>
      column<RunTableRow>(named("params", key), "text", (row) => row.params.get(key), false),
    ),
    ...keys.metrics.map((key) =>
      column<RunTableRow>(named("metrics", key), "double", (row) => row.metrics.get(key), false),
    ),
    ...keys.tags.map((key) => column<RunTableRow>(`tags.${key}`, "text", (row) => row.tags.get(key), false)),
  ];
}

export const pointColumns: readonly TableColumn<ExportedPoint>[] = [
  column("run_id", "text", ({ runId }) => runId),
  column("key", "text", ({ key }) => key),
  column("step", "int64", ({ step }) => step),
  column("timestamp", "timestamp", ({ timestamp }) => timestamp),
  column("value", "double", ({ value }) => value),
];
