import { type SqlBool, sql } from "kysely";
import type { CursorValue } from "../search/page-token.ts";
import { numberArray } from "./array-literals.ts";
import type { Database } from "./database.ts";
import { planEachTime } from "./postgres-client.ts";
import {
  type Fact,
  factTable,
  isIndexed,
  isTooLong,
  runHas,
  runsWith,
  type Sql,
  within,
} from "./search-facts.ts";
import { joins, ordered, type SortKey } from "./search-keys.ts";
import { type RunSearch, toQuestion } from "./search-runs.ts";
import { every, inScope, intersection, onRuns, probe, type Question } from "./search-statements.ts";
import { isByUser, runsOfUsers } from "./search-users.ts";
import { ofUser, type Stream, stretches } from "./search-walks.ts";

/** Where in the order of a search a table stands that was scrolled far, and how long it is. */

/** Without a page. */
export type WholeSearch = Omit<RunSearch, "limit" | "after">;

/** Sets that one statement builds at most; the other facts are tested run by run. */
const mostSets = 4;

/**
 * The place after the first `offset` runs (at least 1), to be given to searchRuns as `after`; undefined when there are not so many. What is
 * left out is read from indexes alone where one has the order: by start time, or by a metric, param or tag, or by status.
 */
export async function findPlace(
  db: Database,
  search: WholeSearch,
  offset: number,
  fewRuns = measuredFewRuns,
): Promise<CursorValue[] | undefined> {
  const question = await withoutNeedlessStage(db, toQuestion({ ...search, limit: 1 }));
  if (question.scope.experiments.length === 0) return undefined;
  const { keys } = question;
  const found =
    (await placeByValue(db, question, offset - 1)) ??
    (await placeByColumn(db, question, offset - 1)) ??
    (await placeByUser(db, question, offset - 1));
  if (found !== undefined) return found;
  const rare = await rareFacts(db, question, fewRuns);
  // Along the index of the newest runs one by one, where many of them have what is asked for; else from those that have it.
  const isAlong = keys[0]?.column === "k_start_time" && question.scope.experiments.length === 1;
  const sets = rare.length > 0 ? rare : isAlong ? [] : question.facts;
  const rows = await read<Place>(
    db,
    sql`
    select ${valuesOf(keys)}
    from ${matching(question, setsOf(sets))}
    order by ${ordered(keys)} offset ${offset - 1} limit 1`,
  );
  const [row] = rows;
  return row && keys.map(({ column }) => row[column] ?? null);
}

type Place = { [column: `k${string}`]: CursorValue };

/** `value as column` for each key. */
const valuesOf = (keys: readonly SortKey[]): Sql =>
  sql.join(keys.map((key) => sql`${key.value} as ${sql.id(key.column)}`));

/** The runs `r` that satisfy all conditions, with what they are sorted by: what follows FROM, WHERE included. */
function matching(question: Question, sets: readonly Fact[], sorted = true): Sql {
  const { scope, starts, facts, keys } = question;
  const values = sorted ? joins(keys, scope.project) : sql``;
  const held = facts.filter((fact) => !sets.includes(fact)).map((fact) => runHas(fact, scope));
  if (sets.length === 0)
    return sql`runs r${values}
    where ${every([...inScope(scope), ...starts, ...onRuns(question), ...held])}`;
  return sql`(select run_key from (${intersection(question, sets)}) sets offset 0) c
    join runs r on r.project_id = ${scope.project} and r.run_key = c.run_key${values}
    where ${every([...starts, ...onRuns(question), ...held])}`;
}

const setsOf = (facts: readonly Fact[]) => facts.slice(0, mostSets);

/** Values that are read before the one at a place, to see with how many of them it ties. */
const tieWindow = 1_000;

/**
 * By a metric, param or tag, runs are skipped along the index of its values, which has them in another order where values tie:
 * so the value at the place is found first, then the place among the runs that tie in it.
 */
async function placeByValue(
  db: Database,
  question: Question,
  skipped: number,
): Promise<CursorValue[] | undefined> {
  const { scope, keys } = question;
  const [first, ...others] = keys;
  if (first?.fact === undefined || !isPlain(question)) return undefined;
  const { alias, key, kind } = first.fact;
  const o = sql.id(alias);
  const table = kind === "metric" ? numbersOfMetrics(o) : factTable(kind, o);
  const value = sql.id(alias, "value");
  const ofKey: Sql<SqlBool> = sql`${o}.project_id = ${scope.project}
    and ${within(sql`${o}.experiment_id`, scope.experiments)} and ${o}.key = ${key}`;
  if (kind !== "metric" && (await hasLongValues(db, table, ofKey, value))) return undefined;
  const along: Sql<SqlBool> = kind === "metric" ? ofKey : sql`${ofKey} and ${isIndexed(value)}`;
  const descending = first.descending || first.negated;
  const from = Math.max(0, skipped - tieWindow);
  const around = await read<{ value: number | string }>(
    db,
    sql`
    select ${value} as value from ${table}
    where ${along}
    order by ${value}${descending ? sql` desc` : sql``} offset ${from} limit ${skipped - from + 1}`,
  );
  const at = around.at(-1);
  if (at === undefined || around.length <= skipped - from) return undefined;
  const ties = around.length - around.findIndex((row) => row.value === at.value);
  const isWhole = ties < around.length || from === 0;
  const before = isWhole
    ? skipped - (ties - 1)
    : await countBeyond(db, table, along, value, at.value, descending);
  const [row] = await read<Place>(
    db,
    sql`
    select ${valuesOf(keys)}
    from ${table}
    join runs r on r.project_id = ${scope.project} and r.run_key = ${o}.run_key${joins(others, scope.project)}
    where ${along} and ${value} = ${at.value}
    order by ${ordered(others)} offset ${skipped - before} limit 1`,
  );
  return row && keys.map(({ column }) => row[column] ?? null);
}

const isPlain = (question: Question) =>
  onRuns(question).length + question.starts.length + question.facts.length === 0 &&
  question.scope.experiments.length === 1;

/** By status, end or duration runs are skipped along their index, one stretch of it after the other. */
async function placeByColumn(
  db: Database,
  question: Question,
  skipped: number,
): Promise<CursorValue[] | undefined> {
  const { scope, keys } = question;
  if (!isPlain(question) || !skippable.has(keys[0]?.column ?? "")) return undefined;
  let left = skipped;
  for (const stream of (stretches(question) ?? []).flat()) {
    const runs = sql`select from runs r where ${every([...inScope(scope), ...stream.where])}`;
    const count = await countRows(db, runs, left);
    if (count > left) return await placeIn(db, question, stream, left);
    left -= count;
  }
  return undefined;
}

const skippable: ReadonlySet<string> = new Set(["k_status", "k_end_time", "k_duration"]);

/** By user, the newest of each first: how many runs each has is read from the index. */
async function placeByUser(
  db: Database,
  question: Question,
  skipped: number,
): Promise<CursorValue[] | undefined> {
  if (!isPlain(question) || !isByUser(question)) return undefined;
  let left = skipped;
  for (const { user, count } of await runsOfUsers(db, question)) {
    const [stream] = ofUser(question, user, undefined);
    if (count > left && stream !== undefined) return await placeIn(db, question, stream, left);
    left -= count;
  }
  return undefined;
}

/** The place of a run of a stream of runs. */
async function placeIn(db: Database, { scope, keys }: Question, stream: Stream, skipped: number) {
  const [row] = await read<Place>(
    db,
    sql`
    select ${valuesOf(keys)} from runs r${joins(keys, scope.project)}
    where ${every([...inScope(scope), ...stream.where])}
    order by ${ordered(stream.keys)} offset ${skipped} limit 1`,
  );
  return row && keys.map(({ column }) => row[column] ?? null);
}

/** The latest values that are numbers: those in the index of values, merged with the few that are not (settled-metrics.ts). */
const numbersOfMetrics = (alias: Sql): Sql => sql`(
      select project_id, experiment_id, key, run_key, settled_value as value
      from latest_metrics where settled_value < 'NaN'
      union all
      select project_id, experiment_id, key, run_key, value
      from latest_metrics where settled_value is null and value < 'NaN'
    ) as ${alias}`;

/** Whether there are values that are in an index of their own, and so in no order with the others. */
async function hasLongValues(db: Database, table: Sql, ofKey: Sql<SqlBool>, value: Sql): Promise<boolean> {
  const rows = await read(db, sql`select from ${table} where ${ofKey} and ${isTooLong(value)} limit 1`);
  return rows.length > 0;
}

async function countBeyond(
  db: Database,
  table: Sql,
  along: Sql<SqlBool>,
  value: Sql,
  place: number | string,
  descending: boolean,
): Promise<number> {
  const [row] = await read<{ count: bigint }>(
    db,
    sql`
    select count(*) as count from ${table}
    where ${along} and ${value} ${descending ? sql`>` : sql`<`} ${place}`,
  );
  return Number(row?.count ?? 0n);
}

/** Where no run is deleted, every run is active, and nothing has to be looked up to know. */
async function withoutNeedlessStage(db: Database, question: Question): Promise<Question> {
  if (question.stage !== "active") return question;
  const { deleted } = await countStages(db, question);
  return deleted === 0n ? { ...question, stage: undefined } : question;
}

async function countStages(db: Database, { scope }: Pick<Question, "scope">) {
  const [row] = await read<{ active: bigint; deleted: bigint }>(
    db,
    sql`
    select coalesce(sum(active_runs), 0)::bigint as active, coalesce(sum(deleted_runs), 0)::bigint as deleted
    from experiment_activity
    where project_id = ${scope.project} and experiment_id = any(${numberArray(scope.experiments)}::bigint[])`,
  );
  return row ?? { active: 0n, deleted: 0n };
}

/** Up to this many runs with a fact are worth starting from. */
const measuredFewRuns = 10_000;

/** The facts that few runs have. */
async function rareFacts(db: Database, question: Question, fewRuns: number): Promise<Fact[]> {
  const present = question.facts.filter((fact) => !fact.absent);
  if (present.length === 0) return [];
  const [found] = await read(db, probe(question, present, { runs: 1, facts: fewRuns + 1 }));
  return present.filter((_, i) => Number(found?.[`c${i}`] ?? 0) <= fewRuns);
}

/** Runs that are looked at in turn before the sets of all that satisfy the conditions are built. */
const measuredFirstLook = 20_000;

export interface Count {
  count: bigint;
  /** Otherwise there are at least as many. */
  isExact: boolean;
}

/** How many runs a search finds, counted up to `most`. What a whole experiment has is known anyway. */
export async function countRuns(
  db: Database,
  search: WholeSearch,
  most: number,
  { fewRuns, firstLook } = { fewRuns: measuredFewRuns, firstLook: measuredFirstLook },
): Promise<Count> {
  const asked = toQuestion({ ...search, limit: 1 });
  const { scope, facts, starts, columns } = asked;
  if (scope.experiments.length === 0) return { count: 0n, isExact: true };
  if (facts.length + starts.length + columns.length === 0) {
    const { active, deleted } = await countStages(db, asked);
    const { stage } = asked;
    const count = stage === "active" ? active : stage === "deleted" ? deleted : active + deleted;
    return { count, isExact: true };
  }
  const question = await withoutNeedlessStage(db, asked);
  const [fact, ...others] = facts;
  const isAll = onRuns(question).length + starts.length + others.length === 0;
  if (isAll && fact !== undefined && !fact.absent)
    return counted(await countRows(db, runsWith(fact, scope), most), most);
  if (facts.length === 0) return counted(await countMatching(db, question, [], most), most);
  const rare = await rareFacts(db, question, fewRuns);
  if (rare.length > 0) return counted(await countMatching(db, question, setsOf(rare), most), most);
  const looked = await countNewest(db, question, most, firstLook);
  if (looked.count > most || looked.isAll) return counted(looked.count, most);
  return counted(await countMatching(db, question, setsOf(facts), most), most);
}

const counted = (count: number, most: number): Count =>
  count > most ? { count: BigInt(most), isExact: false } : { count: BigInt(count), isExact: true };

const countMatching = (db: Database, question: Question, sets: readonly Fact[], most: number) =>
  countRows(db, sql`select from ${matching(question, sets, false)}`, most);

/** Up to one more than `most`. */
async function countRows(db: Database, rows: Sql, most: number): Promise<number> {
  const [row] = await read<{ count: bigint }>(
    db,
    sql`select count(*) as count from (${rows} limit ${most + 1}) x`,
  );
  return Number(row?.count ?? 0n);
}

/** Those among the newest runs, up to one more than `most`; `isAll`: there are no others. */
async function countNewest(db: Database, question: Question, most: number, firstLook: number) {
  const { scope, starts, facts } = question;
  const [row] = await read<{ count: bigint; runs: bigint }>(
    db,
    sql`
    with newest as materialized (
      select r.* from runs r where ${every([...inScope(scope), ...starts])}
      order by r.start_time desc, r.run_id limit ${firstLook + 1}
    )
    select (
      select count(*) from (
        select from newest r
        where ${every([...onRuns(question), ...facts.map((fact) => runHas(fact, scope))])}
        limit ${most + 1}
      ) x
    ) as count, (select count(*) from newest) as runs`,
  );
  return { count: Number(row?.count ?? 0n), isAll: Number(row?.runs ?? 0n) <= firstLook };
}

const read = async <Row>(db: Database, statement: Sql<Row> | Sql): Promise<Row[]> =>
  (await sql<Row>`${planEachTime}${statement}`.execute(db)).rows;
