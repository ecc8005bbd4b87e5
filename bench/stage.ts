/** Where everything runs: one Postgres, one load generator, and the servers that are brought up on them. */
import { createHash } from "node:crypto";
import { rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import { type Generator, startGenerator } from "./generator.ts";
import { type Postgres, startPostgres } from "./postgres.ts";
import { residentMiB } from "./processes.ts";
import { type Seed, seed } from "./seed.ts";
import { type Running, type System, start } from "./systems.ts";
import type { Footprint } from "./table.ts";

const cache = join(dirname(import.meta.dirname), ".cache");

export interface Stage {
  postgres: Postgres;
  generator: Generator;
  /** Another generator, for what goes on beside a measurement. Ends with the stage. */
  another(): Promise<Generator>;
  /** Starts a server on a database of its own, filled, which is named `bench_<name>`. Ends with the stage. */
  bringUp(system: System, data: Seed, name?: string): Promise<{ running: Running; footprint: Footprint }>;
  /** Has something that was started ended with the stage. */
  ends(stop: () => Promise<void>): void;
  /** Ends all that was started, the last first, and removes their data. */
  close(): Promise<void>;
}

/**
 * Sets the stage, in a directory that is emptied before and after.
 * @param keep in a directory that stays: databases that were filled with the same data are there already, with what was
 * written since.
 */
export async function openStage({ keep = false } = {}): Promise<Stage> {
  const directory = join(cache, keep ? "bench-kept" : "bench");
  const endings: (() => Promise<unknown>)[] = [];
  const remove = async () => {
    if (!keep) await rm(directory, { recursive: true, force: true });
  };
  let isClosed = false;
  const close = async () => {
    isClosed = true;
    for (const end of endings.splice(0).reverse()) await end();
  };
  const ends = (stop: () => Promise<void>) => {
    endings.push(stop);
    // What was being brought up while all else ended.
    if (isClosed) void close();
  };
  const another = async () => {
    const generator = await startGenerator(cache);
    endings.push(generator.stop);
    return generator;
  };
  try {
    await remove();
    endings.push(remove);
    const generator = await another();
    const postgres = await startPostgres(directory);
    endings.push(postgres.stop);
    return {
      postgres,
      generator,
      another,
      ends,
      bringUp: async (system, data, name = system.name) => {
        const files = join(directory, `${name}-files`);
        return await bringUp(postgres, system, data, { name, files }, ends);
      },
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

/** Fills the database of a server, unless it is filled, and starts the server. */
async function bringUp(
  postgres: Postgres,
  system: System,
  data: Seed,
  { name, files }: { name: string; files: string },
  onSpawn: (stop: () => Promise<void>) => void,
) {
  await system.install();
  const database = `bench_${name}`;
  const place = { database: postgres.url(database), files };
  const statements = seed(system.name, data);
  // Not of the tables: the server brings those of an older version up to date.
  const made = createHash("sha256").update(statements.join(";")).digest("hex");
  const [known] = await postgres.run(
    "postgres",
    `select from pg_database where datname = '${database}' and shobj_description(oid, 'pg_database') = '${made}'`,
  );
  if (known === undefined) {
    await postgres.run("postgres", `drop database if exists ${database}`, `create database ${database}`);
    // Makes its tables.
    await (await start(system, place, onSpawn)).stop();
    console.error(`Seeding ${data.runs.toLocaleString("en")} runs for ${system.title} ...`);
    await postgres.run(database, ...statements, `comment on database ${database} is '${made}'`);
  }
  // As VACUUM counted them after seeding: to count fifty million anew would take a minute.
  const [row] = await postgres.run(
    database,
    "select pg_total_relation_size(oid) / reltuples::float8 as size from pg_class where oid = 'metrics'::regclass",
  );
  const running = await start(system, place, onSpawn);
  const idle = residentMiB(running.pid);
  const footprint = { coldStart: running.coldStart, idle, loaded: idle, bytesPerPoint: Number(row?.size) };
  return { running, footprint };
}
