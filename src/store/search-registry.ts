import { type SqlBool, sql } from "kysely";
import type {
  ModelVersionCondition,
  ModelVersionOrder,
  RegisteredModelCondition,
  RegisteredModelOrder,
  RegistryTagCondition,
} from "../search/ast.ts";
import type { CursorValue } from "../search/page-token.ts";
import { textArray } from "./array-literals.ts";
import type { Database } from "./database.ts";
import { loadModelVersions, type ModelVersion } from "./model-versions.ts";
import { planEachTime } from "./postgres-client.ts";
import { loadRegisteredModels, type RegisteredModel } from "./registered-models.ts";
import { compareNumbers, compareTexts, type Sql } from "./search-facts.ts";
import { after, ordered, type SortKey, selected } from "./search-keys.ts";
import type { Page } from "./search-runs.ts";

export interface RegistrySearch<Condition, Order> {
  project: bigint;
  conditions: readonly Condition[];
  /** What they leave undecided is by name, then by version downwards. */
  orders: readonly Order[];
  /** Rows at most, at least 1. */
  limit: number;
  /** `next` of the page before, made with the same conditions and orders. */
  after?: readonly CursorValue[];
}

/** One page of the registered models that satisfy all conditions, with all that belongs to them. */
export async function searchRegisteredModels(
  db: Database,
  search: RegistrySearch<RegisteredModelCondition, RegisteredModelOrder>,
): Promise<Page<RegisteredModel>> {
  const keys = sortKeys<RegisteredModelOrder>(search.orders, [
    { kind: "attribute", key: "name", ascending: true },
  ]);
  const conditions = search.conditions.map((condition) =>
    condition.kind === "tag"
      ? tagCondition(condition, sql`registered_model_tags`, sql`t.name = m.name`)
      : textCondition(condition),
  );
  const { rows, ...next } = await page<{ name: string }>(db, {
    ...search,
    select: sql`m.name`,
    from: sql`registered_models`,
    conditions,
    keys,
  });
  const names = rows.map(({ name }) => name);
  return { rows: await loadRegisteredModels(db, search.project, names), ...next };
}

/** One page of the model versions that satisfy all conditions, with their tags and aliases. */
export async function searchModelVersions(
  db: Database,
  search: RegistrySearch<ModelVersionCondition, ModelVersionOrder>,
): Promise<Page<ModelVersion>> {
  const keys = sortKeys<ModelVersionOrder>(search.orders, [
    { kind: "attribute", key: "name", ascending: true },
    { kind: "attribute", key: "version_number", ascending: false },
  ]);
  const conditions = search.conditions.map((condition) => {
    if (condition.kind === "tag")
      return tagCondition(condition, sql`model_version_tags`, sql`t.name = m.name and t.version = m.version`);
    return condition.type === "integer"
      ? compareNumbers(sql`m.version`, condition.op, condition.value)
      : textCondition(condition);
  });
  const { rows, ...next } = await page<{ name: string; version: bigint }>(db, {
    ...search,
    select: sql`m.name, m.version`,
    from: sql`model_versions`,
    conditions,
    keys,
  });
  return { rows: await loadModelVersions(db, search.project, rows), ...next };
}

interface Listing {
  project: bigint;
  /** What is wanted of each row of `from`, whose alias is `m`. */
  select: Sql;
  from: Sql;
  conditions: readonly Sql<SqlBool>[];
  keys: readonly SortKey[];
  limit: number;
  after?: readonly CursorValue[];
}

async function page<Row>(
  db: Database,
  { project, select, from, conditions, keys, limit, after: at }: Listing,
): Promise<Page<Row>> {
  const wanted = [
    sql`m.project_id = ${project}`,
    ...conditions,
    ...(at === undefined ? [] : [after(keys, at)]),
  ];
  // One more tells whether there is a next page.
  const { rows } = await sql<Row & Record<SortKey["column"], CursorValue>>`${planEachTime}
    select ${select}${selected(keys)}
    from ${from} m
    where ${sql.join(wanted, sql` and `)}
    order by ${ordered(keys)}
    limit ${limit + 1}`.execute(db);
  if (rows.length <= limit) return { rows };
  rows.length = limit;
  const last = rows.at(-1);
  return last === undefined ? { rows } : { rows, next: keys.map(({ column }) => last[column] ?? null) };
}

const columns = {
  name: sql`m.name`,
  version_number: sql`m.version`,
  creation_timestamp: sql`m.creation_time`,
  last_updated_timestamp: sql`m.last_updated_time`,
  run_id: sql`m.run_id`,
  source_path: sql`m.source`,
} as const;

function sortKeys<Order extends RegisteredModelOrder | ModelVersionOrder>(
  orders: readonly Order[],
  tieBreak: readonly Order[],
): SortKey[] {
  const all = new Map<string, Order>();
  for (const order of [...orders, ...tieBreak]) if (!all.has(order.key)) all.set(order.key, order);
  return [...all.values()].map(({ key, ascending }) => ({
    column: `k_${key}`,
    value: columns[key],
    descending: !ascending,
    negated: false,
    nullable: false,
    type: key === "name" ? "text" : "bigint",
  }));
}

function textCondition(
  condition: Extract<RegisteredModelCondition | ModelVersionCondition, { type: "text" | "list" }>,
): Sql<SqlBool> {
  const column = columns[condition.key];
  if (condition.type === "text") return compareTexts(column, condition.op, condition.value);
  return condition.op === "IN"
    ? sql`${column} = any(${textArray(condition.values)}::text[])`
    : sql`${column} <> all(${textArray(condition.values)}::text[])`;
}

function tagCondition(condition: RegistryTagCondition, table: Sql, ofEntity: Sql): Sql<SqlBool> {
  const has = (test: Sql<SqlBool>) => sql<SqlBool>`exists (
    select from ${table} t
    where t.project_id = m.project_id and ${ofEntity} and t.key = ${condition.key} and ${test})`;
  const held = has(compareTexts(sql`t.value`, condition.op, condition.value));
  return condition.matchesAbsent ? sql`(${held} or not ${has(sql`true`)})` : held;
}
