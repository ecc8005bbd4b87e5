import { type SqlBool, sql } from "kysely";
import type {
  LoggedModelCondition,
  LoggedModelIntegerAttribute,
  LoggedModelOrder,
  LoggedModelTextAttribute,
  NumberOp,
} from "../search/ast.ts";
import type { CursorValue } from "../search/page-token.ts";
import { textArray } from "./array-literals.ts";
import type { Database } from "./database.ts";
import type { LoggedModelRow } from "./logged-models.ts";
import { planEachTime } from "./postgres-client.ts";
import { compareNumbers, compareTexts, type Sql, within } from "./search-facts.ts";
import { after, ordered, type SortKey, selected } from "./search-keys.ts";
import type { Page } from "./search-runs.ts";

/** A dataset whose metrics count; with any digest when none is given. */
export interface DatasetChoice {
  name: string;
  digest?: string;
}

export interface LoggedModelSearch {
  project: bigint;
  /** None finds none; unknown ones are no error. */
  experiments: readonly bigint[];
  conditions: readonly LoggedModelCondition[];
  /** Narrows the metrics of `conditions`; a search without any finds the models that have a metric for one of them. */
  datasets: readonly DatasetChoice[];
  orders: readonly LoggedModelOrder[];
  /** Models at most, at least 1. */
  limit: number;
  /** `next` of the page before, made with the same conditions and orders. */
  after?: readonly CursorValue[];
}

/**
 * One page of the models that are not deleted and satisfy all conditions, in the order of `orders`, then the newest first,
 * then by id. Keyset paging, as for runs.
 */
export async function searchLoggedModels(
  db: Database,
  search: LoggedModelSearch,
): Promise<Page<LoggedModelRow>> {
  const { experiments, limit } = search;
  if (experiments.length === 0) return { rows: [] };
  const keys = sortKeys(search.orders, search.project);
  const { rows } = await statement(search, keys).execute(db);
  const more = rows.length > limit;
  rows.length = Math.min(rows.length, limit);
  const last = rows.at(-1);
  return last !== undefined && more
    ? { rows, next: keys.map(({ column }) => last[column] ?? null) }
    : { rows };
}

type FoundModel = LoggedModelRow & { [column: `k${string}`]: CursorValue };

/** A sort key, and what must be joined to the model `m` for its value. */
type JoinedKey = SortKey & { join?: Sql };

function statement(search: LoggedModelSearch, keys: readonly JoinedKey[]): Sql<FoundModel> {
  const { project, experiments, conditions, datasets, limit } = search;
  const onMetrics = conditions.some((condition) => condition.kind === "metric");
  const all: Sql<SqlBool>[] = [
    sql`m.project_id = ${project}`,
    within(sql`m.experiment_id`, experiments),
    sql`m.lifecycle_stage = 'active'`,
    ...conditions.map((condition) => toSql(condition, datasets)),
    ...(datasets.length > 0 && !onMetrics ? [has("logged_model_metrics", ofDatasets(datasets))] : []),
    ...(search.after === undefined ? [] : [after(keys, search.after)]),
  ];
  // One more tells whether there is a next page.
  return sql<FoundModel>`${planEachTime}
  select m.*${selected(keys)}
  from logged_models m${sql.join(
    keys.flatMap(({ join }) => join ?? []),
    sql``,
  )}
  where ${sql.join(all, sql` and `)}
  order by ${ordered(keys)} limit ${limit + 1}`;
}

const columns = {
  model_id: { value: sql`m.model_id`, type: "text", nullable: false },
  name: { value: sql`m.name`, type: "text", nullable: false },
  model_type: { value: sql`m.model_type`, type: "text", nullable: true },
  source_run_id: { value: sql`m.source_run_id`, type: "text", nullable: true },
  status: { value: sql`m.status`, type: "text", nullable: false },
  artifact_uri: { value: sql`m.artifact_uri`, type: "text", nullable: false },
  experiment_id: { value: sql`m.experiment_id`, type: "bigint", nullable: false },
  creation_timestamp: { value: sql`m.creation_time`, type: "bigint", nullable: false },
  last_updated_timestamp: { value: sql`m.last_updated_time`, type: "bigint", nullable: false },
} as const satisfies Record<
  LoggedModelTextAttribute | LoggedModelIntegerAttribute,
  Pick<SortKey, "value" | "type" | "nullable">
>;

function toSql(condition: LoggedModelCondition, datasets: readonly DatasetChoice[]): Sql<SqlBool> {
  const value = sql.id("x", "value");
  if (condition.kind === "metric") {
    const test = compareMetric(value, condition.op, condition.value);
    return has("logged_model_metrics", sql`x.key = ${condition.key} and ${test} and ${ofDatasets(datasets)}`);
  }
  if (condition.kind === "attribute") {
    if (condition.type === "integer")
      return compareNumbers(columns[condition.key].value, condition.op, condition.value);
    const column =
      condition.key === "experiment_id" ? sql`m.experiment_id::text` : columns[condition.key].value;
    const named = (text: string) => (condition.key === "status" ? statusName(text) : text);
    if (condition.type === "list") return among(column, condition.op, condition.values.map(named));
    return compareTexts(column, condition.op, named(condition.value));
  }
  const test =
    "values" in condition
      ? among(value, condition.op, condition.values)
      : compareTexts(value, condition.op, condition.value);
  return has(`logged_model_${condition.kind}s`, sql`x.key = ${condition.key} and ${test}`);
}

/** That the model `m` has a row `x` in one of its tables. */
const has = (
  table: "logged_model_params" | "logged_model_tags" | "logged_model_metrics",
  condition: Sql<SqlBool>,
): Sql<SqlBool> => sql`exists (
    select from ${sql.table(table)} x
    where x.project_id = m.project_id and x.model_id = m.model_id and ${condition})`;

/** As for runs: NaN satisfies no comparison but `!=`, though Postgres puts it above every number. */
const compareMetric = (column: Sql, op: NumberOp, value: number): Sql<SqlBool> =>
  op === ">" || op === ">="
    ? sql`${compareNumbers(column, op, value)} and ${column} < 'NaN'`
    : compareNumbers(column, op, value);

const among = (column: Sql, op: "IN" | "NOT IN", values: readonly string[]): Sql<SqlBool> =>
  op === "IN"
    ? sql`${column} = any(${textArray(values)}::text[])`
    : sql`${column} <> all(${textArray(values)}::text[])`;

/** A status by the name that clients have for it, or by the one in their messages. */
const statusName = (text: string) =>
  text === "LOGGED_MODEL_UPLOAD_FAILED" ? "FAILED" : text.replace(/^LOGGED_MODEL_/, "");

/** That the metric `x` was logged for one of the datasets; any metric when there are none. */
const ofDatasets = (datasets: readonly DatasetChoice[]): Sql<SqlBool> =>
  datasets.length === 0
    ? sql`true`
    : sql`(${sql.join(
        datasets.map(({ name, digest }) =>
          digest === undefined
            ? sql`x.dataset_name = ${name}`
            : sql`(x.dataset_name = ${name} and x.dataset_digest = ${digest})`,
        ),
        sql` or `,
      )})`;

function sortKeys(orders: readonly LoggedModelOrder[], project: bigint): JoinedKey[] {
  const keys: JoinedKey[] = [];
  const known = new Set<string>();
  for (const order of [...orders, newestFirst, byModelId]) {
    if (order.kind === "attribute" && known.size === known.add(order.key).size) continue;
    keys.push(sortKey(order, keys.length, project));
    // Ids are distinct: what follows decides nothing.
    if (order.kind === "attribute" && order.key === "model_id") break;
  }
  return keys;
}

const newestFirst: LoggedModelOrder = { kind: "attribute", key: "creation_timestamp", ascending: false };
const byModelId: LoggedModelOrder = { kind: "attribute", key: "model_id", ascending: true };

/** Models that have no such value come last, and before them those whose metric is NaN, in either direction. */
function sortKey(order: LoggedModelOrder, place: number, project: bigint): JoinedKey {
  const column = `k${place}` as const;
  if (order.kind === "attribute")
    return { ...columns[order.key], column, descending: !order.ascending, negated: false };
  const alias = sql.id(`o${place}`);
  const negated = !order.ascending;
  const join = sql`
  left join lateral (
    select x.value
    from logged_model_metrics x
    where x.project_id = ${project} and x.model_id = m.model_id and x.key = ${order.key}
      and ${ofDatasets(order.dataset === undefined ? [] : [order.dataset])}
    order by x."timestamp" desc, x.step desc, x.run_key
    limit 1
  ) ${alias} on true`;
  const value = sql`${negated ? sql`-` : sql``}${alias}.value`;
  return { column, value, descending: false, negated, nullable: true, type: "float8", join };
}
