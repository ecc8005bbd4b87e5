import type { Database } from "./database.ts";

/** Points an alias at a version, from wherever it pointed before. @returns whether the version exists. */
export async function setAlias(
  db: Database,
  project: bigint,
  name: string,
  alias: string,
  version: bigint,
): Promise<boolean> {
  const set = await db
    .insertInto("registered_model_aliases")
    .columns(["project_id", "name", "alias", "version"])
    .expression((eb) =>
      eb
        .selectFrom("model_versions")
        .select(["project_id", "name", eb.cast<string>(eb.val(alias), "text").as("alias"), "version"])
        .where((where) => where.and({ project_id: project, name, version }))
        // Before the alias's own row, as a deletion locks them; the foreign key would lock it after.
        .forKeyShare(),
    )
    .onConflict((conflict) => conflict.columns(["project_id", "name", "alias"]).doUpdateSet({ version }))
    .returning("alias")
    .executeTakeFirst();
  return set !== undefined;
}

/** Removes an alias if it is there. @returns whether the model exists. */
export async function deleteAlias(
  db: Database,
  project: bigint,
  name: string,
  alias: string,
): Promise<boolean> {
  const model = await db
    .with("gone", (cte) =>
      cte.deleteFrom("registered_model_aliases").where((eb) => eb.and({ project_id: project, name, alias })),
    )
    .selectFrom("registered_models")
    .select("name")
    .where((eb) => eb.and({ project_id: project, name }))
    .executeTakeFirst();
  return model !== undefined;
}

/** The version that an alias points at: null when there is no such alias, undefined when there is no such model. */
export async function findAlias(
  db: Database,
  project: bigint,
  name: string,
  alias: string,
): Promise<bigint | null | undefined> {
  const model = await db
    .selectFrom("registered_models as m")
    .leftJoin("registered_model_aliases as a", (join) =>
      join
        .onRef("a.project_id", "=", "m.project_id")
        .onRef("a.name", "=", "m.name")
        .on("a.alias", "=", alias),
    )
    .select("a.version")
    .where("m.project_id", "=", project)
    .where("m.name", "=", name)
    .executeTakeFirst();
  return model?.version;
}
