import { sql } from "kysely";
import type { Database } from "./database.ts";
import { planEachTime } from "./postgres-client.ts";
import { type Fact, lacks, type Sql } from "./search-facts.ts";
import { type FoundRun, probe, type Question, searchAll, searchCandidates } from "./search-statements.ts";
import { isByUser, nextUser } from "./search-users.ts";
import { decidedBy, isWalkable, ofUser, type Stretch, stretches, walk } from "./search-walks.ts";

/** Where one way to find runs becomes dearer than another. They decide how long a search takes, never what it finds. */
export interface Costs {
  /** Scopes up to this many runs are looked at whole: no plan for them is slow. */
  fewRuns: number;
  /** Up to this many runs with a fact are candidates worth starting from; of a fact that is the only one, up to thrice as many. */
  fewCandidates: number;
  /** Runs that a filtered walk looks at for each run it is to find. */
  stepsPerRun: number;
  /** Of these, how many before it is known how common anything is, where that is dear to find out. */
  stepsOnTrust: number;
  /** Rows that a filtered walk looks up at most. */
  mostLookups: number;
  /** Sets that one statement builds at most; the other facts are tested run by run. */
  mostSets: number;
  /** Rows of a set that are built in the time in which one run is tested, at least 1. */
  rowsPerTest: number;
}

const measuredCosts: Costs = {
  fewRuns: 2_000,
  fewCandidates: 10_000,
  stepsPerRun: 100,
  stepsOnTrust: 10,
  mostLookups: 20_000,
  mostSets: 4,
  rowsPerTest: 20,
};

/**
 * Chooses among statements that find the same (spikes.md §5), because Postgres cannot: it knows how common a value is,
 * but not how common it is among the newest runs, nor that two conditions exclude each other.
 *
 * - Nothing to filter by: walk the index that has the order.
 * - A fact that few runs have: start from those runs, unless a short walk should do that asks their set. Intersect them
 *   with the sets that are not much larger, and test run by run for the rest.
 * - A fact that only reading all values of its key could count (LIKE without a beginning): a short walk on trust, then as
 *   if it were not there, for what is found by the others can be tested.
 * - Only common facts: walk along the order and test run by run, but not far; if the page is not full then, intersect
 *   the sets of all runs that have them.
 */
export async function findRuns(
  db: Database,
  question: Question,
  costs: Costs = measuredCosts,
): Promise<FoundRun[]> {
  const { scope, facts, limit } = question;
  const [first] = question.keys;
  const along = stretches(question);
  const [stretch] = along ?? [];
  const unfiltered = question.columns.length === 0 && question.stage !== "deleted";
  if (along !== undefined && unfiltered && facts.length === 0 && first?.fact === undefined)
    return await walkOn(db, question, along, costs);
  if (unfiltered && facts.length === 0 && isByUser(question)) return await walkUsers(db, question);

  const decided = decidedBy(first, facts);
  const others = facts.filter((fact) => !decided.includes(fact));
  const scanned = others.filter((fact) => fact.scans);
  const steady = stretch !== undefined && isWalkable(stretch) && scope.experiments.length === 1;
  const walkSome = (question: Question, steps: number, set?: Fact) =>
    steady ? read(db, walk(question, stretch, { steps: Math.max(1, Math.ceil(steps)), set })) : [];
  if (steady && scanned.length > 0) {
    const found = await walkSome(question, limit * costs.stepsOnTrust);
    if (found.length === limit) return found;
  }
  const { runs, most, counted, countable } = await measure(db, question, others, costs);
  const [rarest] = counted;
  if (runs === 0 || rarest?.count === 0) return [];
  const absent = others.filter((fact) => fact.absent);
  const byRarity = {
    ...question,
    facts: [...counted.map(({ fact }) => fact), ...decided, ...scanned, ...absent],
  };
  const whole = () =>
    read(
      db,
      facts.length === 0
        ? searchAll(byRarity)
        : searchCandidates(byRarity, byRarity.facts.slice(0, costs.mostSets)),
    );
  if (runs <= costs.fewRuns) return await whole();
  const few = rarest !== undefined && rarest.count <= countable;
  if (!few && along !== undefined && unfiltered && others.length === 0)
    return await walkOn(db, question, along, costs);
  const affordable = Math.min(limit * costs.stepsPerRun, costs.mostLookups / 2);
  let found: FoundRun[] = [];
  if (few) {
    // Each condition besides the rarest is taken to halve what is found; half as much again for bad luck.
    const rest = counted.length - 1 + scanned.length;
    const needed = (1.5 * limit * most * 2 ** rest) / rarest.count;
    // A step that asks the rarest fact's set costs a third of one that looks something up, half of looking a run up.
    if (needed <= 3 * affordable && needed < 2 * rarest.count)
      found =
        rarest.count <= needed * costs.rowsPerTest
          ? await walkSome(byRarity, needed, rarest.fact)
          : await walkSome(byRarity, affordable);
  } else if (scanned.length === 0 || most > 10 * affordable) {
    // Here the rarest fact is looked up at every step, the others less often.
    found = await walkSome(byRarity, affordable);
  }
  if (found.length === limit) return found;
  if (!few) return await whole();
  // What is too common to be counted is one row for each run at most.
  const rows = (count: number) => (count > countable ? most : count);
  const cheap = counted.filter(({ count }) => rows(count) <= rarest.count * costs.rowsPerTest);
  const sets = cheap.map(({ fact }) => fact).slice(0, costs.mostSets);
  return await read(db, searchCandidates(byRarity, sets));
}

/**
 * How common things are: `counted` holds the facts that are cheap to count, the rarest first. What is more common than
 * `countable` was not counted further: a lone fact may be counted as far as three together.
 */
async function measure(
  db: Database,
  question: Question,
  facts: readonly Fact[],
  { fewRuns, fewCandidates }: Costs,
) {
  const asked = facts.filter((fact) => !fact.absent && !fact.scans);
  const share = asked.length === 1 ? 3 : 1;
  const countable = fewCandidates * share;
  const [found] = await read(db, probe(question, asked, { runs: fewRuns + 1, facts: countable + 1 }));
  const counted = asked.map((fact, i) => ({ fact, count: Number(found?.[`c${i}`] ?? 0) }));
  return {
    runs: Number(found?.runs ?? 0),
    most: Number(found?.most ?? 0),
    countable,
    // Of those too common to be told apart, text first: it is mostly asked to be equal, and a metric to be greater.
    counted: counted.sort(
      (a, b) => a.count - b.count || Number(a.fact.kind === "metric") - Number(b.fact.kind === "metric"),
    ),
  };
}

/** Walks one stretch after the other, then the runs that lack the first key, until the page is full. */
async function walkOn(
  db: Database,
  question: Question,
  along: readonly Stretch[],
  costs: Costs,
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
  const facts = [lacks(first.fact.kind, first.fact.key)];
  const at = inTheRest ? question.at?.slice(1) : undefined;
  const rest = await findRuns(db, { ...question, facts, keys, at, limit }, costs);
  for (const row of rest) rows.push({ ...row, [first.column]: null });
  return rows;
}

/** Walks the runs of one user after the other until the page is full. */
async function walkUsers(db: Database, question: Question): Promise<FoundRun[]> {
  const rows: FoundRun[] = [];
  const [place, ...places] = question.at ?? [];
  let at = question.at && places;
  let user = question.at === undefined ? await nextUser(db, question) : String(place);
  while (user !== undefined) {
    const limit = question.limit - rows.length;
    rows.push(...(await read(db, walk({ ...question, limit }, ofUser(question, user, at)))));
    if (rows.length === question.limit) return rows;
    at = undefined;
    user = await nextUser(db, question, user);
  }
  return rows;
}

const read = async <Row>(db: Database, statement: Sql<Row>): Promise<Row[]> =>
  (await sql<Row>`${planEachTime}${statement}`.execute(db)).rows;
