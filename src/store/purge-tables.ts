/**
 * What speaks of a run, an experiment or a project, as Postgres' catalogue has it: a table that a later migration adds is
 * purged like the rest, and none can be forgotten.
 */
import { sql } from "kysely";
import type { Database } from "./database.ts";

/** Have a way of their own (purge-runs.ts, artifact-garbage.ts), or stay: what was done outlives what it was done to. */
const apart = ["projects", "runs", "purged_runs", "artifact_garbage", "audit_events"];

export interface PurgeTables {
  /** With `run_key`. `metric_rollups` is the first: without a row of it no rollup adds to the others. */
  ofRun: string[];
  /** With `experiment_id` and not of runs: those that refer to others before those. `experiments` is the last. */
  ofExperiment: string[];
  /** All with `project_id`, in such an order. */
  ofProject: string[];
}

const known = new WeakMap<Database, Promise<PurgeTables>>();

/** The tables to purge, read once for each pool of connections. */
export function purgeTables(db: Database): Promise<PurgeTables> {
  let tables = known.get(db);
  if (tables === undefined) {
    tables = read(db);
    tables.catch(() => known.delete(db));
    known.set(db, tables);
  }
  return tables;
}

async function read(db: Database): Promise<PurgeTables> {
  const { rows } = await sql<{ name: string; columns: string[]; parents: string[] }>`
    select t.relname::text as name,
      array(
        select attname::text from pg_attribute
        where attrelid = t.oid and attnum > 0 and not attisdropped
          and attname in ('project_id', 'experiment_id', 'run_key')
      ) as columns,
      array(
        select distinct parent.relname::text
        from pg_constraint
        join pg_class parent on parent.oid = confrelid
        where conrelid = t.oid and contype = 'f' and confrelid <> conrelid
      ) as parents
    from pg_class t
    where t.relkind in ('r', 'p') and not t.relispartition and t.relnamespace = current_schema()::regnamespace
    order by t.relname <> 'metric_rollups', t.relname`.execute(db);
  const tables = rows.filter(({ name, columns }) => columns.includes("project_id") && !apart.includes(name));
  const named = (all: typeof tables) => all.map(({ name }) => name);
  const ofRun = tables.filter(({ columns }) => columns.includes("run_key"));
  const ofProject = childrenFirst(tables);
  return {
    ofRun: named(ofRun),
    ofExperiment: named(
      ofProject.filter((table) => table.columns.includes("experiment_id") && !ofRun.includes(table)),
    ),
    ofProject: named(ofProject),
  };
}

function childrenFirst<T extends { name: string; parents: string[] }>(tables: readonly T[]): T[] {
  const ordered: T[] = [];
  for (let left = [...tables]; left.length > 0; ) {
    const free = left.filter(({ name }) => !left.some(({ parents }) => parents.includes(name)));
    if (free.length === 0) throw new Error(`tables refer to each other: ${left.map(({ name }) => name)}`);
    ordered.push(...free);
    left = left.filter((table) => !free.includes(table));
  }
  return ordered;
}
