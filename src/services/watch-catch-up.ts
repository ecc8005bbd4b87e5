import { create } from "@bufbuild/protobuf";
import { RunChangeSchema } from "../../gen/loggia/v1/watch_pb.js";
import type { Database } from "../store/database.ts";
import { findTouchedSeries, type Point, pageOfRuns, readNewPoints } from "../store/run-changes.ts";
import type { Snapshot } from "../store/snapshots.ts";
import { type Told, toChange } from "./watch-messages.ts";
import { findSuspects, type SuspectPage, usualSizes, type WatchSizes } from "./watch-suspects.ts";
import { atTurn } from "./watch-turns.ts";
import { readChanged } from "./watched-project.ts";

/** Runs that are read at once, and points. */
const runsAtOnce = 100;
const pointsAtOnce = 5_000;

export interface Subject {
  project: bigint;
  /** The runs that are watched by name, with their ids. */
  runKeys: Map<bigint, string>;
  /** The experiment all runs of which are watched; undefined when runs are named. */
  experiment: bigint | undefined;
  pointKeys: readonly string[];
}

/** Where a catching up is: from when on changes are told, and behind which run, where it goes through all of them. */
export interface Since {
  /** undefined: all there is. */
  told: Snapshot | undefined;
  after?: bigint | undefined;
}

export interface CaughtUp {
  told: Told[];
  /** Of the runs up to this one all is told; undefined where nothing can be said of it. */
  upTo: bigint | undefined;
}

/** All that is new, in parts. Of what comes no more than two parts are at hand: the next is read when one is taken. */
export async function* catchUp(
  db: Database,
  subject: Subject,
  since: Since,
  sizes: WatchSizes = usualSizes,
): AsyncGenerator<CaughtUp> {
  for await (const { runKeys, upTo } of suspects(db, subject, since, sizes)) {
    let last: Told[] | undefined;
    for await (const told of newsOf(db, subject, runKeys, since.told)) {
      if (last !== undefined) yield { told: last, upTo: undefined };
      last = told;
    }
    if (last !== undefined || upTo !== undefined) yield { told: last ?? [], upTo };
  }
}

/** All that is new of some runs. */
async function* newsOf(
  db: Database,
  subject: Subject,
  suspected: readonly bigint[],
  told: Snapshot | undefined,
): AsyncGenerator<Told[]> {
  const { project, pointKeys } = subject;
  for (const runKeys of parts(suspected)) {
    const wanted = runKeys.map((runKey) => ({ runKey, told, fromStep: undefined }));
    const ids = new Map<bigint, string>();
    const part: Told[] = [];
    for (const found of await atTurn(() => readChanged(db, project, wanted, [], 0))) {
      const { runKey, runId, isPurged, row, facts } = found;
      if (isPurged && !subject.runKeys.has(runKey)) continue;
      ids.set(runKey, isPurged ? (subject.runKeys.get(runKey) ?? "") : runId);
      if (row !== undefined || facts.length > 0 || isPurged)
        part.push(toChange({ ...found, runId: ids.get(runKey) ?? "" }, []));
    }
    if (part.length > 0) yield part;
    if (pointKeys.length === 0) continue;
    const touched = await atTurn(() => findTouchedSeries(db, project, [...ids.keys()], pointKeys, told));
    for (const { run_key, experiment_id, key } of touched) {
      const series = { project, runKey: run_key, key };
      const run = { runId: ids.get(run_key) ?? "", experimentId: String(experiment_id) };
      let after: Point | undefined;
      do {
        const points = await atTurn(() => readNewPoints(db, series, told, after, pointsAtOnce));
        after = points.length < pointsAtOnce ? undefined : points.at(-1);
        if (points.length > 0)
          yield [
            {
              change: create(RunChangeSchema, {
                ...run,
                points: [
                  {
                    key,
                    steps: points.map(({ step }) => step),
                    timestamps: points.map(({ timestamp }) => timestamp),
                    values: points.map(({ value }) => value),
                  },
                ],
              }),
              weight: points.length,
            },
          ];
      } while (after !== undefined);
    }
  }
}

/** Runs of which something may be new, a page at a time. */
async function* suspects(
  db: Database,
  { project, runKeys, experiment }: Subject,
  { told, after = -1n }: Since,
  sizes: WatchSizes,
): AsyncGenerator<SuspectPage> {
  if (told !== undefined) {
    const experiments = experiment === undefined ? [] : [experiment];
    const watched = { runKeys: [...runKeys.keys()], experiments };
    yield* findSuspects(db, project, watched, told, { ask: atTurn, after, sizes });
  } else if (experiment === undefined) yield { runKeys: [...runKeys.keys()], upTo: undefined };
  else
    for (let last = after; ; ) {
      const page = await atTurn(() => pageOfRuns(db, project, experiment, last, runsAtOnce));
      last = page.at(-1) ?? last;
      yield { runKeys: page, upTo: last };
      if (page.length < runsAtOnce) return;
    }
}

function* parts(runKeys: readonly bigint[]): Generator<bigint[]> {
  for (let i = 0; i < runKeys.length; i += runsAtOnce) yield runKeys.slice(i, i + runsAtOnce);
}
