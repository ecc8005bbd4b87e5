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
  /** Whether to tell what the page was read from. */
  withState?: boolean;
}

/** `next` is there if more experiments follow. */
interface ExperimentPage {
  /** MLflow's JSON of each, joined by commas. */
  json: string;
  /** As `experimentsState` would have told it at that moment. */
  state: string | undefined;
  next?: CursorValue[];
}

/**
 * One page of the experiments that satisfy all conditions, with their tags; keyset paging as in search-runs.ts. Postgres
 * makes the text: a thousand experiments are a quarter of the work for this process that way.
 */
export async function searchExperiments(
  db: Database,
  {
    project,
    stage,
    conditions,
    orders,
    limit = Number.MAX_SAFE_INTEGER,
    after: at,
    withState = false,
  }: ExperimentSearch,
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
  type Found = { json: string | null; more: boolean; state: string | null };
  const { rows } = await sql<Found & Record<SortKey["column"], CursorValue>>`
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
      ) filter (where place <= ${limit}) as json,
      ${withState ? stateOf(project) : sql`null`} as state
    from page left join tag using (experiment_id)`.execute(db);
  const [found] = rows;
  const page = { json: found?.json ?? "", state: found?.state ?? undefined };
  return found?.more ? { ...page, next: keys.map(({ column }) => found[column] ?? null) } : page;
}

/** A text that changes when any experiment of the project does, or any of their tags: for a fifth of the cost of a listing. */
export async function experimentsState(db: Database, project: bigint): Promise<string> {
  const { rows } = await sql<{ state: string }>`select ${stateOf(project)} as state`.execute(db);
  return rows[0]?.state ?? "";
}

/** No two versions of a row have both the same place and the same transaction that wrote them, until Postgres has counted four billion. */
const stateOf = (project: bigint) => sql`
  concat_ws(
    ' ',
    (select concat_ws(' ', count(*), bit_xor(hash_record_extended(row(ctid, xmin), 0))) from experiments where project_id = ${project}),
    (select concat_ws(' ', count(*), bit_xor(hash_record_extended(row(ctid, xmin), 0))) from experiment_tags where project_id = ${project})
  )`;

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
