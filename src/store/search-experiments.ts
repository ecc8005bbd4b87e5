import { type SqlBool, sql } from "kysely";
import type { ExperimentCondition, ExperimentOrder, TagCondition } from "../search/ast.ts";
import type { CursorValue } from "../search/page-token.ts";
import { textArray } from "./array-literals.ts";
import type { Database } from "./database.ts";
import { type ExperimentRow, selectExperiments } from "./experiments.ts";
import { compareNumbers, compareTexts, type Sql } from "./search-facts.ts";
import { after, ordered, type SortKey } from "./search-keys.ts";
import type { Page } from "./search-runs.ts";

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

/** One page of the experiments that satisfy all conditions, with their tags; keyset paging as in search-runs.ts. */
export async function searchExperiments(
  db: Database,
  { project, stage, conditions, orders, limit, after: at }: ExperimentSearch,
): Promise<Page<ExperimentRow>> {
  const keys = sortKeys(orders);
  let query = selectExperiments(db, project).orderBy(ordered(keys.map(({ key }) => key)));
  if (stage !== undefined) query = query.where("experiments.lifecycle_stage", "=", stage);
  for (const condition of conditions) query = query.where(toSql(condition));
  if (at !== undefined)
    query = query.where(
      after(
        keys.map(({ key }) => key),
        at,
      ),
    );
  // One more tells whether there is a next page.
  if (limit !== undefined) query = query.limit(limit + 1);
  const rows = await query.execute();
  if (limit === undefined || rows.length <= limit) return { rows };
  rows.length = limit;
  const last = rows.at(-1);
  return last === undefined ? { rows } : { rows, next: keys.map(({ column }) => last[column]) };
}

type Column = ExperimentOrder["key"];

function sortKeys(orders: readonly ExperimentOrder[]): { column: Column; key: SortKey }[] {
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
