import { type SqlBool, sql } from "kysely";
import type { CursorValue } from "../search/page-token.ts";
import { numberArray } from "./array-literals.ts";
import {
  type Fact,
  factTable,
  isIndexed,
  isTooLong,
  row,
  runHas,
  runsWith,
  type Scope,
  type Sql,
} from "./search-facts.ts";
import { joins, ordered, type SortKey } from "./search-keys.ts";
import { beyond, every, type FoundRun, foundRun, onRuns, type Question } from "./search-statements.ts";

/** An index that yields runs in the order of the first sort key. */
export interface Stream {
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
  /** In no index, but few and sorted: metrics that are being logged (settled-metrics.ts). */
  isSorted?: true;
}

/** Streams, merged: together one stretch of the order. */
export type Stretch = readonly Stream[];

/** Every status a run can have, in the order of an index. */
const statuses = ["FAILED", "FINISHED", "KILLED", "RUNNING", "SCHEDULED"];

/**
 * The stretches of the whole order that an index yields, one after the other: for metrics the numbers, then NaN; for
 * params and tags the runs that have them; for `start_time` everything; for `status` one of each; for `end_time` and `duration` the runs that
 * have ended, then the others. Stretches before the question's place are left out. Undefined when no index leads along the first key. The runs that lack the first key follow all stretches.
 */
export function stretches(question: Question): Stretch[] | undefined {
  const { starts, keys, at } = question;
  const [first, ...others] = keys;
  if (first?.column === "k_start_time")
    return [[{ table: sql`runs as r`, alias: sql.id("r"), where: starts, keys, at, leads: true }]];
  if (first?.column === "k_status" && others[0]?.column === "k_start_time" && others[0].descending)
    return byStatus(question, first, others);
  if (first?.column === "k_end_time" || first?.column === "k_duration") return byEnd(question, first, others);
  if (first?.fact === undefined) return undefined;
  if (at?.[0] === null) return [];
  const { kind, key, alias } = first.fact;
  const { value, settled } = row(alias);
  const [place, ...places] = at ?? [];
  const stream = (column: Sql, ...where: Sql<SqlBool>[]): Stream => ({
    table: factTable(kind, sql.id(alias)),
    alias: sql.id(alias),
    where: [
      sql`${sql.id(alias, "key")} = ${key}`,
      ...where,
      ...decidedBy(first, question.facts).map((fact) => fact.test(column)),
    ],
    keys: [
      { ...first, value: column, descending: first.descending || first.negated, nullable: false },
      ...others,
    ],
    at: at && [first.negated ? -Number(place) : (place ?? null), ...places],
    leads: true,
  });
  if (kind !== "metric") return [[stream(value, isIndexed(value)), stream(value, isTooLong(value))]];
  const inNumbers = !Number.isNaN(place);
  const numbers: Stretch = [
    stream(settled, sql`${settled} < 'NaN'`),
    { ...stream(value, sql`${settled} is null`, sql`${value} < 'NaN'`), isSorted: true },
  ];
  const tied = { keys: others, at: inNumbers ? undefined : places, leads: false };
  const nan: Stretch = [
    { ...stream(settled, sql`${settled} = 'NaN'`), ...tied },
    { ...stream(value, sql`${settled} is null`, sql`${value} = 'NaN'`), ...tied, isSorted: true },
  ];
  return inNumbers ? [numbers, nan] : [nan];
}

function byStatus(
  { starts, at }: Question,
  { value, descending }: SortKey,
  keys: readonly SortKey[],
): Stretch[] {
  const inOrder = descending ? statuses.toReversed() : statuses;
  const from = at === undefined ? 0 : inOrder.indexOf(String(at[0]));
  return inOrder
    .slice(Math.max(0, from))
    .map((status, i) => tied(starts, sql`${value} = ${status}`, keys, i === 0 ? at?.slice(1) : undefined));
}

/** The runs that tie in the first sort key, in the order of the others. */
const tied = (
  starts: Question["starts"],
  tie: Sql<SqlBool>,
  keys: readonly SortKey[],
  at: readonly CursorValue[] | undefined,
): Stretch => [
  { table: sql`runs as r`, alias: sql.id("r"), where: [...starts, tie], keys, at, leads: false },
];

/** Of the newest of each user first, the runs of one. @param at where among them the page before ended. */
export const ofUser = (
  { starts, keys: [, ...others] }: Question,
  user: string,
  at: readonly CursorValue[] | undefined,
): Stretch => tied(starts, sql`r.user_id = ${user}`, others, at);

function byEnd({ starts, at }: Question, first: SortKey, others: readonly SortKey[]): Stretch[] {
  const { value } = first;
  const isInRest = at?.[0] === null;
  const rest = tied(starts, sql`${value} is null`, others, isInRest ? at?.slice(1) : undefined);
  if (isInRest) return [rest];
  const ended = {
    table: sql`runs as r`,
    alias: sql.id("r"),
    where: [...starts, sql<SqlBool>`${value} is not null`],
    keys: [{ ...first, nullable: false }, ...others],
    at,
    leads: true,
  };
  return [[ended], rest];
}

/** Whether a walk of the stretch can end after some steps: it follows one index, along the first sort key. */
export function isWalkable(stretch: Stretch): boolean {
  const followed = stretch.filter((stream) => !stream.isSorted);
  return followed.length === 1 && followed[0]?.leads === true;
}

/** The facts about what `first` sorts by: an index along it answers them by itself. */
export const decidedBy = (first: SortKey | undefined, facts: readonly Fact[]): Fact[] =>
  facts.filter(({ kind, key, absent }) => kind === first?.fact?.kind && key === first.fact.key && !absent);

export interface Pace {
  /**
   * How many rows to look at, at most, together with those that tie with the last; all without it. Only for a walkable
   * stretch and one experiment: of several, each could end at another place of the order.
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
      stretch.map((stream) => walkStream(question, stream, stretch, experiment, pace)),
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

/** The rows of a stream: which they are, where the page begins among them, and what they are ordered by first. */
function rowsOf({ scope }: Question, { alias, where, keys, at }: Stream, experiment: unknown) {
  const [leader] = keys;
  const place = at?.[0];
  const mine = [
    sql<SqlBool>`${alias}.project_id = ${scope.project} and ${alias}.experiment_id = ${experiment}`,
    ...where,
  ];
  const start =
    leader === undefined || place === undefined
      ? []
      : [
          sql<SqlBool>`${leader.value} ${leader.descending ? sql`<=` : sql`>=`} ${place}::${sql.raw(leader.type)}`,
        ];
  return { mine, start, leader };
}

/** That a sorted stream is no further than the one beside it that ends after `steps` rows, if it has so many. */
function upTo(question: Question, stream: Stream, [led]: Stretch, experiment: unknown, steps: number) {
  const [key] = stream.keys;
  if (led === undefined || key === undefined) return [];
  const { mine, start, leader } = rowsOf(question, led, experiment);
  if (leader === undefined) return [];
  return [
    sql<SqlBool>`coalesce(${key.value} ${leader.descending ? sql`>=` : sql`<=`} (
      select ${leader.value} from ${led.table}
      where ${every([...mine, ...start])}
      order by ${ordered([leader])} limit 1 offset ${steps - 1}
    ), true)`,
  ];
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
  stream: Stream,
  stretch: Stretch,
  experiment: unknown,
  { steps, set }: Pace,
): Sql<FoundRun> {
  const { scope, starts, facts, keys, limit } = question;
  const { table, alias, keys: along, at } = stream;
  const [first, ...others] = keys;
  const overRuns = first?.fact === undefined;
  const { mine, start, leader } = rowsOf(question, stream, experiment);
  const decided = decidedBy(first, facts);
  const conditions = [
    ...(overRuns ? [] : starts),
    ...onRuns(question),
    // Asked of the stream's own rows, so that a run is looked up once it is known to have them all.
    ...heldBy(
      alias,
      facts.filter((fact) => !decided.includes(fact)),
      scope,
      // Few rows are looked up sooner than a set is built for them.
      stream.isSorted ? undefined : set,
    ),
    ...beyond(along, at),
    ...(stream.isSorted && steps !== undefined ? upTo(question, stream, stretch, experiment, steps) : []),
  ];
  // Of what has been logged only what the index has: the rows themselves are not read, which lie far apart.
  const told =
    first === undefined || overRuns || leader === undefined || !stream.leads
      ? keys
      : [{ ...first, value: first.negated ? sql`-${leader.value}` : leader.value }, ...others];
  const source =
    steps === undefined || leader === undefined || stream.isSorted
      ? table
      : sql`(
      select ${overRuns ? sql`*` : sql`${alias}.run_key, ${leader.value}`} from ${table}
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
    select ${foundRun(told)}
    from ${source}${toRuns}${joins(others, scope.project)}
    where ${every(source === table ? [...mine, ...conditions] : conditions)}
    order by ${ordered(along)} limit ${limit}`;
}
