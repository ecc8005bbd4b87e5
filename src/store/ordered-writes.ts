import { sql } from "kysely";
import { numberArray, textArray } from "./array-literals.ts";
import { type Database, transaction } from "./database.ts";
import { groupCommit } from "./group-commit.ts";
import { type Batch, batchStatement, loggedOf, type Outcome, outcomesOf } from "./log-batch.ts";
import { noticePoints } from "./metric-rollup-queue.ts";
import { hintLogged } from "./run-hints.ts";
import { areNoted, rememberNotes } from "./written-runs.ts";

/**
 * Writes whose order matters: params, of which the first wins, and tags, of which the last one does. Points alone need no
 * order, and go through log-batch.ts.
 */
export interface OrderedWrites {
  project: bigint;
  /** Of one sender, in its order. Batches that name the same param of the same run give it the same value. */
  batches: readonly Batch[];
  producer?: Producer | undefined;
}

/** One of the connections that a sender has had: `epoch` grows from one to the next. */
export interface Producer {
  id: string;
  epoch: bigint;
}

/**
 * Logs batches in order, each all or nothing; concurrent calls share a transaction, and two calls with batches of the same
 * run are written in the order in which they were made only if the second is made when the first is answered.
 *
 * The writes of a broken connection may still be on their way while the sender repeats them, with later ones, over another:
 * through this process or one that nobody here knows of. So a transaction first locks the row of its producer and raises
 * the epoch in it. One with a lesser epoch that comes to the lock later writes nothing; one that came to it earlier has
 * committed before the repeated writes begin.
 * @returns undefined when a later connection of the producer has written: nothing was logged.
 */
export function logInOrder(db: Database, writes: OrderedWrites): Promise<Outcome[] | undefined> {
  let commit = committers.get(db);
  if (commit === undefined) {
    commit = groupCommit({
      execute: (group) => writeGroup(db, group),
      weight: ({ batches }) =>
        batches.reduce(
          (sum, { metrics, params, tags }) => sum + metrics.length + params.length + tags.length,
          1,
        ),
    });
    committers.set(db, commit);
  }
  return commit(writes);
}

const committers = new WeakMap<Database, (writes: OrderedWrites) => Promise<Outcome[] | undefined>>();

async function writeGroup(db: Database, group: readonly OrderedWrites[]): Promise<(Outcome[] | undefined)[]> {
  const all = group.flatMap(({ batches }) => batches);
  const notes = !areNoted(db, all);
  const at = performance.now();
  const answers = group.some(({ producer }) => producer !== undefined)
    ? await transaction(db, async (tx) => {
        const epochs = await claim(tx, group);
        const current = group.filter(
          ({ project, producer }) =>
            producer === undefined || epochs.get(nameOf(project, producer)) === producer.epoch,
        );
        return write(tx, group, current, notes);
      })
    : await write(db, group, group, notes);
  noticePoints(db, all);
  hintLogged(db, all);
  if (notes)
    rememberNotes(
      db,
      group.flatMap(({ batches }, i) => loggedOf(batches, answers[i] ?? [])),
      at,
    );
  return answers;
}

const nameOf = (project: bigint, { id }: Producer) => `${project} ${id}`;

/** Locks the rows of all producers until the end of the transaction, in order. @returns the greatest epoch of each. */
async function claim(tx: Database, group: readonly OrderedWrites[]): Promise<Map<string, bigint>> {
  const given = group.flatMap(({ project, producer }) => (producer ? [{ project, ...producer }] : []));
  const { rows } = await sql<{ project_id: bigint; producer_id: string; epoch: bigint }>`
    insert into ingest_producers as known (project_id, producer_id, epoch)
    select project_id, producer_id, max(epoch)
    from unnest(
      ${numberArray(given.map(({ project }) => project))}::bigint[],
      ${textArray(given.map(({ id }) => id))}::text[],
      ${numberArray(given.map(({ epoch }) => epoch))}::bigint[]
    ) as given (project_id, producer_id, epoch)
    group by project_id, producer_id
    order by project_id, producer_id collate "C"
    on conflict (project_id, producer_id) do update
    set epoch = greatest(known.epoch, excluded.epoch), seen_at = now()
    returning project_id, producer_id, epoch`.execute(tx);
  return new Map(
    rows.map(({ project_id, producer_id, epoch }) => [nameOf(project_id, { id: producer_id, epoch }), epoch]),
  );
}

async function write(
  db: Database,
  group: readonly OrderedWrites[],
  current: readonly OrderedWrites[],
  notes: boolean,
): Promise<(Outcome[] | undefined)[]> {
  const batches = current.flatMap((writes) => writes.batches);
  const { rows } =
    batches.length === 0 ? { rows: [] } : await batchStatement(batches, true, notes).execute(db);
  const { outcomes } = outcomesOf(batches, rows);
  let done = 0;
  const answers = new Map<OrderedWrites, Outcome[]>();
  for (const writes of current) {
    answers.set(writes, outcomes.slice(done, done + writes.batches.length));
    done += writes.batches.length;
  }
  return group.map((writes) => answers.get(writes));
}

/** Forgets senders of whom nothing was heard for a day, in which no write of theirs can still be on its way. */
export async function forgetProducers(db: Database): Promise<void> {
  await sql`delete from ingest_producers where seen_at < now() - interval '1 day'`.execute(db);
}
