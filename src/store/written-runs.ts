/**
 * Which runs were written to lately, so that whoever looks for what changed in an experiment of a million runs need not look
 * at each. Rows of `written_runs` are notes: of this run something may have been written from then on, for a while. A note
 * is written by the statement, or in the transaction, that writes to the run. A process that has noted a run relies on that for
 * a minute: of a run that is logged to all the time one write in thousands has a note to make, and the others ask a map.
 *
 * What is written by other programs, or by servers of before there were notes, is not noted. So nothing that has to be right
 * whoever writes stands on it where every row can be looked at (services/watch-suspects.ts).
 */
import { type RawBuilder, sql } from "kysely";
import { numberArray } from "./array-literals.ts";
import type { Database } from "./database.ts";
import { isNewSince, momentOf, type Snapshot, timeOf } from "./snapshots.ts";

/** Milliseconds for which a process relies on its note of a run. */
const trust = 60_000;
/** Runs that a process remembers to have noted; of others it makes a note more than it needs. */
const mostRemembered = 20_000;
/**
 * Milliseconds from when a write is sent that relies on a note to when it is committed or undone; and from a note to the commit
 * of its transaction. Statements of writers wait for locks for five seconds at most, and transactions of several are short.
 */
const longestStatement = 60_000;
const longestTransaction = 600_000;
/** Milliseconds for which notes are kept, at least, and for which they are relied on. */
const kept = 25 * 3_600_000;
const relied = 24 * 3_600_000;

/** Stands for all runs of an experiment; nobody relies on it later. */
const everyRun = 0n;

interface RunReference {
  project: bigint;
  /** 32 lower-case hex digits. */
  runId: string;
}

const remembered = new WeakMap<Database, Map<string, { project: bigint; at: number }>>();

/** Whether this process may write to runs without a note, for each has one of late. */
export function areNoted(db: Database, runs: readonly RunReference[]): boolean {
  const known = remembered.get(db);
  if (known === undefined) return false;
  const since = performance.now() - trust;
  return runs.every(({ project, runId }) => {
    const note = known.get(runId);
    return note !== undefined && note.at > since && note.project === project;
  });
}

/** To be called once notes of runs are committed that a statement made which was sent at `at` or later (performance.now). */
export function rememberNotes(db: Database, runs: readonly RunReference[], at: number): void {
  const known = remembered.get(db) ?? new Map<string, { project: bigint; at: number }>();
  remembered.set(db, known);
  for (const { project, runId } of runs) {
    known.delete(runId);
    known.set(runId, { project, at });
  }
  for (const oldest of known.keys()) {
    if (known.size <= mostRemembered) break;
    known.delete(oldest);
  }
}

/** A part of a statement that notes the runs of `written`, which has project_id, experiment_id and run_key. */
export const notePart = (written: RawBuilder<unknown>): RawBuilder<unknown> => sql`
  noted as (
    insert into written_runs (project_id, experiment_id, noted_at, run)
    select distinct project_id, experiment_id, statement_timestamp(), run_key from ${written}
    on conflict do nothing
  )`;

/** Notes runs by a statement of its own, in the transaction that writes to them. */
export async function noteRuns(
  tx: Database,
  project: bigint,
  runs: readonly { run_key: bigint; experiment_id: bigint }[],
): Promise<void> {
  if (runs.length === 0) return;
  await sql`
    insert into written_runs (project_id, experiment_id, noted_at, run)
    select ${project}, experiment_id, statement_timestamp(), run
    from unnest(
      ${numberArray(runs.map((run) => run.experiment_id))}::bigint[], ${numberArray(runs.map((run) => run.run_key))}::bigint[]
    ) as given (experiment_id, run)
    on conflict do nothing`.execute(tx);
}

/** Notes that any run of an experiment may have been written to, in the transaction that does it. */
export const noteEveryRun = (tx: Database, project: bigint, experiment: bigint): Promise<void> =>
  noteRuns(tx, project, [{ run_key: everyRun, experiment_id: experiment }]);

/**
 * Runs of experiments to which something may have been written since `told`, in the order of their numbers.
 * @returns undefined when that is not known: notes do not reach back so far, or there are too many runs.
 */
export async function findNotedRuns(
  db: Database,
  project: bigint,
  experiments: readonly bigint[],
  told: Snapshot,
  most: number,
): Promise<bigint[] | undefined> {
  const time = timeOf(told);
  if (time === undefined) return undefined;
  const at = (milliseconds: number) => sql`to_timestamp(${(time - milliseconds) / 1_000}::float8)`;
  const { rows } = await sql<{ run: bigint; is_too_old: boolean }>`
    with moment as materialized (${momentOf(told)}),
    noted as (
      select distinct run
      from moment
      cross join unnest(${numberArray(experiments)}::bigint[]) as e (id)
      cross join lateral (
        select run, noted_at, xmin
        from written_runs
        where project_id = ${project} and experiment_id = e.id and noted_at >= ${at(longestTransaction)}
        offset 0
      ) as note
      where (run <> ${everyRun} and noted_at >= ${at(trust + longestStatement)}) or ${isNewSince(sql`note.xmin`)}
    )
    select run, ${at(-relied)} < statement_timestamp() as is_too_old
    from (select run from noted union select -1) as found
    order by run
    limit ${most + 2}`.execute(db);
  // The first row is there in any case, and has no run.
  const [first, ...found] = rows;
  const isKnown = first?.is_too_old === false && found.length <= most && found[0]?.run !== everyRun;
  return isKnown ? found.map(({ run }) => run) : undefined;
}

/** Removes notes that nobody relies on any more. */
export async function forgetNotes(db: Database): Promise<void> {
  await sql`
    delete from written_runs where noted_at < now() - make_interval(secs => ${kept / 1_000}::float8)`.execute(
    db,
  );
}
