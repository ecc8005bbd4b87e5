import { randomUUID } from "node:crypto";
import { sql } from "kysely";
import { afterAll, inject } from "vitest";
import {
  type Database,
  type DatabaseOptions,
  type OpenDatabase,
  openDatabase,
} from "../../src/store/database.ts";
import { createProject } from "../../src/store/projects.ts";

const open = (database: string, options: Partial<DatabaseOptions> = {}) =>
  openDatabase({
    connection: { ...inject("cluster"), database },
    poolSize: 8,
    namedStatements: true,
    statementTimeout: 30_000,
    // A test looks at everything, unless it says otherwise.
    projects: "all",
    ...options,
  });

/** A database of this test file's own, cloned from the migrated template; dropped after the file. */
export async function testDatabase(options: Partial<DatabaseOptions> = {}): Promise<{
  db: Database;
  /** Acts as the owner of the tables: for `analyze` and the like. */
  owner: Database;
  name: string;
  /** Opens one more pool on the same database, as a second replica would. */
  another(options?: Partial<DatabaseOptions>): Database;
  /** Listens to a channel of it. */
  listen: OpenDatabase["listen"];
}> {
  const name = `test_${randomUUID().replaceAll("-", "")}`;
  const admin = open("postgres", { poolSize: 1 });
  await sql`create database ${sql.id(name)} template template`.execute(admin.owner);
  const pools = [open(name, options)];
  afterAll(async () => {
    await Promise.all(pools.map((pool) => pool.close()));
    await sql`drop database ${sql.id(name)} with (force)`.execute(admin.owner);
    await admin.close();
  });
  const [first] = pools;
  if (first === undefined) throw new Error("unreachable");
  return {
    db: first.db,
    owner: first.owner,
    name,
    listen: first.listen,
    another(more = options) {
      const pool = open(name, more);
      pools.push(pool);
      return pool.db;
    },
  };
}

let projects = 0;

/** A project of this test's own. */
export async function testProject(db: Database): Promise<bigint> {
  const created = await createProject(db, `test/project-${++projects}-${randomUUID().slice(0, 8)}`);
  if (created === undefined) throw new Error("the path of a new test project was taken");
  return created;
}
