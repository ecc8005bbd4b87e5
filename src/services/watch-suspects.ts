import type { Database } from "../store/database.ts";
import { findChangedRuns, findLargeExperiments, pageOfRuns, type Watched } from "../store/run-changes.ts";
import type { Snapshot } from "../store/snapshots.ts";
import { findNotedRuns } from "../store/written-runs.ts";

/** How much is looked at at a time, in runs. */
export interface WatchSizes {
  /** Of a watched experiment: up to so many are all looked at, in one query. */
  few: number;
  /** Of a larger one: what one statement looks at, where it is not known which were written to. */
  page: number;
  /** Of a larger one: noted ones, beyond which it is a matter of pages again. */
  mostNoted: number;
}

export const usualSizes: WatchSizes = { few: 20_000, page: 5_000, mostNoted: 50_000 };

export interface SuspectPage {
  runKeys: bigint[];
  /** All suspects up to this run are in this page or were before; undefined where they come in no order. */
  upTo: bigint | undefined;
}

/**
 * Runs of which something may have changed since `told`, a page at a time, each looked for when the one before was taken. Small
 * experiments and named runs are looked at whole. Of a large experiment the runs are looked at that were noted to be written to
 * (store/written-runs.ts); where notes do not tell, all of them, in pages, which takes long and always ends.
 * @param ask does each query.
 * @param after pages of all runs begin behind this one.
 */
export async function* findSuspects(
  db: Database,
  project: bigint,
  { runKeys, experiments }: Watched,
  told: Snapshot,
  {
    ask = (query) => query(),
    after = -1n,
    sizes = usualSizes,
  }: { ask?: <T>(query: () => Promise<T>) => Promise<T>; after?: bigint; sizes?: WatchSizes } = {},
): AsyncGenerator<SuspectPage> {
  const large = await ask(() => findLargeExperiments(db, project, experiments, sizes.few));
  const small = experiments.filter((experiment) => !large.includes(experiment));
  const whole = { runKeys, experiments: small };
  if (runKeys.length > 0 || small.length > 0)
    yield { runKeys: await ask(() => findChangedRuns(db, project, whole, told)), upTo: undefined };
  for (const experiment of large) {
    const noted = await ask(() => findNotedRuns(db, project, [experiment], told, sizes.mostNoted));
    if (noted !== undefined) {
      yield { runKeys: noted, upTo: undefined };
      continue;
    }
    for (let last = after; ; ) {
      const page = await ask(() => pageOfRuns(db, project, experiment, last, sizes.page));
      last = page.at(-1) ?? last;
      const of = { runKeys: page, experiments: [] };
      const changed = page.length === 0 ? [] : await ask(() => findChangedRuns(db, project, of, told));
      yield { runKeys: changed, upTo: last };
      if (page.length < sizes.page) break;
    }
  }
}
