/**
 * What has changed of runs since a moment, without a column or a table that says so: Postgres keeps with each row which
 * transaction wrote it (`xmin`) and which one locked it last (`xmax`), and can tell of a moment which transactions had
 * committed by then (a snapshot). So a writer does nothing for whoever watches, and no commit is missed however late it
 * comes: what a snapshot did not see is new.
 *
 * What is not rows is not found: a tag that is deleted touches its run's row (tags.ts), and a purge leaves a row in
 * `purged_runs` for a while. A point that is late, or was there, changes no row of `latest_metrics`, and yet locks it:
 * `on conflict do update` locks every row that it meets, says the manual of INSERT.
 */
import { type RawBuilder, sql } from "kysely";
import { numberArray, textArray } from "./array-literals.ts";
import type { Database } from "./database.ts";

/** As `pg_current_snapshot()` prints it: which transactions have committed. */
export type Snapshot = string;

/** This moment. What is committed later is new since then, and so is what was under way. */
export async function currentSnapshot(db: Database): Promise<Snapshot> {
  const { rows } = await sql<{ snapshot: string }>`select pg_current_snapshot()::text as snapshot`.execute(
    db,
  );
  return rows[0]?.snapshot ?? "";
}

export const isSnapshot = (text: string): boolean => /^\d{1,20}:\d{1,20}:(\d{1,20}(,\d{1,20})*)?$/.test(text);

/** Whether transactions had begun by the one moment that had not by the other. */
export const isAfter = (one: Snapshot, other: Snapshot): boolean => nextOf(one) > nextOf(other);

/** The number of the first transaction that had not begun. */
const nextOf = (snapshot: Snapshot): bigint => BigInt(snapshot.split(":")[1] ?? "");

/** Runs by their key, or all of some experiments, or both. */
export interface Watched {
  runKeys: readonly bigint[];
  experiments: readonly bigint[];
}

/**
 * Whether a transaction is new since `moment.told`; for queries that have a row `moment`. Row versions name 32 bits of its
 * number: it is the greatest with these bits that has been given out. The age alone, which is cheap, sorts out most.
 */
const isNew = (xid: RawBuilder<unknown>) => sql`(
  age(${xid}) <= reach
  and not pg_visible_in_snapshot((now - ((now - ${xid}::text::bigint) & 4294967295))::text::xid8, told)
)`;

const reachOf = (told: RawBuilder<unknown>) => sql`
  least(2147483646, now - pg_snapshot_xmin(${told})::text::bigint + 100000)::int`;

const nowSql = sql`pg_snapshot_xmax(pg_current_snapshot())::text::bigint`;

/** The runs of which something has changed since `told`, and those that are gone; the latter of whatever experiment. */
export async function findChangedRuns(
  db: Database,
  project: bigint,
  { runKeys, experiments }: Watched,
  told: Snapshot,
): Promise<bigint[]> {
  const sets = [
    ...(runKeys.length > 0 ? [sql`run_key = any(${numberArray(runKeys)}::bigint[])`] : []),
    ...(experiments.length > 0 ? [sql`experiment_id = any(${numberArray(experiments)}::bigint[])`] : []),
  ];
  const parts = sets.flatMap((isWatched) =>
    ["runs", "latest_metrics", "params", "tags"].map((table) => {
      const name = sql.table(table);
      const touched =
        table === "latest_metrics"
          ? sql`(${isNew(sql`${name}.xmin`)} or ${isNew(sql`${name}.xmax`)})`
          : isNew(sql`${name}.xmin`);
      return sql`
        select run_key from ${name} cross join moment
        where project_id = ${project} and ${isWatched} and ${touched}`;
    }),
  );
  const gone = sql`
    select run_key from unnest(${numberArray(runKeys)}::bigint[]) as watched (run_key)
    where not exists (select from runs where project_id = ${project} and runs.run_key = watched.run_key)`;
  const { rows } = await sql<{ run_key: bigint }>`
    with moment as materialized (
      select told, now, ${reachOf(sql`told`)} as reach
      from (select ${told}::pg_snapshot as told, ${nowSql} as now) as given
    )
    select run_key from purged_runs cross join moment where project_id = ${project} and ${isNew(sql`purged_runs.xmin`)}
    union ${sql.join([gone, ...parts], sql` union `)}`.execute(db);
  return rows.map(({ run_key }) => run_key);
}

/** How many runs some experiments have. */
export async function countWatched(
  db: Database,
  project: bigint,
  experiments: readonly bigint[],
): Promise<number> {
  const { rows } = await sql<{ runs: bigint }>`
    select coalesce(sum(active_runs + deleted_runs), 0)::bigint as runs
    from experiment_activity
    where project_id = ${project} and experiment_id = any(${numberArray(experiments)}::bigint[])`.execute(db);
  return Number(rows[0]?.runs ?? 0n);
}

/**
 * A text that is another one once somebody has written to any run of the database, whatever the project: Postgres counts the rows
 * of each table that are written, and adds what a connection wrote up to ten seconds later.
 */
export async function writtenSoFar(db: Database): Promise<string> {
  const { rows } = await sql<{ written: string }>`
    select sum(n_tup_ins + n_tup_upd + n_tup_del)::text as written
    from pg_stat_all_tables
    where relid = any('{runs,latest_metrics,metrics,params,tags,purged_runs}'::regclass[])`.execute(db);
  return rows[0]?.written ?? "";
}

/** A run of which something may have changed. */
export interface Suspect {
  runKey: bigint;
  /** What was committed by then has been told; undefined: nothing has. */
  told: Snapshot | undefined;
  /** No point of a lesser step is new; undefined: any may be. */
  fromStep: bigint | undefined;
}

/** What is new of a run. Rows in any order; `step`, `timestamp` and `number` are those of a metric or a point. */
export interface Fact {
  kind: "run" | "param" | "tag" | "latest" | "point";
  run_key: bigint;
  experiment_id: bigint;
  /**
   * Of a `run`, which there is for each that exists: `new` when its row is, `tagged` when some tag is; all its tags are among
   * the facts then. Its value is the run's id, 32 hex digits.
   */
  key: string;
  value: string;
  step: bigint;
  timestamp: bigint;
  number: number;
}

/**
 * The facts that are new of some runs: params, the latest points of metrics, the points of `pointKeys`; and all tags of a run
 * when one of them or the run's own row is. A run that has no fact is not there.
 * @param mostPoints what is beyond it is left out.
 */
export async function readFacts(
  db: Database,
  project: bigint,
  suspects: readonly Suspect[],
  pointKeys: readonly string[],
  mostPoints: number,
): Promise<Fact[]> {
  if (suspects.length === 0) return [];
  const wasTold = (xid: RawBuilder<unknown>) => sql`(told is null or ${isNew(xid)})`;
  const nothing = sql`0::bigint as step, 0::bigint as "timestamp", 0::float8 as number`;
  const ofRun = (table: string) => sql`
    cross join lateral (
      select *, xmin, xmax from ${sql.table(table)}
      where ${sql.table(table)}.project_id = ${project} and ${sql.table(table)}.run_key = run.run_key
      offset 0
    ) as logged`;
  const points = sql`
    union all (
      select 'point', run.run_key, run.experiment_id, point.key, '', point.step, point."timestamp", point.value
      from run
      cross join unnest(${textArray(pointKeys)}::text[]) as wanted_key (key)
      cross join lateral (
        select touched.key
        from (
          select key, xmin, xmax from latest_metrics
          where project_id = ${project} and run_key = run.run_key and key = wanted_key.key
          offset 0
        ) as touched
        where told is null or ${isNew(sql`touched.xmin`)} or ${isNew(sql`touched.xmax`)}
      ) as series
      cross join lateral (
        select key, step, "timestamp", value, xmin from metrics
        where project_id = ${project} and run_key = run.run_key and key = series.key
          and step >= coalesce(from_step, -9223372036854775808)
        offset 0
      ) as point
      where ${wasTold(sql`point.xmin`)}
      limit ${mostPoints}
    )`;
  const { rows } = await sql<Fact>`
    with wanted as materialized (
      select run_key, from_step, told, now, ${reachOf(sql`told`)} as reach
      from (
        select run_key, nullif(from_step, '')::bigint as from_step, nullif(told, '')::pg_snapshot as told, ${nowSql} as now
        from unnest(
          ${numberArray(suspects.map(({ runKey }) => runKey))}::bigint[],
          ${textArray(suspects.map(({ fromStep }) => (fromStep === undefined ? "" : String(fromStep))))}::text[],
          ${textArray(suspects.map(({ told }) => told ?? ""))}::text[]
        ) as given (run_key, from_step, told)
      ) as given
    ),
    run as materialized (
      select wanted.*, found.experiment_id, replace(found.run_id::text, '-', '') as run_id, ${wasTold(sql`found.xmin`)} as is_new,
        exists (
          select from tags
          where tags.project_id = ${project} and tags.run_key = wanted.run_key and ${wasTold(sql`tags.xmin`)}
        ) as has_new_tags
      from wanted
      cross join lateral (
        select experiment_id, run_id, xmin from runs
        where runs.project_id = ${project} and runs.run_key = wanted.run_key
        offset 0
      ) as found
    )
    select 'run' as kind, run_key, experiment_id,
      case when is_new then 'new' when has_new_tags then 'tagged' else '' end as key, run_id as value, ${nothing}
    from run
    union all
    select 'param', run.run_key, run.experiment_id, logged.key, logged.value, ${nothing}
    from run ${ofRun("params")} where ${wasTold(sql`logged.xmin`)}
    union all
    select 'tag', run.run_key, run.experiment_id, logged.key, logged.value, ${nothing}
    from run ${ofRun("tags")} where is_new or has_new_tags
    union all
    select 'latest', run.run_key, run.experiment_id, logged.key, '', logged.step, logged."timestamp", logged.value
    from run ${ofRun("latest_metrics")} where ${wasTold(sql`logged.xmin`)}
    ${pointKeys.length > 0 && mostPoints > 0 ? points : sql``}`.execute(db);
  return rows;
}

/** A point, and where it stands in its series. */
export interface Point {
  step: bigint;
  timestamp: bigint;
  value: number;
}

/** The next points of a series that are new since `told` (undefined: all are), after `after`, in order. */
export async function readNewPoints(
  db: Database,
  series: { project: bigint; runKey: bigint; key: string },
  told: Snapshot | undefined,
  after: Point | undefined,
  most: number,
): Promise<Point[]> {
  const { project, runKey, key } = series;
  const since = told === undefined ? sql`true` : isNew(sql`metrics.xmin`);
  const further =
    after === undefined
      ? sql`true`
      : sql`(step, "timestamp", value) > (${after.step}::bigint, ${after.timestamp}::bigint, ${after.value}::float8)`;
  const { rows } = await sql<Point>`
    with moment as materialized (
      select told, now, ${reachOf(sql`told`)} as reach
      from (select ${told ?? "1:1:"}::pg_snapshot as told, ${nowSql} as now) as given
    )
    select step, "timestamp", value
    from metrics cross join moment
    where project_id = ${project} and run_key = ${runKey} and key = ${key} and ${further} and ${since}
    order by step, "timestamp", value
    limit ${most}`.execute(db);
  return rows;
}

/** The series of a run among `keys` to which points may have been added since `told`. */
export async function findTouchedSeries(
  db: Database,
  project: bigint,
  runKeys: readonly bigint[],
  keys: readonly string[],
  told: Snapshot | undefined,
): Promise<{ run_key: bigint; experiment_id: bigint; key: string }[]> {
  const since =
    told === undefined
      ? sql`true`
      : sql`(${isNew(sql`latest_metrics.xmin`)} or ${isNew(sql`latest_metrics.xmax`)})`;
  const { rows } = await sql<{ run_key: bigint; experiment_id: bigint; key: string }>`
    with moment as materialized (
      select told, now, ${reachOf(sql`told`)} as reach
      from (select ${told ?? "1:1:"}::pg_snapshot as told, ${nowSql} as now) as given
    )
    select run_key, experiment_id, key
    from latest_metrics cross join moment
    where project_id = ${project} and run_key = any(${numberArray(runKeys)}::bigint[])
      and key = any(${textArray(keys)}::text[]) and ${since}
    order by run_key, key`.execute(db);
  return rows;
}

/** The next runs of an experiment, by key. */
export async function pageOfRuns(
  db: Database,
  project: bigint,
  experiment: bigint,
  after: bigint,
  most: number,
) {
  const rows = await db
    .selectFrom("runs")
    .select("run_key")
    .where("project_id", "=", project)
    .where("experiment_id", "=", experiment)
    .where("run_key", ">", after)
    .orderBy("run_key")
    .limit(most)
    .execute();
  return rows.map(({ run_key }) => run_key);
}
