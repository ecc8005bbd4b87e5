import { type SqlBool, sql } from "kysely";
import type { RunOrder } from "../search/ast.ts";
import type { CursorValue } from "../search/page-token.ts";
import { runNameTag } from "./run-data.ts";
import { type FactKind, factTable, type Sql } from "./search-facts.ts";

/** One column of an order. */
export interface SortKey {
  /** The column under which a statement returns it. */
  column: `k${string}`;
  value: Sql;
  descending: boolean;
  /** Whether `value` is the negative of what it sorts by. */
  negated: boolean;
  /** Whether runs may lack it; they come last in either direction. */
  nullable: boolean;
  /** The Postgres type of `value`. */
  type: "float8" | "text" | "bigint" | "uuid";
  /** What a run must have logged for there to be a value, and the alias under which `value` reads it. */
  fact?: { kind: FactKind; key: string; alias: string };
}

/**
 * The columns of an order, with MLflow's tie-break: the newest first, then by run id (behaviour.md §9). Metrics that go
 * down are sorted by their negation going up, so that both directions end in NaN, then in the runs without the metric.
 */
export function sortKeys(orders: readonly RunOrder[]): SortKey[] {
  const keys: SortKey[] = [];
  for (const order of [...orders, newestFirst, byRunId]) {
    const known = order.kind === "attribute" && keys.some((key) => key.column === `k_${order.key}`);
    if (!known) keys.push(sortKey(order, keys.length));
    // Run ids are distinct: what follows decides nothing.
    if (order.kind === "attribute" && order.key === "run_id") break;
  }
  return keys;
}

const newestFirst: RunOrder = { kind: "attribute", key: "start_time", ascending: false };
const byRunId: RunOrder = { kind: "attribute", key: "run_id", ascending: true };

function sortKey(order: RunOrder, place: number): SortKey {
  if (order.kind !== "attribute") return factKey(order.kind, order.key, order.ascending, place);
  if (order.key === "run_name") return factKey("tag", runNameTag, order.ascending, place);
  return {
    column: `k_${order.key}`,
    value: sql.id("r", order.key),
    descending: !order.ascending,
    negated: false,
    nullable: order.key === "end_time" || order.key === "duration",
    type: columnTypes[order.key] ?? "text",
  };
}

const columnTypes: { [key: string]: SortKey["type"] } = {
  run_id: "uuid",
  start_time: "bigint",
  end_time: "bigint",
  duration: "float8",
};

function factKey(kind: FactKind, key: string, ascending: boolean, place: number): SortKey {
  const alias = `o${place}`;
  const value = sql.id(alias, "value");
  const negated = kind === "metric" && !ascending;
  return {
    column: `k${place}`,
    value: negated ? sql`-${value}` : value,
    descending: !ascending && !negated,
    negated,
    nullable: true,
    type: kind === "metric" ? "float8" : "text",
    fact: { kind, key, alias },
  };
}

/** Brings the values of facts that `keys` sort by to the run `r`. */
export const joins = (keys: readonly SortKey[], project: bigint): Sql =>
  sql.join(
    keys.flatMap(({ fact }) => {
      if (fact === undefined) return [];
      const o = sql.id(fact.alias);
      return sql`
      left join ${factTable(fact.kind, o)} on ${o}.project_id = ${project}
        and ${o}.experiment_id = r.experiment_id and ${o}.run_key = r.run_key and ${o}.key = ${fact.key}`;
    }),
    sql``,
  );

/** `, value as column` for each key. */
export const selected = (keys: readonly SortKey[]): Sql =>
  sql.join(
    keys.map((key) => sql`, ${key.value} as ${sql.id(key.column)}`),
    sql``,
  );

/** What follows ORDER BY: by the keys' own expressions, or, outside the statement that makes them, by their columns. */
export const ordered = (keys: readonly SortKey[], by: "values" | "columns" = "values"): Sql =>
  sql.join(
    keys.map((key) => {
      const expression = by === "values" ? key.value : sql.id(key.column);
      // Said only where it matters: an index read backwards has its nulls first, and would not do.
      return sql`${expression}${key.descending ? sql` desc` : sql``}${key.nullable ? sql` nulls last` : sql``}`;
    }),
  );

/** That a run comes after the place `at`, one value for each key. */
export function after(keys: readonly SortKey[], at: readonly CursorValue[]): Sql<SqlBool> {
  const [key, ...others] = keys;
  const [place, ...places] = at;
  if (key === undefined || place === undefined) return sql`false`;
  if (place === null) return sql`(${key.value} is null and ${after(others, places)})`;
  const bound = sql`${place}::${sql.raw(key.type)}`;
  const beyond = key.descending ? sql`<` : sql`>`;
  const rest = others.length === 0 ? undefined : sql`(${key.value} = ${bound} and ${after(others, places)})`;
  const strictly = sql`${key.value} ${beyond} ${bound}`;
  const later = rest === undefined ? strictly : sql`${strictly} or ${rest}`;
  // The first comparison bounds the scan of an index; the others are checked row by row.
  return key.nullable
    ? sql`(${later} or ${key.value} is null)`
    : sql`(${key.value} ${beyond}= ${bound} and (${later}))`;
}
