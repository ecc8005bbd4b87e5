/**
 * Hints that runs have changed, for whoever watches. A hint makes a change known sooner and may get lost: what makes a watch
 * right is that its reader looks for itself from time to time (services/watched-project.ts).
 *
 * Writers of this process give hints when a project is watched, here or by another process. Those who watch elsewhere say
 * so over Postgres every few seconds, and are then told the same way. Nobody watches: a writer compares a number with 0.
 */
import { randomUUID } from "node:crypto";
import { sql } from "kysely";
import { type Database, onceCommitted } from "./database.ts";
import type { Listening } from "./notifications.ts";
import { inProjects } from "./scope.ts";

/** The channel on which processes say what they watch and what has changed. */
export const hintChannel = "loggia_run_hints";

export interface Hint {
  /** 32 hex digits; "": too many runs to name. */
  runId: string;
  /** No point of a lesser step was written; undefined: any may have been. */
  fromStep: bigint | undefined;
}

export type Hear = (hints: readonly Hint[]) => void;

/** Milliseconds: how often a process says what it watches, for how long that is believed, and how long hints gather. */
const sayAgain = 5_000;
const belief = 15_000;
const gathering = 100;
/** In one notification, which holds 8,000 bytes. */
const mostInOne = 100;

/** What is said over the channel: `w` names watched projects; `p` a project, and `h` hints of its runs. */
interface Said {
  from: string;
  w?: string[];
  p?: string;
  h?: [runId: string, fromStep: string][];
}

class RunHints {
  readonly #db: Database;
  readonly #self = randomUUID();
  readonly #here = new Map<bigint, Set<Hear>>();
  /** Projects that are watched elsewhere, and until when that is believed. */
  readonly #elsewhere = new Map<bigint, number>();
  readonly #gathered = new Map<bigint, Map<string, bigint | undefined>>();
  #listening: Listening | undefined;
  #sayer: NodeJS.Timeout | undefined;
  #sender: NodeJS.Timeout | undefined;

  constructor(db: Database) {
    this.#db = db;
  }

  get isIdle(): boolean {
    return this.#here.size === 0 && this.#elsewhere.size === 0;
  }

  connect(listening: Listening): void {
    this.#listening = listening;
  }

  async close(): Promise<void> {
    clearInterval(this.#sayer);
    clearTimeout(this.#sender);
    const listening = this.#listening;
    this.#listening = undefined;
    await listening?.close();
  }

  watch(project: bigint, hear: Hear): () => void {
    const all = this.#here.get(project) ?? new Set();
    this.#here.set(project, all.add(hear));
    this.#say();
    this.#sayer ??= setInterval(() => this.#say(), sayAgain).unref();
    return () => {
      all.delete(hear);
      if (all.size === 0) this.#here.delete(project);
      if (this.#here.size > 0) return;
      clearInterval(this.#sayer);
      this.#sayer = undefined;
    };
  }

  tell(project: bigint, hints: readonly Hint[]): void {
    for (const hear of this.#here.get(project) ?? []) hear(hints);
    const until = this.#elsewhere.get(project);
    if (until === undefined) return;
    if (until < performance.now()) {
      this.#elsewhere.delete(project);
      return;
    }
    const gathered = this.#gathered.get(project) ?? new Map<string, bigint | undefined>();
    this.#gathered.set(project, gathered);
    for (const { runId, fromStep } of hints) gathered.set(runId, lesser(gathered, runId, fromStep));
    this.#sender ??= setTimeout(() => this.#send(), gathering).unref();
  }

  hear(text: string): void {
    const said = JSON.parse(text) as Said;
    if (said.from === this.#self) return;
    const now = performance.now();
    for (const project of said.w ?? []) this.#elsewhere.set(BigInt(project), now + belief);
    if (said.p === undefined) return;
    const hints = (said.h ?? []).map(([runId, fromStep]) => ({
      runId,
      fromStep: fromStep === "" ? undefined : BigInt(fromStep),
    }));
    for (const hear of this.#here.get(BigInt(said.p)) ?? []) hear(hints);
  }

  /** Says what is watched here. */
  #say(): void {
    if (this.#listening === undefined || this.#here.size === 0) return;
    const projects = [...this.#here.keys()].map(String);
    for (let i = 0; i < projects.length; i += mostInOne)
      this.#notify({ from: this.#self, w: projects.slice(i, i + mostInOne) });
  }

  #send(): void {
    this.#sender = undefined;
    const all = [...this.#gathered];
    this.#gathered.clear();
    for (const [project, gathered] of all) {
      const hints = Array.from(gathered, ([runId, step]): [string, string] => [runId, String(step ?? "")]);
      for (let i = 0; i < hints.length; i += mostInOne)
        this.#notify({ from: this.#self, p: String(project), h: hints.slice(i, i + mostInOne) });
    }
  }

  #notify(said: Said): void {
    // Whoever watches finds out by itself what it is not told.
    inProjects("all", () =>
      sql`select pg_notify(${hintChannel}, ${JSON.stringify(said)})`.execute(this.#db).catch(() => {}),
    );
  }
}

/** The lesser step of a run that has a hint already and a new one. */
export function lesser(
  known: ReadonlyMap<string, bigint | undefined>,
  runId: string,
  fromStep: bigint | undefined,
): bigint | undefined {
  if (!known.has(runId)) return fromStep;
  const before = known.get(runId);
  return before === undefined || fromStep === undefined ? undefined : before < fromStep ? before : fromStep;
}

const known = new WeakMap<Database, RunHints>();

function hintsOf(db: Database): RunHints {
  let hints = known.get(db);
  if (hints === undefined) {
    hints = new RunHints(db);
    known.set(db, hints);
  }
  return hints;
}

/** Joins the processes on this database. @returns what ends it. */
export function shareHints(db: Database, listen: (heard: (said: string) => void) => Listening): Listening {
  const hints = hintsOf(db);
  hints.connect(listen((said) => said !== "" && hints.hear(said)));
  return hints;
}

/** Hears hints of a project's runs. @returns what ends it. */
export const watchHints = (db: Database, project: bigint, hear: Hear): (() => void) =>
  hintsOf(db).watch(project, hear);

/** To be called when runs have changed: tells of it once that is committed. */
export function hintRuns(db: Database, project: bigint, runIds: readonly string[]): void {
  onceCommitted(db, (committed) => {
    const hints = known.get(committed);
    if (hints === undefined || hints.isIdle) return;
    hints.tell(
      project,
      runIds.map((runId) => ({ runId, fromStep: undefined })),
    );
  });
}

/** As hintRuns, for more runs than can be named. */
export const hintManyRuns = (db: Database, project: bigint): void => hintRuns(db, project, [""]);

/** As hintRuns, for what was logged and is committed. */
export function hintLogged(
  db: Database,
  batches: readonly { project: bigint; runId: string; metrics: readonly { step: bigint }[] }[],
): void {
  const hints = known.get(db);
  if (hints === undefined || hints.isIdle) return;
  for (const { project, runId, metrics } of batches) {
    let fromStep = 2n ** 63n - 1n;
    for (const { step } of metrics) if (step < fromStep) fromStep = step;
    hints.tell(project, [{ runId, fromStep }]);
  }
}
