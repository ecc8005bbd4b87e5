import type { Database } from "../store/database.ts";
import { type Fact, findPurgedRuns, readFacts, type Suspect } from "../store/run-changes.ts";
import { type Hint, lesser, watchHints } from "../store/run-hints.ts";
import { findRunKeys, findRunsByKey, type RunRow } from "../store/runs.ts";
import { inProjects } from "../store/scope.ts";
import { currentSnapshot, isSame, type Snapshot } from "../store/snapshots.ts";
import { findSuspects } from "./watch-suspects.ts";

/** Milliseconds for which hints gather, so that a run that is logged to all the time is not read all the time. */
const gathering = 50;
/** Milliseconds between two looks for what nobody hinted at; longer where a look takes long, so that looks take a tenth of the time. */
const leastPause = 500;
const pauseFactor = 10;
const longestPause = 600_000;
/** Runs that are read at once. */
const runsAtOnce = 1_000;
/** Milliseconds until the next look after one that failed. */
const afterFailure = 1_000;
/** Of one look: more than a second of what a stream carries. */
const mostPoints = 100_000;
const mostKnownRuns = 100_000;

/** What has changed of one run, as far as is new. */
export interface Changed {
  runKey: bigint;
  /** 32 hex digits; "" of one that is gone and was not met before. */
  runId: string;
  /** Less than 0 of one that is gone and was not met before. */
  experiment: bigint;
  /** undefined: nothing may have changed but what was logged. */
  row: RunRow | undefined;
  facts: Fact[];
  isPurged: boolean;
}

export interface Look {
  changed: Changed[];
  /** What was committed by then has been told to all who watched before the look began. */
  told: Snapshot;
  /** Some points were left out: there were too many. */
  isPartial: boolean;
}

interface KnownRun {
  runId: string;
  runKey: bigint;
  experiment: bigint;
}

export interface Watcher {
  /** The runs that are watched by name, with their ids. */
  runKeys: ReadonlyMap<bigint, string>;
  experiment: bigint | undefined;
  pointKeys: readonly string[];
  /** Hears of every look that found something, also about what others watch. */
  hear(look: Look): void;
}

/**
 * Looks for changes in a project for all who watch it in this process: one query, whatever their number. It looks at once at
 * the runs that a hint names, and from time to time at all that are watched, which finds what no hint told of.
 */
export class WatchedProject {
  readonly #db: Database;
  readonly #project: bigint;
  readonly #watchers = new Set<Watcher>();
  readonly #ended: () => void;
  #hinted = new Map<string, bigint | undefined>();
  /** Some hint was about more runs than it could name. */
  #isHintedEverywhere = false;
  #wake = Promise.withResolvers<void>();
  #told: Snapshot = "";
  /** Of runs that were looked at since `#told`. */
  readonly #toldOf = new Map<bigint, Snapshot>();
  /** Runs that were met; what is known of one is never changed. */
  readonly #runs = new Map<string, KnownRun>();
  readonly #runsByKey = new Map<bigint, KnownRun>();
  #begun: Promise<void> | undefined;

  constructor(db: Database, project: bigint, ended: () => void) {
    this.#db = db;
    this.#project = project;
    this.#ended = ended;
  }

  /** Once it returns, what is committed later is told. @returns what ends it. */
  async join(watcher: Watcher): Promise<() => void> {
    this.#watchers.add(watcher);
    try {
      this.#begun ??= this.#begin();
      await this.#begun;
    } catch (error) {
      this.#begun = undefined;
      this.#leave(watcher);
      throw error;
    }
    return () => this.#leave(watcher);
  }

  #leave(watcher: Watcher): void {
    this.#watchers.delete(watcher);
    if (this.#watchers.size > 0) return;
    this.#ended();
    this.#wake.resolve();
  }

  async #begin(): Promise<void> {
    this.#told = await this.#here(() => currentSnapshot(this.#db));
    const end = watchHints(this.#db, this.#project, (hints) => this.#hear(hints));
    void this.#lookOn().finally(end);
  }

  #hear(hints: readonly Hint[]): void {
    for (const { runId, fromStep } of hints) {
      if (runId === "") {
        this.#isHintedEverywhere = true;
        continue;
      }
      const run = this.#runs.get(runId);
      if (run !== undefined && !this.#isWatched(run.runKey, run.experiment)) continue;
      this.#hinted.set(runId, lesser(this.#hinted, runId, fromStep));
    }
    if (this.#hinted.size > 0 || this.#isHintedEverywhere) this.#wake.resolve();
  }

  #isWatched(runKey: bigint, experiment: bigint): boolean {
    for (const watcher of this.#watchers)
      if (watcher.experiment === experiment || watcher.runKeys.has(runKey)) return true;
    return false;
  }

  /** What it asks is not asked by the caller who happened to come first. */
  #here<T>(work: () => Promise<T>): Promise<T> {
    return inProjects([this.#project], work);
  }

  async #lookOn(): Promise<void> {
    let due = performance.now();
    while (this.#watchers.size > 0) {
      const pause = pauseUntil(due, this.#wake.promise);
      const isHinted = await pause;
      if (this.#watchers.size === 0) return;
      if (isHinted) await pauseFor(gathering);
      this.#wake = Promise.withResolvers();
      const began = performance.now();
      const isDue = began >= due || this.#isHintedEverywhere;
      this.#isHintedEverywhere = false;
      try {
        await this.#here(async () => {
          await this.#lookAtHinted();
          if (isDue) await this.#lookAround();
        });
        if (isDue) {
          const now = performance.now();
          due = now + Math.min(longestPause, Math.max(leastPause, (now - began) * pauseFactor));
        }
      } catch {
        // The database is away, or too slow: nothing was told, so nothing is lost. Nor is a look that takes too long begun again
        // at once: what is hinted at would wait for it.
        due = performance.now() + Math.max(afterFailure, (performance.now() - began) * pauseFactor);
        await pauseFor(afterFailure);
      }
    }
  }

  /** Looks at the runs that were hinted at since the last time. */
  async #lookAtHinted(): Promise<void> {
    const hinted = this.#hinted;
    if (hinted.size === 0) return;
    this.#hinted = new Map();
    try {
      const snapshot = await currentSnapshot(this.#db);
      await this.#learn([...hinted.keys()].filter((runId) => !this.#runs.has(runId)));
      const fromSteps = new Map<bigint, bigint | undefined>();
      for (const [runId, fromStep] of hinted) {
        const run = this.#runs.get(runId);
        if (run !== undefined && this.#isWatched(run.runKey, run.experiment))
          fromSteps.set(run.runKey, fromStep);
      }
      await this.#lookAt(fromSteps, snapshot);
    } catch (error) {
      for (const [runId, fromStep] of hinted) this.#hinted.set(runId, lesser(this.#hinted, runId, fromStep));
      throw error;
    }
  }

  /** Looks for what nobody hinted at; what is hinted at meanwhile does not wait for its end. */
  async #lookAround(): Promise<void> {
    const db = this.#db;
    const project = this.#project;
    const snapshot = await currentSnapshot(db);
    if (isSame(snapshot, this.#told)) return;
    const told = this.#told;
    const before = new Map(this.#toldOf);
    const lookAt = async (runKeys: readonly bigint[]) => {
      for (let i = 0; i < runKeys.length; i += runsAtOnce) {
        const part = runKeys.slice(i, i + runsAtOnce);
        await this.#lookAt(new Map(part.map((runKey) => [runKey, undefined])), await currentSnapshot(db));
        await this.#lookAtHinted();
      }
    };
    // Who joins after the snapshot is told of what comes later by the next look.
    const watched = this.#watched();
    if (watched.experiments.length > 0) await lookAt(await findPurgedRuns(db, project, told));
    for await (const { runKeys } of findSuspects(db, project, watched, told)) await lookAt(runKeys);
    for (const [runKey, moment] of before)
      if (this.#toldOf.get(runKey) === moment) this.#toldOf.delete(runKey);
    this.#told = snapshot;
    this.#tell([]);
  }

  #watched() {
    const all = [...this.#watchers];
    return {
      runKeys: [...new Set(all.flatMap(({ runKeys }) => [...runKeys.keys()]))],
      experiments: [
        ...new Set(all.flatMap(({ experiment }) => (experiment === undefined ? [] : [experiment]))),
      ],
    };
  }

  /** Tells what is new of some runs. @param snapshot a moment that is over. */
  async #lookAt(fromSteps: ReadonlyMap<bigint, bigint | undefined>, snapshot: Snapshot): Promise<void> {
    if (fromSteps.size === 0) return;
    const suspects = Array.from(fromSteps, ([runKey, fromStep]) => ({
      runKey,
      fromStep,
      told: this.#toldOf.get(runKey) ?? this.#told,
    }));
    const pointKeys = [...new Set([...this.#watchers].flatMap((watcher) => watcher.pointKeys))];
    const changed = await readChanged(this.#db, this.#project, suspects, pointKeys, mostPoints + 1);
    for (const runKey of fromSteps.keys()) this.#toldOf.set(runKey, snapshot);
    this.#tell(changed);
  }

  #tell(found: readonly Changed[]): void {
    const changed = found.flatMap((one) => {
      const { runKey, runId, experiment, row, facts, isPurged } = one;
      if (!isPurged) {
        this.#meet({ runId, runKey, experiment });
        return row !== undefined || facts.length > 0 ? [one] : [];
      }
      const known = this.#runsByKey.get(runKey);
      this.#runsByKey.delete(runKey);
      if (known !== undefined) this.#runs.delete(known.runId);
      return [{ ...one, runId: known?.runId ?? "", experiment: known?.experiment ?? -1n }];
    });
    const points = changed.reduce(
      (sum, { facts }) => sum + facts.filter(({ kind }) => kind === "point").length,
      0,
    );
    const look = { changed, told: this.#told, isPartial: points > mostPoints };
    for (const watcher of this.#watchers) watcher.hear(look);
  }

  async #learn(runIds: readonly string[]): Promise<void> {
    if (runIds.length === 0) return;
    for (const { run_id, run_key, experiment_id } of await findRunKeys(this.#db, this.#project, runIds))
      this.#meet({ runId: run_id, runKey: run_key, experiment: experiment_id });
  }

  #meet(run: KnownRun): void {
    if (this.#runs.size > mostKnownRuns) {
      this.#runs.clear();
      this.#runsByKey.clear();
    }
    this.#runs.set(run.runId, run);
    this.#runsByKey.set(run.runKey, run);
  }
}

/** What is new of each run, in the order of the suspects. */
export async function readChanged(
  db: Database,
  project: bigint,
  suspects: readonly Suspect[],
  pointKeys: readonly string[],
  most: number,
): Promise<Changed[]> {
  const facts = await readFacts(db, project, suspects, pointKeys, most);
  const newRuns = facts.flatMap(({ kind, key, run_key }) =>
    kind === "run" && key === "new" ? [run_key] : [],
  );
  const rows = new Map((await findRunsByKey(db, project, newRuns)).map((row) => [row.run_key, row]));
  const changed = new Map<bigint, Changed>();
  for (const fact of facts)
    if (fact.kind === "run")
      changed.set(fact.run_key, {
        runKey: fact.run_key,
        runId: fact.value,
        experiment: fact.experiment_id,
        row: rows.get(fact.run_key),
        // That there are no tags any more is a fact as well.
        facts: fact.key === "" ? [] : [fact],
        isPurged: false,
      });
  for (const fact of facts) if (fact.kind !== "run") changed.get(fact.run_key)?.facts.push(fact);
  return suspects.map(
    ({ runKey }) =>
      changed.get(runKey) ?? {
        runKey,
        runId: "",
        experiment: -1n,
        row: undefined,
        facts: [],
        isPurged: true,
      },
  );
}

/** @returns whether `woken` was there first. */
async function pauseUntil(due: number, woken: Promise<void>): Promise<boolean> {
  const left = Math.max(0, due - performance.now());
  let timer: NodeJS.Timeout | undefined;
  const over = new Promise<false>((resolve) => {
    timer = setTimeout(() => resolve(false), left).unref();
  });
  try {
    return await Promise.race([woken.then(() => true), over]);
  } finally {
    clearTimeout(timer);
  }
}

const pauseFor = (milliseconds: number) =>
  new Promise<void>((resolve) => {
    setTimeout(resolve, milliseconds).unref();
  });

const watched = new WeakMap<Database, Map<bigint, WatchedProject>>();

/** The one that looks for all who watch a project in this process. */
export function watchedProject(db: Database, project: bigint): WatchedProject {
  let all = watched.get(db);
  if (all === undefined) {
    all = new Map();
    watched.set(db, all);
  }
  let one = all.get(project);
  if (one === undefined) {
    const projects = all;
    one = new WatchedProject(db, project, () => projects.delete(project));
    all.set(project, one);
  }
  return one;
}
