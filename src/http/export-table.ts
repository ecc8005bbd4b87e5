import type { MoreAttribute } from "../services/export-columns.ts";
import type { ExportedPoint } from "../services/export-metrics.ts";
import type { RunPart, RunTableColumns } from "../services/export-runs.ts";

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

/** A run of an export, its texts read. */
export interface RunTableRow {
  runKey: bigint;
  info: Info;
  /** Characters of JSON that its data had. */
  size: number;
  metrics: Map<string, number>;
  params: Map<string, string>;
  tags: Map<string, string>;
}

type Item<Value> = { key: string; value: Value };
interface Info {
  run_id: string;
  experiment_id: string;
  run_name?: string;
  user_id: string;
  status: string;
  lifecycle_stage: string;
  artifact_uri?: string;
  start_time: bigint;
  end_time?: bigint;
}
interface Data {
  metrics?: Item<number | string>[];
  params?: Item<string>[];
  tags?: Item<string>[];
}

/** The numbers of a RunInfo are its times, which may be any int8. */
const exactly = (_key: string, value: unknown, context?: { source: string }) =>
  typeof value === "number" ? BigInt(context?.source ?? value) : value;

export function toTableRow({ text }: RunPart["runs"][number]): RunTableRow {
  const { metrics = [], params = [], tags = [] }: Data = JSON.parse(text.data);
  const texts = (items: Item<string>[]) => new Map(items.map(({ key, value }) => [key, value]));
  return {
    runKey: text.run_key,
    size: text.data.length,
    info: JSON.parse(text.info, exactly),
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
const fixed = (project: bigint): readonly TableColumn<RunTableRow>[] => [
  column("project_id", "int64", () => project),
  column("experiment_iid", "int64", ({ info }) => BigInt(info.experiment_id)),
  column("candidate_iid", "int64", ({ runKey }) => runKey),
  column("name", "text", ({ info }) => info.run_name, false),
  column("external_id", "text", ({ info }) => info.run_id),
  column("start_time", "timestamp", ({ info }) => info.start_time),
  column("end_time", "timestamp", ({ info }) => info.end_time, false),
];

const attribute = (name: MoreAttribute) => column<RunTableRow>(name, "text", ({ info }) => info[name] ?? "");

/**
 * The columns of a table of runs: GitLab's, then what is asked for besides.
 * @param prefix whether columns are always named `params.lr`; otherwise params and metrics are named by their key alone
 * where nothing else could be meant.
 */
export function runColumns(
  { project, attributes, keys }: RunTableColumns,
  { prefix }: { prefix: boolean },
): TableColumn<RunTableRow>[] {
  const attributed = [...fixed(project), ...attributes.map(attribute)];
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
