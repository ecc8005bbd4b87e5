import { type SqlBool, sql } from "kysely";
import type { ExperimentCondition, ExperimentOrder, TagCondition } from "../search/ast.ts";
import type { CursorValue } from "../search/page-token.ts";
import { textArray } from "./array-literals.ts";
import type { Database } from "./database.ts";
import { textItems } from "./run-data.ts";
import { compareNumbers, compareTexts, type Sql } from "./search-facts.ts";
import { after, ordered, type SortKey } from "./search-keys.ts";

export interface ExperimentSearch {
  project: bigint;
  /** Both without it. */
  stage?: "active" | "deleted";
  conditions: readonly ExperimentCondition[];
  /** What they leave undecided is by id, downwards. */
  orders: readonly ExperimentOrder[];
  /** Experiments at most, at least 1; all without it. */
  limit?: number;
  /** `next` of the page before, made with the same conditions and orders. */
  after?: readonly CursorValue[];
}

/** `next` is there if more experiments follow. */
interface ExperimentPage {
  /** MLflow's JSON of each, joined by commas. */
  json: string;
  next?: CursorValue[];
}

/**
 * One page of the experiments that satisfy all conditions, with their tags; keyset paging as in search-runs.ts. Postgres
 * makes the text: a thousand experiments are a quarter of the work for this process that way.
 */
export async function searchExperiments(
  db: Database,
  { project, stage, conditions, orders, limit = Number.MAX_SAFE_INTEGER, after: at }: ExperimentSearch,
): Promise<ExperimentPage> {
  const columns = orderColumns(orders);
  const keys = columns.map(({ key }) => key);
  const where = [
    sql<SqlBool>`experiments.project_id = ${project} and not experiments.is_purged`,
    ...(stage === undefined ? [] : [sql<SqlBool>`experiments.lifecycle_stage = ${stage}`]),
    ...conditions.map(toSql),
    ...(at === undefined ? [] : [after(keys, at)]),
  ];
  const last = columns.map(
    ({ column, key }) =>
      sql`, max(${sql.ref(column)}) filter (where place = ${limit}) as ${sql.id(key.column)}`,
  );
  // One more tells whether there is a next page.
  const { rows } = await sql<{ json: string | null; more: boolean } & Record<SortKey["column"], CursorValue>>`
    with page as materialized (
      select *, row_number() over (order by ${ordered(keys)}) as place
      from experiments
      where ${sql.join(where, sql` and `)}
      order by ${ordered(keys)}
      limit ${limit + 1}
    ),
    tag as materialized (
      select experiment_id, ${textItems} as items
      from experiment_tags
      where project_id = ${project} and experiment_id = any(array(select experiment_id from page))
      group by experiment_id
    )
    select count(*) > ${limit} as more${sql.join(last, sql``)},
      string_agg(
        concat(
          '{"experiment_id":"', experiment_id, '","name":', to_json(name), ',"artifact_location":', to_json(artifact_location),
          ',"lifecycle_stage":"', lifecycle_stage, '","last_update_time":', last_update_time,
          ',"creation_time":', creation_time, ',"tags":[' || items || ']', '}'
        ),
        ',' order by place
      ) filter (where place <= ${limit}) as json
    from page left join tag using (experiment_id)`.execute(db);
  const [found] = rows;
  const json = found?.json ?? "";
  return found?.more ? { json, next: keys.map(({ column }) => found[column] ?? null) } : { json };
}

type Column = ExperimentOrder["key"];

function orderColumns(orders: readonly ExperimentOrder[]): { column: Column; key: SortKey }[] {
  const byId: ExperimentOrder = { kind: "attribute", key: "experiment_id", ascending: false };
  const all = [...orders, byId];
  // Ids are distinct: what follows decides nothing.
  const deciding = all.slice(0, all.findIndex(({ key }) => key === "experiment_id") + 1);
  return deciding.map(({ key: column, ascending }) => ({
    column,
    key: {
      column: `k_${column}`,
      value: sql.ref(`experiments.${column}`),
      descending: !ascending,
      negated: false,
      nullable: false,
      type: column === "name" ? "text" : "bigint",
    },
  }));
}

function toSql(condition: ExperimentCondition): Sql<SqlBool> {
  if (condition.kind === "tag") return tagCondition(condition);
  const column = sql.ref(`experiments.${condition.key}`);
  switch (condition.type) {
    case "integer":
      return compareNumbers(column, condition.op, condition.value);
    case "text":
      return compareTexts(
        condition.key === "name" ? column : sql`${column}::text`,
        condition.op,
        condition.value,
      );
    case "list":
      return condition.op === "IN"
        ? sql`${column}::text = any(${textArray(condition.values)}::text[])`
        : sql`${column}::text <> all(${textArray(condition.values)}::text[])`;
  }
}

function tagCondition(condition: TagCondition): Sql<SqlBool> {
  const test =
    "value" in condition ? compareTexts(sql`t.value`, condition.op, condition.value) : sql<SqlBool>`true`;
  const has = sql<SqlBool>`exists (
    select from experiment_tags t
    where t.project_id = experiments.project_id and t.experiment_id = experiments.experiment_id
      and t.key = ${condition.key} and ${test})`;
  return condition.op === "IS NULL" ? sql`not ${has}` : has;
}
