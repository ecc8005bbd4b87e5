import { Migrator } from "kysely/migration";
import { ensureAppRole } from "./app-role.ts";
import type { Database } from "./database.ts";
import { migrations } from "./migrations/index.ts";
import { createProject, defaultProjectPath, findProject } from "./projects.ts";
import { grantRights, hasRights } from "./row-security.ts";

const migrator = (owner: Database) =>
  new Migrator({ db: owner, provider: { getMigrations: async () => migrations } });

/**
 * Brings the schema to the newest version, under Kysely's lock, so that two at once do no harm, and sees to it that the
 * default project and the server's role, with its rights, are there.
 * @param owner OpenDatabase's `owner`.
 * @returns the names of the migrations that were applied now.
 */
export async function migrateToLatest(owner: Database): Promise<string[]> {
  await ensureAppRole(owner);
  const { error, results = [] } = await migrator(owner).migrateToLatest();
  if (error !== undefined) throw error;
  if (!(await hasRights(owner))) await grantRights(owner);
  if ((await findProject(owner, defaultProjectPath)) === undefined)
    await createProject(owner, defaultProjectPath);
  return results.map((result) => result.migrationName);
}

/**
 * The names of the migrations that the database still lacks; all of them for an empty one.
 * @param owner OpenDatabase's `owner`.
 */
export async function pendingMigrations(owner: Database): Promise<string[]> {
  const all = await migrator(owner).getMigrations();
  return all.filter((migration) => migration.executedAt === undefined).map((migration) => migration.name);
}
