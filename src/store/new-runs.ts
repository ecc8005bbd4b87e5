import { sql } from "kysely";
import { numberArray, textArray } from "./array-literals.ts";
import type { JobKey } from "./ci-jobs.ts";
import { provenParts } from "./ci-runs.ts";
import { type Database, transaction } from "./database.ts";
import { groupCommit } from "./group-commit.ts";
import { sqlState } from "./postgres-errors.ts";
import type { KeyValue } from "./run-data.ts";
import { hintRuns } from "./run-hints.ts";
import { lockRunCounts } from "./run-room.ts";
import { findRun, type RunRow } from "./runs.ts";
import { notePart, rememberNotes } from "./written-runs.ts";

/** A run to be made; its tags have distinct keys. */
export interface NewRun {
  project: bigint;
  experiment: bigint;
  /** 32 lower-case hex digits. */
  runId: string;
  userId: string;
  /** Milliseconds since the epoch. */
  startTime: bigint;
  tags: readonly KeyValue[];
  /** The CI job that makes the run, proven. */
  job?: JobKey | undefined;
  /** Runs that its project may have, purged ones apart; without end when absent. */
  mostRuns?: bigint | undefined;
}

/** `absent` and `deleted` speak of the experiment; `full`: its project has `used` runs, and may not have one more. */
export type Creation =
  | { state: "created"; row: RunRow }
  | { state: "absent" }
  | { state: "deleted" }
  | { state: "full"; used: bigint };

/**
 * Makes a run in an active experiment, or finds it when there may be a run of its id. Concurrent calls share a statement, so
 * that the row that counts a project's runs is locked once for all of them (group-commit.ts).
 */
export async function createRun(
  db: Database,
  run: NewRun,
  { mayExist = false }: { mayExist?: boolean } = {},
): Promise<Creation> {
  let commit = creators.get(db);
  if (commit === undefined) {
    commit = groupCommit({
      execute: (group) => writeRuns(db, group),
      weight: ({ tags }) => 4 + tags.length,
    });
    creators.set(db, commit);
  }
  const find = async (): Promise<Creation | undefined> => {
    const row = await findRun(db, run.project, run.runId);
    return row && { state: "created", row };
  };
  try {
    return (mayExist && (await find())) || (await commit(run));
  } catch (error) {
    // Made by the same call at the same time, or by an attempt of which no answer came.
    const made = sqlState(error) === "23505" ? await find() : undefined;
    if (made === undefined) throw error;
    return made;
  }
}

const creators = new WeakMap<Database, (run: NewRun) => Promise<Creation>>();

async function writeRuns(db: Database, runs: readonly NewRun[]): Promise<Creation[]> {
  const at = performance.now();
  const creations = await writeWithinQuotas(db, runs);
  rememberNotes(
    db,
    runs.filter((_, i) => creations[i]?.state === "created"),
    at,
  );
  for (const { project, runId } of runs) hintRuns(db, project, [runId]);
  return creations;
}

function writeWithinQuotas(db: Database, runs: readonly NewRun[]): Promise<Creation[]> {
  if (runs.every(({ mostRuns }) => mostRuns === undefined)) return insertRuns(db, runs);
  return transaction(db, async (tx) => {
    const counts = await lockRunCounts(tx, [...new Set(runs.map(({ project }) => project))]);
    const creations: (Creation | undefined)[] = runs.map(({ project, mostRuns }) => {
      const used = counts.get(project) ?? 0n;
      if (mostRuns !== undefined && used >= mostRuns) return { state: "full", used };
      counts.set(project, used + 1n);
      return undefined;
    });
    const fitting = runs.filter((_, i) => creations[i] === undefined);
    const made = (fitting.length === 0 ? [] : await insertRuns(tx, fitting)).values();
    return creations.map((creation) => creation ?? made.next().value ?? { state: "absent" });
  });
}

async function insertRuns(db: Database, runs: readonly NewRun[]): Promise<Creation[]> {
  const { rows } = await createStatement(runs).execute(db);
  const creations: Creation[] = runs.map(() => ({ state: "absent" }));
  for (const { n, experiment_stage, ...row } of rows)
    creations[Number(n) - 1] =
      experiment_stage === "active" ? { state: "created", row } : { state: "deleted" };
  return creations;
}

/** The run's columns are null where the experiment is not active. */
interface CreationRow extends RunRow {
  /** The place of the run in the group, from 1. */
  n: bigint;
  experiment_stage: RunRow["lifecycle_stage"];
}

/**
 * The statement that makes a group of runs, of one project or of many. The experiment's row is shared until the commit, so
 * that no run slips into an experiment while it is being deleted; the counters are locked in order, against deadlocks.
 * The run id goes behind the path of the experiment's location, before a query and a fragment (behaviour.md §6).
 */
export const createStatement = (runs: readonly NewRun[]) => sql<CreationRow>`
  with entry as materialized (
    select wanted.*, experiment_stage,
      regexp_replace(substring(artifact_location from '^[^?#]*'), '/$', '')
        || '/' || replace(run_id::text, '-', '') || '/artifacts'
        || coalesce(substring(artifact_location from '[?#].*$'), '') as artifact_uri
    from unnest(
      ${numberArray(runs.map((run) => run.project))}::bigint[],
      ${numberArray(runs.map((run) => run.experiment))}::bigint[],
      ${textArray(runs.map((run) => run.runId))}::uuid[],
      ${textArray(runs.map((run) => run.userId))}::text[],
      ${numberArray(runs.map((run) => run.startTime))}::bigint[]
    ) with ordinality as wanted (project_id, experiment_id, run_id, user_id, start_time, n)
    cross join lateral (
      select lifecycle_stage as experiment_stage, artifact_location
      from experiments
      where experiments.project_id = wanted.project_id and experiments.experiment_id = wanted.experiment_id
      limit 1
      for share
    ) as experiment
  ),
  ready as materialized (
    select *, row_number() over (partition by project_id order by n) as place
    from entry
    where experiment_stage = 'active'
  ),
  share as materialized (
    select project_id, count(*) as runs from ready group by project_id
  ),
  locked as materialized (
    select project_id, runs
    from (select * from share order by project_id) as ordered
    cross join lateral (
      select from counters where counters.project_id = ordered.project_id and name = 'run' for update
    ) as counter
  ),
  counter as (
    update counters
    set value = counters.value + locked.runs
    from locked
    where counters.project_id = locked.project_id and counters.name = 'run'
    returning counters.project_id, counters.value - locked.runs as before
  ),
  numbered as materialized (
    select ready.*, before + place as run_key from ready join counter using (project_id)
  ),
  new_run as (
    insert into runs (project_id, run_key, run_id, experiment_id, user_id, status, start_time, artifact_uri)
    select project_id, run_key, run_id, experiment_id, user_id, 'RUNNING', start_time, artifact_uri
    from numbered
    order by project_id, run_key
    returning *
  ),
  new_tag as (
    insert into tags (project_id, run_key, key, experiment_id, value)
    select project_id, run_key, key, experiment_id, value
    from unnest(
      ${numberArray(runs.flatMap((run, i) => run.tags.map(() => i + 1)))}::bigint[],
      ${textArray(runs.flatMap((run) => run.tags.map((tag) => tag.key)))}::text[],
      ${textArray(runs.flatMap((run) => run.tags.map((tag) => tag.value)))}::text[]
    ) as given (n, key, value)
    join numbered using (n)
  ),
  ${notePart(sql`numbered`)}${jobPart(runs)}
  select entry.n, entry.experiment_stage, new_run.*
  from entry
  left join new_run on new_run.project_id = entry.project_id and new_run.run_id = entry.run_id`;

function jobPart(runs: readonly NewRun[]) {
  const made = runs.flatMap(({ job }, i) => (job === undefined ? [] : [{ place: i + 1, job }]));
  if (made.length === 0) return sql``;
  const [places, jobs] = [made.map(({ place }) => place), made.map(({ job }) => job)];
  return sql`,${provenParts("numbered", places, jobs)}`;
}
