import { type Database, sqlState } from "./database.ts";

/** Points an alias at a version, from wherever it pointed before. @returns whether the version exists. */
export async function setAlias(
  db: Database,
  project: bigint,
  name: string,
  alias: string,
  version: bigint,
): Promise<boolean> {
  try {
    await db
      .insertInto("registered_model_aliases")
      .values({ project_id: project, name, alias, version })
      .onConflict((conflict) => conflict.columns(["project_id", "name", "alias"]).doUpdateSet({ version }))
      .execute();
    return true;
  } catch (error) {
    if (sqlState(error) === "23503") return false;
    throw error;
  }
}

/** Removes an alias if it is there. */
export async function deleteAlias(db: Database, project: bigint, name: string, alias: string): Promise<void> {
  await db
    .deleteFrom("registered_model_aliases")
    .where("project_id", "=", project)
    .where("name", "=", name)
    .where("alias", "=", alias)
    .execute();
}

/** The version that an alias points at; undefined when there is none. */
export async function findAlias(
  db: Database,
  project: bigint,
  name: string,
  alias: string,
): Promise<bigint | undefined> {
  const found = await db
    .selectFrom("registered_model_aliases")
    .select("version")
    .where("project_id", "=", project)
    .where("name", "=", name)
    .where("alias", "=", alias)
    .executeTakeFirst();
  return found?.version;
}
