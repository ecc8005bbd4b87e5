/**
 * What has changed of runs since a moment, without a column that says so: Postgres keeps with each row which transaction wrote
 * it and which one locked it last (snapshots.ts). No commit is missed however late it comes: what a snapshot did not see is
 * new. Which runs are worth a look, where there are too many to look at all, tells written-runs.ts.
 *
 * What is not rows is not found: a tag that is deleted touches its run's row (tags.ts), and a purge leaves a row in
 * `purged_runs` for a while. A point that is late, or was there, changes no row of `latest_metrics`, and yet locks it:
 * `on conflict do update` locks every row that it meets, says the manual of INSERT.
 */
import { type RawBuilder, sql } from "kysely";
import { numberArray, textArray } from "./array-literals.ts";
import type { Database } from "./database.ts";
import { bareOf, isNewSince as isNew, momentOf, nowSql, reachOf, type Snapshot } from "./snapshots.ts";

/** Runs by their key, or all of some experiments, or both. */
export interface Watched {
  runKeys: readonly bigint[];
  experiments: readonly bigint[];
}

/** The runs of which something has changed since `told`, and of those that are named also the ones that are gone. */
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
    with moment as materialized (${momentOf(told)})
    ${sql.join([gone, ...parts], sql` union `)}`.execute(db);
  return rows.map(({ run_key }) => run_key);
}

/** The runs of a project that were purged since `told`, as long as something is left of them. */
export async function findPurgedRuns(db: Database, project: bigint, told: Snapshot): Promise<bigint[]> {
  const { rows } = await sql<{ run_key: bigint }>`
    with moment as materialized (${momentOf(told)})
    select run_key from purged_runs cross join moment
    where project_id = ${project} and ${isNew(sql`purged_runs.xmin`)}`.execute(db);
  return rows.map(({ run_key }) => run_key);
}

/** Those of some experiments that have more than `most` runs. */
export async function findLargeExperiments(
  db: Database,
  project: bigint,
  experiments: readonly bigint[],
  most: number,
): Promise<bigint[]> {
  if (experiments.length === 0) return [];
  const { rows } = await sql<{ experiment_id: bigint }>`
    select experiment_id from experiment_activity
    where project_id = ${project} and experiment_id = any(${numberArray(experiments)}::bigint[])
      and active_runs + deleted_runs > ${most}`.execute(db);
  return rows.map(({ experiment_id }) => experiment_id);
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
          ${textArray(suspects.map(({ told }) => bareOf(told ?? "")))}::text[]
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
    with moment as materialized (${momentOf(told)})
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
    with moment as materialized (${momentOf(told)})
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
