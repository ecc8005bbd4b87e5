/**
 * The quotas of projects. What is full is refused as an invalid request (400), since MLflow's clients repeat what is refused
 * for now (429); too many points at once are refused for now.
 */
import { invalid, LoggiaError } from "../errors.ts";
import { uncancelled } from "../store/cancellation.ts";
import type { Database } from "../store/database.ts";
import { loadQuotas, type Quotas } from "../store/quotas.ts";
import { inProjects } from "../store/scope.ts";
import { type Allowance, spend } from "./point-rate.ts";

/** Milliseconds for which quotas are believed; and after which they are read anew while the old ones still hold. */
const longestBelief = 5_000;
const freshness = 2_500;

/** What a process knows of the quotas of all projects: most have none, and for those nothing is asked. */
class KnownQuotas {
  readonly allowances = new Map<bigint, Allowance>();
  readonly #db: Database;
  #quotas = new Map<bigint, Quotas>();
  #readAt = Number.NEGATIVE_INFINITY;
  #reading: Promise<void> | undefined;

  constructor(db: Database) {
    this.#db = db;
  }

  /** Does not wait, as long as somebody asked within the last seconds. */
  of(project: bigint): Quotas | undefined | Promise<Quotas | undefined> {
    const age = performance.now() - this.#readAt;
    if (age > longestBelief) return this.#read().then(() => this.#quotas.get(project));
    // Whether that fails shows when they are too old.
    if (age > freshness) void this.#read().catch(() => {});
    return this.#quotas.get(project);
  }

  forget(): void {
    this.#readAt = Number.NEGATIVE_INFINITY;
    this.#reading = undefined;
  }

  #read(): Promise<void> {
    if (this.#reading !== undefined) return this.#reading;
    const began = performance.now();
    const reading: Promise<void> = uncancelled(() => inProjects("all", () => loadQuotas(this.#db)))
      .then((quotas) => {
        if (this.#reading !== reading) return;
        this.#quotas = quotas;
        this.#readAt = began;
        for (const project of this.allowances.keys())
          if (quotas.get(project)?.pointsPerMinute === undefined) this.allowances.delete(project);
      })
      .finally(() => {
        if (this.#reading === reading) this.#reading = undefined;
      });
    this.#reading = reading;
    return reading;
  }
}

const known = new WeakMap<Database, KnownQuotas>();

function quotasOf(db: Database): KnownQuotas {
  let quotas = known.get(db);
  if (quotas === undefined) {
    quotas = new KnownQuotas(db);
    known.set(db, quotas);
  }
  return quotas;
}

/** Has the quotas read again by this process; other processes do so within five seconds. */
export const forgetQuotas = (db: Database): void => quotasOf(db).forget();

/** Runs that a project may have; undefined: without end. */
export async function runQuota(db: Database, project: bigint): Promise<bigint | undefined> {
  return (await quotasOf(db).of(project))?.runs;
}

/** @param used runs that the project has. */
export const runsFull = (quota: bigint, used: bigint): LoggiaError =>
  invalid(
    `The quota of the project is full: it may have ${quota} runs and has ${used}. Deleted runs count until they are purged.`,
  );

/**
 * Counts points that are about to be logged. Each process grants the quota by itself.
 * @throws REQUEST_LIMIT_EXCEEDED with the time after which they fit.
 */
export function allowPoints(db: Database, project: bigint, points: number): void | Promise<void> {
  const quotas = quotasOf(db);
  const check = (found: Quotas | undefined) => {
    if (found?.pointsPerMinute === undefined || points === 0) return;
    const perMinute = Number(found.pointsPerMinute);
    // No time to wait for is named: whoever is sent away until later would come again for nothing.
    if (perMinute === 0)
      throw new LoggiaError("REQUEST_LIMIT_EXCEEDED", "The quota of the project allows no metric points.");
    const allowance = quotas.allowances.get(project);
    const { left, wait } = spend(allowance, { perMinute, points, now: Math.floor(performance.now()) });
    quotas.allowances.set(project, left);
    if (wait > 0)
      throw new LoggiaError(
        "REQUEST_LIMIT_EXCEEDED",
        `The quota of the project is ${perMinute} metric points per minute. Send ${points === 1 ? "it" : `these ${points}`} again in ${wait} s.`,
        { retryAfter: wait },
      );
  };
  const found = quotas.of(project);
  return found instanceof Promise ? found.then(check) : check(found);
}

/** Bytes that the artifacts of a project may have; undefined: without end. */
export async function artifactQuota(db: Database, project: bigint): Promise<bigint | undefined> {
  return (await quotasOf(db).of(project))?.artifactBytes;
}
