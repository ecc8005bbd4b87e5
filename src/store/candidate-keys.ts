import { type SqlBool, sql } from "kysely";
import { numberArray } from "./array-literals.ts";
import type { Database } from "./database.ts";
import { compareTexts, type FactKind, factTable, type Sql } from "./search-facts.ts";

/**
 * Which keys and values the runs of some experiments have. Each is found by skipping along the index that leads with it (a
 * loose index scan), so that the cost grows with the keys and not with the runs.
 */

export interface FoundKey {
  key: string;
  /** Runs that have it, counted up to `counted`. */
  runs: number;
}

/** Runs of a key are counted up to here. */
const counted = 1_000;

/** Index entries that a search for keys or values looks at, at most, in each experiment. */
const mostSteps = 10_000;

/**
 * Up to `most` keys of metrics, params or tags, in the order of code points, and whether there may be others.
 * @param search text that the key holds, whatever the case.
 * @param steps keys that are looked at in each experiment, at most.
 */
export async function findKeys(
  db: Database,
  project: bigint,
  experiments: readonly bigint[],
  kind: FactKind,
  { search, most, steps = mostSteps }: { search: string; most: number; steps?: number },
): Promise<{ keys: FoundKey[]; isCut: boolean }> {
  const t = sql.id("t");
  const table = factTable(kind, t);
  const rowsOf = (what: Sql, where: Sql<SqlBool>, limited: Sql) =>
    eachIndexed(
      kind,
      (indexed) => sql`
      (select ${what} from ${table}
      where t.project_id = ${project} and t.experiment_id = e.id and ${where} and ${indexed} ${limited})`,
    );
  const next = (after: Sql<SqlBool>) => sql`
    select n.key from (${rowsOf(sql`t.key`, after, sql`order by t.key limit 1`)}) as n
    order by n.key
    limit 1`;
  const matches = search === "" ? sql`true` : holds(sql`walked.key`, search);
  const { rows } = await sql<{ key: string | null; runs: bigint; is_cut: boolean }>`
    with recursive walked as (
      select e.id, first.key, 1 as step
      from unnest(${numberArray(experiments)}::bigint[]) as e (id)
      cross join lateral (${next(sql`true`)}) as first
      union all
      select e.id, following.key, e.step + 1
      from walked as e
      cross join lateral (${next(sql`t.key > e.key`)}) as following
      where e.step <= ${steps}
    ),
    found as (
      select key, array_agg(id) as experiments
      from walked
      where step <= ${steps} and ${matches}
      group by key
      order by key
      limit ${most + 1}
    )
    select walk.is_cut, found.key, (
      select count(*) from (
        select from unnest(found.experiments) as e (id)
        cross join lateral (
          ${rowsOf(sql`1 as one`, sql`t.key = found.key`, sql`limit ${counted}`)}
        ) as holder
        limit ${counted}
      ) as limited
    ) as runs
    from (select exists (select from walked where step > ${steps}) as is_cut) as walk
    left join found on true
    order by found.key`.execute(db);
  const keys = rows.flatMap(({ key, runs }) => (key === null ? [] : [{ key, runs: Number(runs) }]));
  return { keys: keys.slice(0, most), isCut: keys.length > most || rows[0]?.is_cut === true };
}

/** Values over 1,000 bytes are in an index of their own, and are not offered. */
const isShort = sql<SqlBool>`octet_length(t.value) <= 1000`;

/** A query of each index in which rows `t` of a kind are, as one; metrics are in one of two (settled-metrics.ts). */
const eachIndexed = (kind: FactKind, query: (indexed: Sql<SqlBool>) => Sql): Sql =>
  kind === "metric"
    ? sql`${query(sql`t.settled_value is not null`)} union all ${query(sql`t.settled_value is null`)}`
    : query(isShort);

/** That text holds another, whatever the case. */
export const holds = (column: Sql, text: string): Sql<SqlBool> =>
  compareTexts(column, "ILIKE", patternOf(text));

/** The pattern of ILIKE for text that holds `text`. */
export const patternOf = (text: string): string => `%${text.replace(/[\\%_]/g, "\\$&")}%`;

/** The values of a param or tag that begin with a prefix, in the order of code points, each once. */
export async function findValues(
  db: Database,
  project: bigint,
  experiments: readonly bigint[],
  kind: "param" | "tag",
  { key, prefix, most }: { key: string; prefix: string; most: number },
): Promise<string[]> {
  const t = sql.id("t");
  // Row-level security keeps LIKE from an index; `^@` is above suspicion (search-facts.ts).
  const next = (after: Sql<SqlBool>) => sql`
    select t.value from ${factTable(kind, t)}
    where t.project_id = ${project} and t.experiment_id = e.id and t.key = ${key} and ${isShort}
      and ${after} and t.value ^@ ${prefix}
    order by t.value
    limit 1`;
  const { rows } = await sql<{ value: string }>`
    with recursive walked as (
      select e.id, first.value, 1 as step
      from unnest(${numberArray(experiments)}::bigint[]) as e (id)
      cross join lateral (${next(sql`t.value >= ${prefix}`)}) as first
      union all
      select e.id, following.value, e.step + 1
      from walked as e
      cross join lateral (${next(sql`t.value > e.value`)}) as following
      where e.step < ${most}
    )
    select distinct value from walked order by value limit ${most}`.execute(db);
  return rows.map(({ value }) => value);
}

/** Runs that are looked at for the users there are: the newest. */
const mostRuns = 10_000;

/** The users of the newest runs that begin with a prefix, in the order of code points, each once. */
export async function findUsers(
  db: Database,
  project: bigint,
  experiments: readonly bigint[],
  { prefix, most }: { prefix: string; most: number },
): Promise<string[]> {
  const { rows } = await sql<{ user_id: string }>`
    select distinct user_id
    from unnest(${numberArray(experiments)}::bigint[]) as e (id)
    cross join lateral (
      select user_id from runs
      where runs.project_id = ${project} and runs.experiment_id = e.id
      order by start_time desc, run_id
      limit ${mostRuns}
    ) as newest
    where user_id ^@ ${prefix}
    order by user_id
    limit ${most}`.execute(db);
  return rows.map((row) => row.user_id);
}
