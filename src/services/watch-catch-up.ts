import { create } from "@bufbuild/protobuf";
import { RunChangeSchema } from "../../gen/loggia/v1/watch_pb.js";
import type { Database } from "../store/database.ts";
import {
  findChangedRuns,
  findTouchedSeries,
  type Point,
  pageOfRuns,
  readNewPoints,
  type Snapshot,
} from "../store/run-changes.ts";
import { atTurn } from "./watch-turns.ts";
import { type Told, toChange } from "./watch-messages.ts";
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

/** All that is new since `told` (undefined: all there is), in parts, each read when the one before was taken. */
export async function* catchUp(
  db: Database,
  subject: Subject,
  told: Snapshot | undefined,
): AsyncGenerator<Told[]> {
  const { project, pointKeys } = subject;
  for await (const runKeys of suspects(db, subject, told)) {
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

/** Keys of the runs of which something may be new, a part at a time. */
async function* suspects(
  db: Database,
  { project, runKeys, experiment }: Subject,
  told: Snapshot | undefined,
): AsyncGenerator<bigint[]> {
  if (told !== undefined) {
    const watched = {
      runKeys: [...runKeys.keys()],
      experiments: experiment === undefined ? [] : [experiment],
    };
    yield* parts(await atTurn(() => findChangedRuns(db, project, watched, told)));
  } else if (experiment === undefined) yield* parts([...runKeys.keys()]);
  else
    for (let after = -1n; ; ) {
      const page = await atTurn(() => pageOfRuns(db, project, experiment, after, runsAtOnce));
      yield page;
      if (page.length < runsAtOnce) return;
      after = page.at(-1) ?? after;
    }
}

function* parts(runKeys: readonly bigint[]): Generator<bigint[]> {
  for (let i = 0; i < runKeys.length; i += runsAtOnce) yield runKeys.slice(i, i + runsAtOnce);
}
