import type { RunCondition, RunOrder } from "../search/ast.ts";
import type { CursorValue } from "../search/page-token.ts";
import type { Database } from "./database.ts";
import { type Costs, findRuns } from "./search-choice.ts";
import { columnCondition } from "./search-columns.ts";
import { toFacts } from "./search-facts.ts";
import { type SortKey, sortKeys } from "./search-keys.ts";
import type { FoundRun, Question } from "./search-statements.ts";
import { inTurn } from "./search-turns.ts";

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
export async function searchRuns(db: Database, search: RunSearch, costs?: Costs): Promise<Page<FoundRun>> {
  const question = toQuestion(search);
  if (question.scope.experiments.length === 0) return { rows: [] };
  const rows = await inTurn(db, () => findRuns(db, question, costs));
  if (rows.length <= search.limit) return { rows };
  rows.length = search.limit;
  const last = rows.at(-1);
  return last === undefined ? { rows } : { rows, next: placeIn(question.keys, last) };
}

/** The place of a run that was found in the order of `orders`: as `after`, it brings what follows. */
export const placeOf = (orders: readonly RunOrder[], run: FoundRun): CursorValue[] =>
  placeIn(sortKeys(orders), run);

const placeIn = (keys: readonly SortKey[], run: FoundRun) => keys.map(({ column }) => run[column] ?? null);

export function toQuestion({
  project,
  experiments,
  stage,
  conditions,
  orders,
  limit,
  after,
}: RunSearch): Question {
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
    facts: toFacts(conditions),
    keys: sortKeys(orders),
    at: after,
    // One more tells whether there is a next page.
    limit: limit + 1,
  };
}
