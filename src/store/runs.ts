import { type Selectable, sql } from "kysely";
import type { Runs } from "../../gen/db.ts";
import { numberArray, textArray } from "./array-literals.ts";
import type { Database } from "./database.ts";
import { groupCommit } from "./group-commit.ts";
import { type RunText, runColumns, runNameTag, runTexts } from "./run-data.ts";
import { hintRuns } from "./run-hints.ts";
import { notePart } from "./written-runs.ts";

/** A row of `runs`; `run_id` is as Postgres prints a uuid, with dashes. */
export type RunRow = Selectable<Runs>;

export type RunStatus = RunRow["status"];

export async function findRun(db: Database, project: bigint, runId: string): Promise<RunRow | undefined> {
  return await db
    .selectFrom("runs")
    .selectAll()
    .where("project_id", "=", project)
    .where("run_id", "=", runId)
    .executeTakeFirst();
}

/** A run by its number; undefined when there is none. */
export const findRunByKey = (db: Database, project: bigint, runKey: bigint): Promise<RunRow | undefined> =>
  db
    .selectFrom("runs")
    .selectAll()
    .where("project_id", "=", project)
    .where("run_key", "=", runKey)
    .executeTakeFirst();

/** The runs of these numbers that are there, in the order of the numbers. */
export async function findRunsByKey(
  db: Database,
  project: bigint,
  runKeys: readonly bigint[],
): Promise<RunRow[]> {
  if (runKeys.length === 0) return [];
  const { rows } = await sql<RunRow>`
    select run.*
    from unnest(${numberArray(runKeys)}::bigint[]) with ordinality as wanted (run_key, n)
    cross join lateral (
      select * from runs where project_id = ${project} and run_key = wanted.run_key limit 1
    ) as run
    order by n`.execute(db);
  return rows;
}

/** The number and experiment of runs by their ids, 32 hex digits, in the order of these; those that are not there are left out. */
export async function findRunKeys(db: Database, project: bigint, runIds: readonly string[]) {
  const { rows } = await sql<{ run_id: string; run_key: bigint; experiment_id: bigint }>`
    select replace(run.run_id::text, '-', '') as run_id, run_key, experiment_id
    from unnest(${textArray(runIds)}::uuid[]) with ordinality as wanted (run_id, n)
    cross join lateral (
      select run_id, run_key, experiment_id from runs
      where runs.project_id = ${project} and runs.run_id = wanted.run_id
      limit 1
    ) as run
    order by n`.execute(db);
  return rows;
}

/** Which run, by its id: 32 hex digits. */
interface RunReference {
  project: bigint;
  runId: string;
}

/** A run with what it has logged; undefined when there is none. Concurrent calls share a statement (group-commit.ts). */
export function findRunText(db: Database, project: bigint, runId: string): Promise<RunText | undefined> {
  let find = finders.get(db);
  if (find === undefined) {
    find = groupCommit({ execute: (group) => readRuns(db, group), weight: () => 1, heaviest: 50 });
    finders.set(db, find);
  }
  return find({ project, runId });
}

const finders = new WeakMap<Database, (wanted: RunReference) => Promise<RunText | undefined>>();

async function readRuns(db: Database, wanted: readonly RunReference[]): Promise<(RunText | undefined)[]> {
  const { rows } = await findRunsStatement(wanted).execute(db);
  const found = wanted.map((): RunText | undefined => undefined);
  for (const row of rows) found[Number(row.n) - 1] = row;
  return found;
}

/** `n` is the place of a run among those that are wanted, from 1. */
export const findRunsStatement = (wanted: readonly RunReference[]) =>
  runTexts(sql`
  unnest(
    ${numberArray(wanted.map((one) => one.project))}::bigint[],
    ${textArray(wanted.map((one) => one.runId))}::uuid[]
  ) with ordinality as wanted (project_id, run_id, n)
  cross join lateral (
    select ${runColumns}
    from runs
    where runs.project_id = wanted.project_id and runs.run_id = wanted.run_id
    limit 1
  ) as run`);

export interface RunChanges {
  status?: RunStatus;
  /** Milliseconds since the epoch. */
  endTime?: bigint;
  name?: string;
}

/** Changes what is given of an active run. @returns the run and its name, or undefined when there is no active run of that id. */
export async function updateRun(
  db: Database,
  project: bigint,
  runId: string,
  { status, endTime, name }: RunChanges,
): Promise<(RunRow & { run_name: string | null }) | undefined> {
  const { rows } = await sql<RunRow & { run_name: string | null }>`
    with changed as (
      update runs
      set status = coalesce(${status ?? null}::text, status), end_time = coalesce(${endTime ?? null}::bigint, end_time)
      where project_id = ${project} and run_id = ${runId} and lifecycle_stage = 'active'
      returning *
    ),
    named as (
      insert into tags (project_id, run_key, key, experiment_id, value)
      select project_id, run_key, ${runNameTag}::text, experiment_id, ${name ?? null}::text
      from changed
      where ${name ?? null}::text is not null
      on conflict (project_id, run_key, key) do update set value = excluded.value
    ),
    ${notePart(sql`changed`)}
    select changed.*, coalesce(${name ?? null}::text, tags.value) as run_name
    from changed
    left join tags on tags.project_id = changed.project_id and tags.run_key = changed.run_key
      and tags.key = ${runNameTag}::text`.execute(db);
  hintRuns(db, project, [runId]);
  return rows[0];
}

/**
 * Moves a run to the other lifecycle stage. It no longer follows its experiment's deletion and restoration. Out of an
 * experiment that is being purged there is no way back.
 * @returns whether there was such a run in the stage `from`.
 */
export async function moveRun(
  db: Database,
  project: bigint,
  runId: string,
  from: "active" | "deleted",
): Promise<boolean> {
  const isRestored = from === "deleted";
  const isHeld = sql`exists (
    select from experiments
    where experiments.project_id = runs.project_id and experiments.experiment_id = runs.experiment_id and is_purged
  )`;
  const { rows } = await sql`
    with moved as (
      update runs
      set lifecycle_stage = ${isRestored ? "active" : "deleted"}, deleted_with_experiment = false,
        deleted_at = ${isRestored ? sql`null` : sql`now()`}
      where project_id = ${project} and run_id = ${runId} and lifecycle_stage = ${from}
        and ${isRestored ? sql`not ${isHeld}` : sql`true`}
      returning project_id, experiment_id, run_key
    ),
    ${notePart(sql`moved`)}
    select from moved`.execute(db);
  hintRuns(db, project, [runId]);
  return rows.length > 0;
}
