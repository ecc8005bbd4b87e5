import { sql } from "kysely";
import type { CursorValue } from "../search/page-token.ts";
import { ahead } from "./ahead.ts";
import { numberArray } from "./array-literals.ts";
import type { Database } from "./database.ts";
import { type RunText, readRunTexts, type WantedKeys } from "./run-data.ts";
import { findRunInputs, type RunInputs } from "./run-inputs.ts";
import { placeOf, type RunSearch, searchRuns } from "./search-runs.ts";
import type { FoundRun } from "./search-statements.ts";

/** Runs in bulk: page by page along the keys of an order, each page read when it is asked for, or one before. */

/** Where an export stands: the experiment, 0 when there is one order for all of them, and the place in its order. */
export interface RunPosition {
  experiment: bigint;
  place: readonly CursorValue[];
}

export interface RunWalk extends Pick<RunSearch, "project" | "stage" | "conditions" | "orders"> {
  /** Together in one order; undefined: all of the project, one after the other by their id. */
  experiments: readonly bigint[] | undefined;
}

export interface WalkedRun {
  row: FoundRun;
  position: RunPosition;
}

/**
 * Rows of a search are small, and what a filter costs is paid for each page again: pages are long, but for the first, for
 * which someone waits.
 */
const firstPage = 500;
const page = 5_000;

/** The runs of `walk` behind `after`, in pages that are not empty. */
export async function* walkRuns(
  db: Database,
  walk: RunWalk,
  after: RunPosition | undefined,
): AsyncGenerator<WalkedRun[]> {
  const { experiments, ...search } = walk;
  if (experiments !== undefined) {
    yield* walkOrder(db, { ...search, experiments }, 0n, after?.place);
    return;
  }
  let place = after?.place;
  for (
    let experiment = after?.experiment ?? (await nextExperiment(db, walk.project, -1n));
    experiment !== null;
    experiment = await nextExperiment(db, walk.project, experiment)
  ) {
    yield* walkOrder(db, { ...search, experiments: [experiment] }, experiment, place);
    place = undefined;
  }
}

async function* walkOrder(
  db: Database,
  search: Omit<RunSearch, "limit" | "after">,
  experiment: bigint,
  place: readonly CursorValue[] | undefined,
): AsyncGenerator<WalkedRun[]> {
  let after = place;
  for (let limit = firstPage; ; limit = page) {
    const { rows, next } = await searchRuns(db, { ...search, limit, ...(after !== undefined && { after }) });
    if (rows.length > 0)
      yield rows.map((row) => ({ row, position: { experiment, place: placeOf(search.orders, row) } }));
    if (next === undefined) return;
    after = next;
  }
}

async function nextExperiment(db: Database, project: bigint, after: bigint): Promise<bigint | null> {
  const found = await db
    .selectFrom("experiments")
    .select((eb) => eb.fn.min("experiment_id").as("next"))
    .where("project_id", "=", project)
    .where("experiment_id", ">", after)
    .where("is_purged", "=", false)
    .executeTakeFirst();
  return found?.next ?? null;
}

export interface ExportedRun {
  text: RunText;
  position: RunPosition;
  inputs: RunInputs | undefined;
}

/** Of a page of runs with what they have logged: runs at most, and characters of JSON that are aimed at. */
const mostRuns = 1_000;
const fewRuns = 100;
const characters = 2 ** 20;

/** As walkRuns, with what the runs have logged of the keys `only`. The heavier the runs, the fewer are in a page. */
export const exportRuns = (
  db: Database,
  walk: RunWalk,
  only: WantedKeys,
  after: RunPosition | undefined,
): AsyncGenerator<ExportedRun[]> => ahead(hydrated(db, walk, only, after));

async function* hydrated(
  db: Database,
  walk: RunWalk,
  only: WantedKeys,
  after: RunPosition | undefined,
): AsyncGenerator<ExportedRun[]> {
  let size = fewRuns;
  for await (const walked of walkRuns(db, walk, after)) {
    for (let from = 0; from < walked.length; ) {
      const part = walked.slice(from, from + size);
      from += part.length;
      const rows = part.map(({ row }) => row);
      const [texts, inputs] = await Promise.all([
        readRunTexts(
          db,
          walk.project,
          rows.map((row) => row.run_key),
          only,
        ),
        findRunInputs(db, walk.project, rows),
      ]);
      // A run that was purged in between is left out.
      const found = new Map(texts.map((text) => [text.run_key, text]));
      const runs = part.flatMap(({ row, position }) => {
        const text = found.get(row.run_key);
        return text === undefined ? [] : [{ text, position, inputs: inputs.get(row.run_key) }];
      });
      if (runs.length === 0) continue;
      const mean = runs.reduce((sum, run) => sum + run.text.data.length, 0) / runs.length;
      size = Math.min(Math.max(Math.floor(characters / mean), 1), mostRuns);
      yield runs;
    }
  }
}

export type LoggedKeys = { readonly [kind in "metrics" | "params" | "tags"]: readonly string[] };

/**
 * The keys that runs of these experiments have logged, each once and in order: `most` of a kind at most. Read key by key
 * from the indexes that lead to it, so the number of keys counts, and not that of the runs.
 */
export async function findKeys(
  db: Database,
  { project, experiments }: Pick<RunWalk, "project" | "experiments">,
  most: number,
): Promise<LoggedKeys> {
  const everywhere = experiments === undefined;
  const scope = everywhere
    ? sql`select experiment_id from experiments where project_id = ${project} and not is_purged`
    : sql`select unnest(${numberArray(experiments)}::bigint[])`;
  const of = async (...indexes: Parameters<typeof keysAlong>[]) => {
    const { rows } = await sql<{ key: string }>`
      select distinct k.key
      from (${scope}) e (id)
      cross join lateral (
        ${sql.join(
          indexes.map((index) => keysAlong(...index)),
          sql` union `,
        )}
      ) k
      order by k.key limit ${most}`.execute(db);
    return rows.map(({ key }) => key);
  };
  const keysAlong = (table: string, where: string) => {
    const next = (beyond: string) => sql`
          select x.key from ${sql.table(table)} x
          where x.project_id = ${project} and x.experiment_id = e.id ${sql.raw(where)} ${sql.raw(beyond)}
          order by x.key limit 1`;
    return sql`(
        with recursive keys(key) as (
          (${next("")})
          union all
          select (${next("and x.key > keys.key")}) from keys where keys.key is not null
        )
        select key from keys where key is not null)`;
  };
  const short = "and octet_length(x.value) <= 1000";
  const long = "and octet_length(x.value) > 1000";
  const [metrics, params, tags] = await Promise.all([
    of(
      ["latest_metrics", "and x.settled_value is not null"],
      ["latest_metrics", "and x.settled_value is null"],
    ),
    of(["params", short], ["params", long]),
    of(["tags", short], ["tags", long]),
  ]);
  return { metrics, params, tags };
}

/** The names of experiments by their ids, whatever their lifecycle stage; of those that exist. */
export async function findExperimentNames(
  db: Database,
  project: bigint,
  experiments: readonly bigint[],
): Promise<Map<bigint, string>> {
  if (experiments.length === 0) return new Map();
  const rows = await db
    .selectFrom("experiments")
    .select(["experiment_id", "name"])
    .where("project_id", "=", project)
    .where("experiment_id", "in", experiments)
    .where("is_purged", "=", false)
    .execute();
  return new Map(rows.map(({ experiment_id, name }) => [experiment_id, name]));
}
