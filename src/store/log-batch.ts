import { type RawBuilder, sql } from "kysely";
import { numberArray, textArray } from "./array-literals.ts";
import type { JobKey } from "./ci-jobs.ts";
import { provenParts } from "./ci-runs.ts";
import type { Database } from "./database.ts";
import { groupCommit } from "./group-commit.ts";
import { historyParts, type Items, latePart, latestPart, pointPart } from "./log-points.ts";
import { type ModelMetric, modelMetricParts } from "./logged-model-data.ts";
import { longRunsOf, noticePoints } from "./metric-rollup-queue.ts";
import type { KeyValue, MetricPoint } from "./run-data.ts";
import { hintLogged } from "./run-hints.ts";
import { areNoted, notePart, rememberNotes } from "./written-runs.ts";

/** What one request logs to one run. No two params have the same key. */
export interface Batch {
  project: bigint;
  /** 32 lower-case hex digits. */
  runId: string;
  metrics: readonly MetricPoint[];
  params: readonly KeyValue[];
  tags: readonly KeyValue[];
  /** Those of the metrics that speak of a logged model; the models exist. */
  modelMetrics?: readonly ModelMetric[];
  /** The CI job that logs it, proven, where the tags name that job. */
  job?: JobKey | undefined;
}

/**
 * What became of a batch: all of it is stored, or nothing. `changed`: a param exists with another value; `stored` are
 * those of the batch's params that exist, by key.
 */
export type Outcome =
  | { state: "logged" }
  | { state: "absent" }
  | { state: "deleted" }
  | { state: "changed"; stored: Record<string, string> };

/**
 * Logs metrics, params and tags to an active run: all or nothing, safe to repeat, in one statement that concurrent calls
 * share (group-commit.ts).
 */
export function logBatch(db: Database, batch: Batch): Promise<Outcome> {
  let commit = committers.get(db);
  if (commit === undefined) {
    commit = groupCommit({
      execute: (group) => writeBatches(db, group),
      weight: ({ metrics, params, tags }) => 1 + metrics.length + params.length + tags.length,
    });
    committers.set(db, commit);
  }
  return commit(batch);
}

// One queue for each pool of connections: the handlers of all metrics, params and tags meet there.
const committers = new WeakMap<Database, (batch: Batch) => Promise<Outcome>>();

async function writeBatches(db: Database, batches: readonly Batch[]): Promise<Outcome[]> {
  const long = longRunsOf(db);
  const isNoted = areNoted(db, batches);
  const at = performance.now();
  const { rows } = await batchStatement(batches, long.haveOneOf(batches), !isNoted).execute(db);
  noticePoints(db, batches);
  hintLogged(db, batches);
  const { outcomes, unwritten } = outcomesOf(batches, rows);
  if (!isNoted) rememberNotes(db, loggedOf(batches, outcomes), at);
  if (unwritten.length === 0) return outcomes;
  const again = unwritten.flatMap((index) => batches[index] ?? []);
  for (const batch of again) long.add(batch);
  const found = await writeBatches(db, again);
  for (const [i, outcome] of found.entries()) outcomes[unwritten[i] ?? -1] = outcome;
  return outcomes;
}

/** What became of each batch, and the places of those of which nothing was written yet. */
export function outcomesOf(
  batches: readonly Batch[],
  rows: readonly BatchRow[],
): { outcomes: Outcome[]; unwritten: number[] } {
  const outcomes: Outcome[] = batches.map(() => ({ state: "absent" }));
  const unwritten: number[] = [];
  for (const { n, lifecycle_stage, is_unwritten, stored } of rows) {
    const index = Number(n) - 1;
    if (is_unwritten) unwritten.push(index);
    else if (lifecycle_stage === "deleted") outcomes[index] = { state: "deleted" };
    else outcomes[index] = stored === null ? { state: "logged" } : { state: "changed", stored };
  }
  return { outcomes, unwritten };
}

/** Those of the batches that were logged; an unwritten one counts as absent. */
export const loggedOf = (batches: readonly Batch[], outcomes: readonly Outcome[]): Batch[] =>
  batches.filter((_, i) => outcomes[i]?.state === "logged");

interface BatchRow {
  /** The place of the batch in the group, from 1. */
  n: bigint;
  lifecycle_stage: "active" | "deleted";
  /** Nothing of it was written: its points may be late, and the statement was not made to tell of late ones. */
  is_unwritten: boolean;
  stored: Record<string, string> | null;
}

/**
 * The statement that writes a group. A batch whose run does not exist has no row in its answer. Parts that no batch of
 * the group uses are left out, so the common group, metrics only, stays lean; few texts in all, each prepared once.
 *
 * Every insert is sorted by its key: two statements that meet on the same rows then take them in the same order and
 * cannot deadlock. `latest_metrics` keeps the greatest (step, timestamp, value), where float8 sorts NaN above all; what
 * becomes of its `settled_value` is told in settled-metrics.ts.
 * @param tellsLate whether it also tells metric-rollups.ts of points at steps that may be in buckets already, a quarter of
 * the work for a single point; without, it leaves out the batches of runs that have any in buckets.
 * @param notes whether it notes the runs (written-runs.ts).
 */
export function batchStatement(
  batches: readonly Batch[],
  tellsLate = false,
  notes = false,
): RawBuilder<BatchRow> {
  const metrics = flatten(batches, (batch) => batch.metrics);
  const params = flatten(batches, (batch) => batch.params);
  const tags = flatten(batches, (batch) => batch.tags);
  const isUnwritten =
    metrics.items.length > 0 && !tellsLate ? sql<boolean>`has_rollups` : sql<boolean>`false`;
  const parts = [entry(batches, isUnwritten)];
  if (params.items.length > 0) parts.push(paramParts(params));
  else
    parts.push(sql`writable as (select * from entry where lifecycle_stage = 'active' and not is_unwritten)`);
  if (metrics.items.length > 0)
    parts.push(pointPart(metrics), ...historyParts(batches.map((batch) => batch.metrics)), latestPart);
  if (metrics.items.length > 0 && tellsLate) parts.push(latePart);
  if (tags.items.length > 0) parts.push(tagParts(tags));
  if (notes) parts.push(notePart(sql`writable`));
  if (batches.some((batch) => batch.modelMetrics !== undefined))
    parts.push(modelMetricParts(flatten(batches, (batch) => batch.modelMetrics ?? [])));
  if (batches.some((batch) => batch.job !== undefined)) {
    const proven = flatten(batches, ({ job }) => (job === undefined ? [] : [job]));
    parts.push(provenParts("writable", proven.places, proven.items));
  }
  return sql`with ${sql.join(parts)} ${params.items.length > 0 ? answerWithParams : answer}`;
}

function flatten<Item>(batches: readonly Batch[], of: (batch: Batch) => readonly Item[]): Items<Item> {
  const places: number[] = [];
  const items: Item[] = [];
  for (const [i, batch] of batches.entries())
    for (const item of of(batch)) {
      places.push(i + 1);
      items.push(item);
    }
  return { places, items };
}

// The run is looked up by a lateral subquery, not by a join: a plan that Postgres made and kept while the table was small
// would read all of it.
const entry = (batches: readonly Batch[], isUnwritten: RawBuilder<boolean>) => sql`
  entry as materialized (
    select n, run.*
    from unnest(
      ${numberArray(batches.map((batch) => batch.project))}::bigint[],
      ${textArray(batches.map((batch) => batch.runId))}::uuid[]
    ) with ordinality as wanted (project_id, run_id, n)
    cross join lateral (
      select runs.project_id, run_key, experiment_id, lifecycle_stage, ${isUnwritten} as is_unwritten
      from runs
      where runs.project_id = wanted.project_id and runs.run_id = wanted.run_id
      limit 1
    ) as run
  )`;

const paramParts = ({ places, items }: Items<KeyValue>) => sql`
  param as materialized (
    select n, project_id, run_key, experiment_id, key collate "C" as key, value
    from unnest(
      ${numberArray(places)}::bigint[],
      ${textArray(items.map((item) => item.key))}::text[],
      ${textArray(items.map((item) => item.value))}::text[]
    ) as given (n, key, value)
    join entry using (n)
    where lifecycle_stage = 'active'
  ),
  stored_param as materialized (
    select param.n, param.key, params.value, params.value <> param.value as differs
    from param
    join params using (project_id, run_key, key)
  ),
  changed as materialized (
    select n, json_object_agg(key, value) as stored
    from stored_param
    group by n
    having bool_or(differs)
  ),
  writable as materialized (
    select *
    from entry
    where lifecycle_stage = 'active' and not is_unwritten and n not in (select n from changed)
  ),
  due_param as materialized (
    select distinct project_id, run_key, key, experiment_id, value
    from param
    where n in (select n from writable)
      and not exists (select from stored_param where stored_param.n = param.n and stored_param.key = param.key)
  ),
  new_param as (
    insert into params (project_id, run_key, key, experiment_id, value)
    select project_id, run_key, key, experiment_id, value
    from due_param
    order by project_id, run_key, key
    on conflict do nothing
    returning 1
  )`;

const tagParts = ({ places, items }: Items<KeyValue>) => sql`
  new_tag as (
    insert into tags (project_id, run_key, key, experiment_id, value)
    select distinct on (project_id, run_key, key collate "C")
      project_id, run_key, key, experiment_id, value
    from unnest(
      ${numberArray(places)}::bigint[],
      ${textArray(items.map((item) => item.key))}::text[],
      ${textArray(items.map((item) => item.value))}::text[]
    ) with ordinality as given (n, key, value, place)
    join writable using (n)
    order by project_id, run_key, key collate "C", place desc
    on conflict (project_id, run_key, key) do update
    set value = excluded.value
    where tags.value <> excluded.value
  )`;

const answer = sql<BatchRow>`
  select n, lifecycle_stage, is_unwritten, null::json as stored from entry`;

// A param that was not there when the statement began, yet could not be inserted, came from a writer at the same moment,
// perhaps with another value. Nothing of the group may stay then: the division by zero undoes it, and group-commit.ts
// writes its members again, which then see that param.
const answerWithParams = sql<BatchRow>`
  select n, lifecycle_stage, is_unwritten, stored,
    1 / ((select count(*) from new_param) = (select count(*) from due_param))::int as complete
  from entry
  left join changed using (n)`;
