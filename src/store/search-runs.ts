import { sql } from "kysely";
import type { RunCondition, RunOrder } from "../search/ast.ts";
import type { CursorValue } from "../search/page-token.ts";
import { type Database, planEachTime } from "./database.ts";
import type { RunRow } from "./runs.ts";
import { columnCondition } from "./search-columns.ts";
import { lacks, type Sql, toFact } from "./search-facts.ts";
import { sortKeys } from "./search-keys.ts";
import { type FoundRun, probe, type Question, searchAll, searchCandidates } from "./search-statements.ts";
import { decidedBy, stretches, walk } from "./search-walks.ts";

export interface RunSearch {
  project: bigint;
  /** None finds none; unknown ones are no error. */
  experiments: readonly bigint[];
  /** Both without it. */
  stage?: "active" | "deleted";
  conditions: readonly RunCondition[];
  orders: readonly RunOrder[];
  /** Runs at most, at least 1. */
  limit: number;
  /** `next` of the page before, made with the same conditions and orders. */
  after?: readonly CursorValue[];
}

/** `next` is there if more runs follow. */
export interface Page<Row> {
  rows: Row[];
  next?: CursorValue[];
}

/**
 * One page of the runs that satisfy all conditions, in the order of `orders`, then the newest first, then by id. Keyset
 * paging: runs that come or go between two pages neither shift nor repeat the others.
 */
export async function searchRuns(db: Database, search: RunSearch): Promise<Page<RunRow>> {
  const question = toQuestion(search);
  if (question.scope.experiments.length === 0) return { rows: [] };
  const rows = await answer(db, question);
  if (rows.length <= search.limit) return { rows };
  rows.length = search.limit;
  const last = rows.at(-1);
  return last === undefined
    ? { rows }
    : { rows, next: question.keys.map(({ column }) => last[column] ?? null) };
}

function toQuestion({ project, experiments, stage, conditions, orders, limit, after }: RunSearch): Question {
  const starts: Question["starts"][number][] = [];
  const columns: Question["columns"][number][] = [];
  for (const condition of conditions) {
    const column = condition.kind === "attribute" ? columnCondition(condition) : undefined;
    if (column !== undefined) (condition.key === "start_time" ? starts : columns).push(column);
  }
  return {
    scope: { project, experiments: [...new Set(experiments)] },
    stage,
    starts,
    columns,
    facts: conditions.flatMap((condition) => toFact(condition) ?? []),
    keys: sortKeys(orders),
    at: after,
    // One more tells whether there is a next page.
    limit: limit + 1,
  };
}

/** Scopes up to this many runs are looked at whole: no plan for them is slow, and a choice costs a round trip. */
const fewRuns = 2_000;
/** Up to this many runs with a fact are candidates worth starting from. */
const fewCandidates = 10_000;
/** Runs that a filtered walk looks at for each run it is to find, and at all. */
const stepsPerRun = 100;
const mostSteps = 20_000;

/**
 * Chooses among statements that find the same (spikes.md §5), because Postgres cannot: it knows how common a value is,
 * but not how common it is among the newest runs, nor that two conditions exclude each other.
 *
 * - Nothing to filter by: walk the index that has the order.
 * - A fact that few runs have: start from those runs.
 * - Only common facts: walk along the order and test run by run, but not far; if the page is not full then, search all.
 */
async function answer(db: Database, question: Question): Promise<FoundRun[]> {
  const { scope, facts, columns, keys, limit } = question;
  const [first] = keys;
  const along = stretches(question);
  const unfiltered = facts.length === 0 && columns.length === 0 && question.stage !== "deleted";
  const [whole] = along ?? [];
  if (unfiltered && whole !== undefined && first?.fact === undefined)
    return await read(db, walk(question, whole));

  const decided = decidedBy(first, facts);
  const others = facts.filter((fact) => !decided.includes(fact));
  const probed = others.filter((fact) => !fact.absent);
  const [counts] = await read(db, probe(question, probed, { runs: fewRuns + 1, facts: fewCandidates + 1 }));
  const byRarity = probed
    .map((fact, i) => ({ fact, count: counts?.[`c${i}`] ?? 0n }))
    .sort((a, b) => Number(a.count - b.count));
  const [rarest] = byRarity;
  if (counts?.runs === 0n || rarest?.count === 0n) return [];
  const sorted = {
    ...question,
    facts: [...byRarity.map(({ fact }) => fact), ...decided, ...others.filter((fact) => fact.absent)],
  };
  if (counts !== undefined && counts.runs <= fewRuns) return await read(db, searchAll(sorted));
  if (rarest !== undefined && rarest.count <= fewCandidates)
    return await read(db, searchCandidates(sorted, rarest.fact));
  if (along !== undefined && others.length === 0 && columns.length === 0 && question.stage !== "deleted")
    return await walkOn(db, question, along);
  const [start, ...more] = along?.[0] ?? [];
  if (start !== undefined && more.length === 0 && scope.experiments.length === 1) {
    const found = await read(db, walk(sorted, [start], Math.min(limit * stepsPerRun, mostSteps)));
    if (found.length === limit) return found;
  }
  return await read(db, searchAll(sorted));
}

/** Walks one stretch after the other, then the runs that lack the first key, until the page is full. */
async function walkOn(
  db: Database,
  question: Question,
  along: NonNullable<ReturnType<typeof stretches>>,
): Promise<FoundRun[]> {
  const rows: FoundRun[] = [];
  let { limit } = question;
  for (const stretch of along) {
    rows.push(...(await read(db, walk({ ...question, limit }, stretch))));
    limit = question.limit - rows.length;
    if (limit <= 0) return rows;
  }
  const [first, ...keys] = question.keys;
  // Whoever is asked something about the first key cannot lack it.
  if (first?.fact === undefined || question.facts.length > 0) return rows;
  const inTheRest = question.at?.[0] === null;
  const rest = await answer(db, {
    ...question,
    facts: [lacks(first.fact.kind, first.fact.key)],
    keys,
    at: inTheRest ? question.at?.slice(1) : undefined,
    limit,
  });
  for (const row of rest) rows.push({ ...row, [first.column]: null });
  return rows;
}

const read = async <Row>(db: Database, statement: Sql<Row>): Promise<Row[]> =>
  (await sql<Row>`${planEachTime}${statement}`.execute(db)).rows;
