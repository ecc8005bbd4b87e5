import { Migrator } from "kysely/migration";
import type { Database } from "./database.ts";
import { migrations } from "./migrations/index.ts";
import { createProject, defaultProjectPath, findProject } from "./projects.ts";

const migrator = (db: Database) => new Migrator({ db, provider: { getMigrations: async () => migrations } });

/**
 * Brings the schema to the newest version, under Kysely's lock, so that two at once do no harm, and sees to it that the
 * default project exists.
 * @returns the names of the migrations that were applied now.
 */
export async function migrateToLatest(db: Database): Promise<string[]> {
  const { error, results = [] } = await migrator(db).migrateToLatest();
  if (error !== undefined) throw error;
  if ((await findProject(db, defaultProjectPath)) === undefined) await createProject(db, defaultProjectPath);
  return results.map((result) => result.migrationName);
}

/** The names of the migrations that the database still lacks; all of them for an empty one. */
export async function pendingMigrations(db: Database): Promise<string[]> {
  const all = await migrator(db).getMigrations();
  return all.filter((migration) => migration.executedAt === undefined).map((migration) => migration.name);
}
