import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { sql } from "kysely";
import type { TestProject } from "vitest/node";
import { openDatabase } from "../../src/store/database.ts";
import { startEmbedded } from "../../src/store/embedded.ts";
import { migrateToLatest } from "../../src/store/migrate.ts";

declare module "vitest" {
  interface ProvidedContext {
    /** Where the Postgres of this test run listens; `template` is its migrated template database. */
    cluster: { host: string; user: string };
  }
}

/** Starts one Postgres for the tests of a project, with a migrated database `template` to clone. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const dataDir = await mkdtemp(join(tmpdir(), "loggia-test-"));
  const { connection, stop } = await startEmbedded({ dataDir, durable: false });
  const admin = openDatabase({ connection, poolSize: 1, namedStatements: false, statementTimeout: 60_000 });
  await sql`create database template`.execute(admin.owner);
  await admin.close();
  const template = openDatabase({
    connection: { ...connection, database: "template" },
    poolSize: 1,
    namedStatements: false,
    statementTimeout: 60_000,
  });
  await migrateToLatest(template.owner);
  await template.close();
  project.provide("cluster", { host: connection.host, user: connection.user });
  return async () => {
    await stop();
    await rm(dataDir, { recursive: true, force: true });
  };
}
