import { type SqlBool, sql } from "kysely";
import type { CursorValue } from "../search/page-token.ts";
import { numberArray } from "./array-literals.ts";
import {
  type Fact,
  factTable,
  isIndexed,
  isTooLong,
  runHas,
  runsWith,
  type Scope,
  type Sql,
} from "./search-facts.ts";
import { joins, ordered, type SortKey } from "./search-keys.ts";
import { beyond, every, type FoundRun, foundRun, onRuns, type Question } from "./search-statements.ts";

/** An index that yields runs in the order of the first sort key. */
interface Stream {
  /** The table with its alias. */
  table: Sql;
  alias: Sql;
  /** What its rows must satisfy, beside project and experiment. */
  where: readonly Sql<SqlBool>[];
  /** The keys that order it, in the form in which the index has them. */
  keys: readonly SortKey[];
  at: readonly CursorValue[] | undefined;
  /** Whether it advances along the first sort key, rather than hold the runs that tie in it. */
  leads: boolean;
}

/** Streams, merged: together one stretch of the order. */
export type Stretch = readonly Stream[];

/**
 * The stretches of the whole order that an index yields, one after the other: for metrics the numbers, then NaN; for
 * params and tags the runs that have them; for `start_time` everything. Stretches before the question's place are left
 * out. Undefined when no index leads along the first key. The runs that lack the first key follow all stretches.
 */
export function stretches(question: Question): Stretch[] | undefined {
  const { starts, keys, at } = question;
  const [first, ...others] = keys;
  if (first?.column === "k_start_time")
    return [[{ table: sql`runs as r`, alias: sql.id("r"), where: starts, keys, at, leads: true }]];
  if (first?.fact === undefined) return undefined;
  if (at?.[0] === null) return [];
  const { kind, key, alias } = first.fact;
  const value = sql.id(alias, "value");
  const found: SortKey = {
    ...first,
    value,
    descending: first.descending || first.negated,
    nullable: false,
  };
  const [place, ...places] = at ?? [];
  const stream = (where: Sql<SqlBool>): Stream => ({
    table: factTable(kind, sql.id(alias)),
    alias: sql.id(alias),
    where: [
      sql`${sql.id(alias, "key")} = ${key}`,
      where,
      ...decidedBy(first, question.facts).map((fact) => fact.test(value)),
    ],
    keys: [found, ...others],
    at: at && [first.negated ? -Number(place) : (place ?? null), ...places],
    leads: true,
  });
  if (kind !== "metric") return [[stream(isIndexed(value)), stream(isTooLong(value))]];
  const inNumbers = !Number.isNaN(place);
  const numbers = stream(sql`${value} < 'NaN'`);
  const nan = {
    ...stream(sql`${value} = 'NaN'`),
    keys: others,
    at: inNumbers ? undefined : places,
    leads: false,
  };
  return inNumbers ? [[numbers], [nan]] : [[nan]];
}

/** The facts about what `first` sorts by: an index along it answers them by itself. */
export const decidedBy = (first: SortKey | undefined, facts: readonly Fact[]): Fact[] =>
  facts.filter(({ kind, key, absent }) => kind === first?.fact?.kind && key === first.fact.key && !absent);

export interface Pace {
  /**
   * How many rows to look at, at most, together with those that tie with the last; all without it. Only for one stream
   * that leads and one experiment: of several, each could end at another place of the order.
   */
  steps?: number;
  /** A fact whose set is built first, so that a step asks the set: the others are looked up for its members alone. */
  set?: Fact | undefined;
}

/** Reads a stretch of the order until the page is full. */
export function walk(question: Question, stretch: Stretch, pace: Pace = {}): Sql<FoundRun> {
  const { scope, keys, limit } = question;
  const [only, ...more] = scope.experiments;
  const inExperiment = (experiment: unknown) =>
    merged(
      stretch.map((stream) => walkStream(question, stream, experiment, pace)),
      question,
    );
  if (only !== undefined && more.length === 0) return inExperiment(only);
  return sql`
  select s.*
  from unnest(${numberArray(scope.experiments)}::bigint[]) as e (id)
  cross join lateral (${inExperiment(sql`e.id`)}
  ) s
  order by ${ordered(keys, "columns")} limit ${limit}`;
}

function merged(streams: readonly Sql<FoundRun>[], { keys, limit }: Question): Sql<FoundRun> {
  const [only, ...more] = streams;
  if (only !== undefined && more.length === 0) return only;
  return sql`
  select s.*
  from (
    ${sql.join(
      streams.map((stream) => sql`(${stream})`),
      sql` union all `,
    )}
  ) s
  order by ${ordered(keys, "columns")} limit ${limit}`;
}

/** That the run of a row of `alias` has `facts`. Postgres asks a CASE in its order, and its set as a hash table. */
function heldBy(alias: Sql, facts: readonly Fact[], scope: Scope, set: Fact | undefined): Sql<SqlBool>[] {
  const others = facts.filter((fact) => fact !== set).map((fact) => runHas(fact, scope, alias));
  return set === undefined
    ? others
    : [sql`case when ${alias}.run_key in (${runsWith(set, scope)}) then ${every(others)} else false end`];
}

function walkStream(
  question: Question,
  { table, alias, where, keys: along, at }: Stream,
  experiment: unknown,
  { steps, set }: Pace,
): Sql<FoundRun> {
  const { scope, starts, facts, keys, limit } = question;
  const [first, ...others] = keys;
  const overRuns = first?.fact === undefined;
  const mine = [
    sql<SqlBool>`${alias}.project_id = ${scope.project} and ${alias}.experiment_id = ${experiment}`,
    ...where,
  ];
  const [leader] = along;
  const place = at?.[0];
  const start =
    leader === undefined || place === undefined
      ? []
      : [
          sql<SqlBool>`${leader.value} ${leader.descending ? sql`<=` : sql`>=`} ${place}::${sql.raw(leader.type)}`,
        ];
  const decided = decidedBy(first, facts);
  const conditions = [
    ...(overRuns ? [] : starts),
    ...onRuns(question),
    // Asked of the stream's own rows, so that a run is looked up once it is known to have them all.
    ...heldBy(
      alias,
      facts.filter((fact) => !decided.includes(fact)),
      scope,
      set,
    ),
    ...beyond(along, at),
  ];
  const source =
    steps === undefined || leader === undefined
      ? table
      : sql`(
      select * from ${table}
      where ${every([...mine, ...start])}
      order by ${ordered([leader])} fetch first (${steps}) rows with ties
    ) as ${alias}`;
  // The limit changes nothing but the plan: run by run, as a walk that ends early must be, and not by a hash of all runs.
  const toRuns = overRuns
    ? sql``
    : sql`
    cross join lateral (
      select r.* from runs r where r.project_id = ${scope.project} and r.run_key = ${alias}.run_key limit 1
    ) r`;
  return sql`
    select ${foundRun(keys)}
    from ${source}${toRuns}${joins(others, scope.project)}
    where ${every(source === table ? [...mine, ...conditions] : conditions)}
    order by ${ordered(along)} limit ${limit}`;
}
