import { type SqlBool, sql } from "kysely";
import type { CursorValue } from "../search/page-token.ts";
import type { RunRow } from "./runs.ts";
import { type Fact, runHas, runIsAmong, runsWith, type Scope, type Sql, within } from "./search-facts.ts";
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
export type FoundRun = RunRow & { [column: `k${string}`]: CursorValue };

/** All of `conditions`. */
export const every = (conditions: readonly Sql<SqlBool>[]): Sql<SqlBool> =>
  conditions.length === 0 ? sql`true` : sql`${sql.join(conditions, sql` and `)}`;

/** The conditions on columns of the run `r` that no index answers. */
export const onRuns = ({ stage, columns }: Question): Sql<SqlBool>[] =>
  stage === undefined ? [...columns] : [sql`r.lifecycle_stage = ${stage}`, ...columns];

/** The condition that a run comes after the page before, if there was one. */
export const beyond = (keys: readonly SortKey[], at: readonly CursorValue[] | undefined) =>
  at === undefined ? [] : [after(keys, at)];

const inScope = ({ project, experiments }: Scope): Sql<SqlBool>[] => [
  sql`r.project_id = ${project}`,
  within(sql`r.experiment_id`, experiments),
];

/**
 * How many runs are in scope and how many have each fact, counted up to a limit: 0.2 to 2 ms that decide between
 * statements which differ by factors of hundreds (spikes.md §5). Columns `runs`, `c0`, `c1`…
 */
export function probe(
  { scope, starts }: Question,
  facts: readonly Fact[],
  most: { runs: number; facts: number },
): Sql<{ runs: bigint } & { [column: `c${number}`]: bigint }> {
  const counts = facts.map(
    (fact, i) => sql`,
    (select count(*) from (${runsWith(fact, scope)} limit ${most.facts}) x) as ${sql.id(`c${i}`)}`,
  );
  return sql`
  select (
    select count(*) from (
      select from runs r
      where ${every([...inScope(scope), ...starts])}
      limit ${most.runs}
    ) x
  ) as runs${sql.join(counts, sql``)}`;
}

/** Semi-joins that one statement may hold: the planner's time grows steeply with their number. */
const mostSets = 4;

/** Looks at every run in scope: the right thing for few runs, or when neither filter nor order leads to the page. */
export function searchAll(question: Question): Sql<FoundRun> {
  const { scope, starts, facts, keys, at, limit } = question;
  const held = facts.map((fact, i) => (i < mostSets ? runIsAmong(fact, scope) : runHas(fact, scope)));
  return sql`
  select r.*${selected(keys)}
  from runs r${joins(keys, scope.project)}
  where ${every([...inScope(scope), ...starts, ...onRuns(question), ...held, ...beyond(keys, at)])}
  order by ${ordered(keys)} limit ${limit}`;
}

/** Starts from the few runs that have the fact `rare`. */
export function searchCandidates(question: Question, rare: Fact): Sql<FoundRun> {
  const { scope, starts, facts, keys, at, limit } = question;
  const held = facts.filter((fact) => fact !== rare).map((fact) => runHas(fact, scope));
  return sql`
  with candidates as materialized (${runsWith(rare, scope)}
  )
  select r.*${selected(keys)}
  from candidates c
  join runs r on r.project_id = ${scope.project} and r.run_key = c.run_key${joins(keys, scope.project)}
  where ${every([...starts, ...onRuns(question), ...held, ...beyond(keys, at)])}
  order by ${ordered(keys)} limit ${limit}`;
}
