import { type RawBuilder, type SqlBool, sql } from "kysely";
import type { MetricCondition, ParamCondition, RunCondition, TagCondition } from "../search/ast.ts";
import { numberArray } from "./array-literals.ts";
import { runNameTag } from "./run-data.ts";

/** A piece of SQL; every value in it is bound, every identifier comes from this folder. */
export type Sql<T = unknown> = RawBuilder<T>;

/** The runs a search looks at: those of some experiments of one project. */
export interface Scope {
  project: bigint;
  experiments: readonly bigint[];
}

/** Where the things that a run logs are kept, one row for each run and key. */
const tables = {
  metric: sql.table("latest_metrics"),
  param: sql.table("params"),
  tag: sql.table("tags"),
} as const;

export type FactKind = keyof typeof tables;

/** The table of `kind`, under its alias. */
export const factTable = (kind: FactKind, alias: Sql): Sql => sql`${tables[kind]} as ${alias}`;

/**
 * A condition on something a run has logged. A search needs it in two shapes, because one index answers "which runs?"
 * and another "does this run?" (spikes.md §5).
 */
export interface Fact {
  kind: FactKind;
  key: string;
  /** Whether the value in `column` satisfies it. */
  test(column: Sql): Sql<SqlBool>;
  /** The same of a row `of` its table, as disjoint ranges, each of which is one scan of an index that leads to the value. */
  ranges(of: Row): Sql<SqlBool>[];
  /** The run must lack the key: the rest says what it must not have. */
  absent?: true;
  /** The one value that satisfies it, where the index of values has it. */
  exactly?: string;
  /** No index leads to the values: whoever counts them reads every value of the key. */
  scans: boolean;
}

/** The columns of a row in which its value is. */
interface Row {
  value: Sql;
  /** Of metrics: what the index has, `value` or null (settled-metrics.ts). */
  settled: Sql;
}

export const row = (alias: string): Row => ({
  value: sql.id(alias, "value"),
  settled: sql.id(alias, "settled_value"),
});

/** A run without the metric, param or tag `key`. */
export const lacks = (kind: FactKind, key: string): Fact => ({ ...hasKey(kind, key), absent: true });

/** A run with `key`, whatever its value. */
const hasKey = (kind: FactKind, key: string): Fact => ({
  kind,
  key,
  test: () => sql`true`,
  ranges: ({ value, settled }) =>
    kind === "metric"
      ? [sql`${settled} is not null`, sql`${settled} is null`]
      : [isIndexed(value), isTooLong(value)],
  scans: false,
});

/**
 * The fact that a condition asks for, or undefined when it is about a column of the run. A run's name is a tag.
 */
function toFact(condition: RunCondition): Fact | undefined {
  if (condition.kind === "metric") return metricFact(condition);
  if (condition.kind !== "attribute") return textFact(condition);
  if (condition.key !== "run_name") return undefined;
  return textFact({ kind: "tag", key: runNameTag, op: condition.op, value: condition.value });
}

/** The facts that `conditions` ask for; all about the same key become one, which one range of an index may answer. */
export function toFacts(conditions: readonly RunCondition[]): Fact[] {
  const facts = new Map<string, Fact>();
  for (const condition of conditions) {
    const fact = toFact(condition);
    if (fact === undefined) continue;
    const name = `${fact.kind} ${fact.absent ?? false} ${fact.key}`;
    const known = facts.get(name);
    facts.set(name, known === undefined ? fact : both(known, fact));
  }
  return [...facts.values()];
}

const both = ({ exactly: _, ...one }: Fact, other: Fact): Fact => ({
  ...one,
  scans: one.scans && other.scans,
  test: (column) => sql`${one.test(column)} and ${other.test(column)}`,
  ranges: (of) => one.ranges(of).map((range) => sql`${range} and ${other.test(of.value)}`),
});

const operators = {
  "=": sql`=`,
  "!=": sql`<>`,
  ">": sql`>`,
  ">=": sql`>=`,
  "<": sql`<`,
  "<=": sql`<=`,
} as const;

/** `column op value` for numbers. */
export const compareNumbers = (
  column: Sql,
  op: keyof typeof operators,
  value: number | bigint,
): Sql<SqlBool> => sql`${column} ${operators[op]} ${value}`;

/**
 * Postgres puts NaN above every number. A metric whose latest value is NaN must satisfy no comparison except `!=`, as in
 * IEEE 754; MLflow 1.28 compares it as if it were 0 (behaviour.md §9).
 */
function metricFact({ key, op, value }: MetricCondition): Fact {
  const test = (column: Sql): Sql<SqlBool> =>
    op === ">" || op === ">="
      ? sql`${compareNumbers(column, op, value)} and ${column} < 'NaN'`
      : compareNumbers(column, op, value);
  const ranges = ({ settled, value: latest }: Row) => [
    ...(op === "!="
      ? [compareNumbers(settled, "<", value), compareNumbers(settled, ">", value)]
      : [test(settled)]),
    sql<SqlBool>`${settled} is null and ${test(latest)}`,
  ];
  return { kind: "metric", key, test, ranges, scans: false };
}

// Values up to 1,000 bytes are in an index of their own with the value in it; a condition must say the index's own
// predicate for Postgres to use it (migrations/0001_initial.ts).
const longestIndexed = 1000;
export const isIndexed = (column: Sql): Sql<SqlBool> => sql`octet_length(${column}) <= 1000`;
export const isTooLong = (column: Sql): Sql<SqlBool> => sql`octet_length(${column}) > 1000`;

function textFact(condition: ParamCondition | TagCondition): Fact {
  const { kind, key } = condition;
  if (!("value" in condition)) return condition.op === "IS NULL" ? lacks(kind, key) : hasKey(kind, key);
  const { op, value } = condition;
  const test = (column: Sql) => compareTexts(column, op, value);
  const short = Buffer.byteLength(value) <= longestIndexed;
  const ranges = ({ value: column }: Row): Sql<SqlBool>[] => {
    if (op === "=") return [sql`${short ? isIndexed(column) : isTooLong(column)} and ${test(column)}`];
    const long = sql<SqlBool>`${isTooLong(column)} and ${test(column)}`;
    if (op !== "!=" || !short) return [sql`${isIndexed(column)} and ${test(column)}`, long];
    return [
      sql`${isIndexed(column)} and ${column} < ${value}`,
      sql`${isIndexed(column)} and ${column} > ${value}`,
      long,
    ];
  };
  const scans = op === "ILIKE" || (op === "LIKE" && prefixOf(value) === "");
  return { kind, key, test, ranges, scans, ...(op === "=" && short && { exactly: value }) };
}

/**
 * `column op value` for text: `=` and LIKE by code point, ILIKE without regard to case in any script. Needs ICU because
 * the C collation knows only the letters of ASCII.
 */
export function compareTexts(column: Sql, op: "=" | "!=" | "LIKE" | "ILIKE", value: string): Sql<SqlBool> {
  if (op === "LIKE") return like(column, value);
  if (op === "ILIKE") return ilike(column, value);
  return sql`${column} ${operators[op]} ${value}`;
}

/**
 * ICU takes three times as long as the C collation, which knows the letters of ASCII. Both say the same of a pattern and a
 * value that have no others.
 */
function ilike(column: Sql, pattern: string): Sql<SqlBool> {
  const inAnyScript = sql<SqlBool>`${column} ilike ${pattern} collate "und-x-icu"`;
  const hasOthers = sql`octet_length(${column}) <> length(${column})`;
  return /^\p{ASCII}*$/u.test(pattern)
    ? sql`(${column} ilike ${pattern} collate "C" or (${hasOthers} and ${inAnyScript}))`
    : inAnyScript;
}

/**
 * With row-level security an index does not answer LIKE, of which Postgres says that its errors may tell of values; `^@`,
 * begins with, is above suspicion.
 */
function like(column: Sql, pattern: string): Sql<SqlBool> {
  const prefix = prefixOf(pattern);
  return prefix === ""
    ? sql`${column} like ${pattern}`
    : sql`(${column} ^@ ${prefix} and ${column} like ${pattern})`;
}

/** With what every text begins that is LIKE the pattern. */
function prefixOf(pattern: string): string {
  const [start = ""] = /^(?:[^%_\\]|\\.)*/su.exec(pattern) ?? [];
  return start.replaceAll(/\\(.)/gsu, "$1");
}

/** That `column` is one of the experiments; a single one by `=`, which keeps the order of an index. */
export function within(column: Sql, experiments: readonly bigint[]): Sql<SqlBool> {
  const [only] = experiments;
  return experiments.length === 1 && only !== undefined
    ? sql`${column} = ${only}`
    : sql`${column} = any(${numberArray(experiments)}::bigint[])`;
}

const x = sql.id("x");

/** Asks "which runs?": a query of the `run_key` of all runs in scope with the fact, none twice. */
export function runsWith(fact: Fact, scope: Scope): Sql {
  const scans = fact.ranges(row("x")).map(
    (range) => sql`
      select x.run_key from ${factTable(fact.kind, x)}
      where x.project_id = ${scope.project} and ${within(sql`x.experiment_id`, scope.experiments)}
        and x.key = ${fact.key} and ${range}`,
  );
  return sql.join(scans, sql` union all`);
}

/**
 * Asks "does this run?" of the run of a row of `alias`, by primary key. A scalar subquery and not EXISTS, which Postgres
 * would turn into a join and so build the set of all runs that do.
 *
 * Whether it has one certain value is asked of the index of values instead, where all runs of the experiment that have it lie
 * together: of a million, the values themselves are on a hundred thousand pages, and each would be read.
 */
export function runHas(fact: Fact, scope: Scope, alias: Sql = sql.id("r")): Sql<SqlBool> {
  const [only, ...more] = scope.experiments;
  const { value } = row("x");
  const of = sql`${factTable(fact.kind, x)}
      where x.project_id = ${scope.project} and x.run_key = ${alias}.run_key and x.key = ${fact.key}`;
  const found =
    fact.exactly !== undefined && only !== undefined && more.length === 0
      ? sql<SqlBool>`(
      select true from ${of} and x.experiment_id = ${only} and ${isIndexed(value)} and ${fact.test(value)})`
      : sql<SqlBool>`(
      select ${fact.test(value)} from ${of})`;
  return fact.absent ? sql`${found} is null` : found;
}
