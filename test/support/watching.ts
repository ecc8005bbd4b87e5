import type { RunChange, WatchResponse } from "../../gen/loggia/v1/watch_pb.js";
import { RunStatus } from "../../gen/mlflow/service_pb.js";
import { answers } from "./outgoing.ts";

/** What a reader of a watch knows of a run. */
export interface KnownRun {
  experiment: string;
  status?: string | undefined;
  stage?: string | undefined;
  name?: string | undefined;
  params: Record<string, string>;
  tags: Record<string, string>;
  latest: Record<string, number>;
  /** `step/timestamp/value` of each point, by metric; each once. */
  points: Record<string, string[]>;
  isPurged: boolean;
}

/** A reader of a watch, who keeps what is told. */
export function reader(stream: AsyncIterable<WatchResponse>) {
  const runs = new Map<string, KnownRun>();
  /** Facts that were told, repetitions included. */
  let told = 0;
  const taken = answers(stream);
  let last: WatchResponse | undefined;
  const take = async () => {
    last = await taken.next();
    for (const change of last.changes) told += learn(runs, change);
    return last;
  };
  return {
    runs,
    get token() {
      return last?.resumeToken ?? "";
    },
    get told() {
      return told;
    },
    run(id: string): KnownRun {
      const run = runs.get(id);
      if (run === undefined) throw new Error(`nothing was told of ${id}`);
      return run;
    },
    take,
    /** Reads until what it knows is as wanted. */
    async until(wanted: (runs: Map<string, KnownRun>) => boolean): Promise<void> {
      while (!wanted(runs)) await take();
    },
    async caughtUp(): Promise<void> {
      do await take();
      while (!last?.caughtUp);
    },
    leave: taken.leave,
  };
}

/** The points of a list, so that the next ones need not be compared with each of them. */
const knownPoints = new WeakMap<string[], Set<string>>();

function learn(runs: Map<string, KnownRun>, change: RunChange): number {
  const run = runs.get(change.runId) ?? {
    experiment: change.experimentId,
    params: {},
    tags: {},
    latest: {},
    points: {},
    isPurged: false,
  };
  runs.set(change.runId, run);
  const { info, params, tags, latestMetrics, points } = change;
  if (info !== undefined) {
    run.status = RunStatus[info.status];
    run.stage = info.lifecycleStage;
    run.name = info.runName;
  }
  for (const { key, value } of params) run.params[key] = value;
  if (tags !== undefined) run.tags = Object.fromEntries(tags.tags.map(({ key, value }) => [key, value]));
  for (const { key, value } of latestMetrics) run.latest[key] = value;
  let count = params.length + latestMetrics.length + (info ? 1 : 0) + (tags ? 1 : 0);
  for (const { key, steps, timestamps, values } of points) {
    const all = run.points[key] ?? [];
    run.points[key] = all;
    const known = knownPoints.get(all) ?? new Set<string>();
    knownPoints.set(all, known);
    for (const [i, value] of values.entries()) {
      const point = `${steps[i]}/${timestamps[i]}/${value}`;
      if (!known.has(point)) all.push(point);
      known.add(point);
    }
    count += values.length;
  }
  run.isPurged ||= change.purged;
  return count;
}
