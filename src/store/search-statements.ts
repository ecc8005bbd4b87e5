import { type SqlBool, sql } from "kysely";
import type { CursorValue } from "../search/page-token.ts";
import type { RunRow } from "./runs.ts";
import { type Fact, runHas, runsWith, type Scope, type Sql, within } from "./search-facts.ts";
import { after, joins, ordered, type SortKey, selected } from "./search-keys.ts";

/** A search made of SQL pieces: what every statement below is built from. */
export interface Question {
  scope: Scope;
  /** The lifecycle stage to be in; any without it. */
  stage: "active" | "deleted" | undefined;
  /** Conditions on `start_time` of the run `r`, which the index of the newest runs answers. */
  starts: readonly Sql<SqlBool>[];
  /** Conditions on other columns of the run `r`. */
  columns: readonly Sql<SqlBool>[];
  facts: readonly Fact[];
  keys: readonly SortKey[];
  /** Where the page before ended: a value for each key. */
  at: readonly CursorValue[] | undefined;
  /** Rows at most. */
  limit: number;
}

/** A run and its sort keys. */
export type FoundRun = Pick<RunRow, "run_key" | "run_id" | "has_inputs"> & {
  [column: `k${string}`]: CursorValue;
};

/** The columns of a FoundRun, from `runs as r` and what `keys` are joined from. */
export const foundRun = (keys: readonly SortKey[]): Sql =>
  sql`r.run_key, r.run_id, r.has_inputs${selected(keys)}`;

/** All of `conditions`. */
export const every = (conditions: readonly Sql<SqlBool>[]): Sql<SqlBool> =>
  conditions.length === 0 ? sql`true` : sql`${sql.join(conditions, sql` and `)}`;

/** The conditions on columns of the run `r` that no index answers. */
export const onRuns = ({ stage, columns }: Question): Sql<SqlBool>[] =>
  stage === undefined ? [...columns] : [sql`r.lifecycle_stage = ${stage}`, ...columns];

/** The condition that a run comes after the page before, if there was one. */
export const beyond = (keys: readonly SortKey[], at: readonly CursorValue[] | undefined) =>
  at === undefined ? [] : [after(keys, at)];

export const inScope = ({ project, experiments }: Scope): Sql<SqlBool>[] => [
  sql`r.project_id = ${project}`,
  within(sql`r.experiment_id`, experiments),
];

/**
 * How many runs are in scope and how many have each fact, counted up to a limit: 0.2 to 2 ms that decide between
 * statements which differ by factors of hundreds (spikes.md §5). Columns `runs`, `c0`, `c1`…; `most` is the number of
 * runs ever made in the project, which bounds those in scope.
 */
export function probe(
  { scope, starts }: Question,
  facts: readonly Fact[],
  limits: { runs: number; facts: number },
): Sql<{ runs: bigint; most: bigint } & { [column: `c${number}`]: bigint }> {
  const counts = facts.map(
    (fact, i) => sql`,
    (select count(*) from (${runsWith(fact, scope)} limit ${limits.facts}) x) as ${sql.id(`c${i}`)}`,
  );
  return sql`
  select (
    select count(*) from (
      select from runs r
      where ${every([...inScope(scope), ...starts])}
      limit ${limits.runs}
    ) x
  ) as runs,
    coalesce((select max(r.run_key) from runs r where r.project_id = ${scope.project}), 0) as most${sql.join(counts, sql``)}`;
}

/** Looks at every run in scope, one by one. */
export function searchAll(question: Question): Sql<FoundRun> {
  const { scope, starts, facts, keys, at, limit } = question;
  const held = facts.map((fact) => runHas(fact, scope));
  return sql`
  select ${foundRun(keys)}
  from runs r${joins(keys, scope.project)}
  where ${every([...inScope(scope), ...starts, ...onRuns(question), ...held, ...beyond(keys, at)])}
  order by ${ordered(keys)} limit ${limit}`;
}

/**
 * Starts from the runs that have all of the facts `sets`, found by building the set of each. As a join Postgres would
 * rather look every run up, once for each fact; by an array of their keys it looks the runs up in the order of the index,
 * which costs two thirds of looking them up one by one.
 */
export function searchCandidates(question: Question, sets: readonly Fact[]): Sql<FoundRun> {
  const { scope, starts, facts, keys, at, limit } = question;
  const held = facts.filter((fact) => !sets.includes(fact)).map((fact) => runHas(fact, scope));
  return sql`
  select ${foundRun(keys)}
  from runs r${joins(keys, scope.project)}
  where r.project_id = ${scope.project} and r.run_key = any(array(${intersection(question, sets)}
    )) and ${every([...starts, ...onRuns(question), ...held, ...beyond(keys, at)])}
  order by ${ordered(keys)} limit ${limit}`;
}

/** The keys of the runs that have each of `sets`, or lack it if it is absent. */
export function intersection({ scope, starts }: Question, sets: readonly Fact[]): Sql {
  const present = sets.filter((fact) => !fact.absent).map((fact) => runsWith(fact, scope));
  const absent = sets.filter((fact) => fact.absent).map((fact) => runsWith(fact, scope));
  const all = sql`
    select r.run_key from runs r where ${every([...inScope(scope), ...starts])}`;
  const having = present.length === 0 ? all : sql.join(present.map(bracketed), sql` intersect `);
  return absent.length === 0
    ? having
    : sql`${having} except ${sql.join(absent.map(bracketed), sql` except `)}`;
}

// INTERSECT, EXCEPT and the UNION ALL of a set's ranges would otherwise be read from left to right.
const bracketed = (query: Sql): Sql => sql`(${query})`;
