import type { Selectable } from "kysely";
import type { RegisteredModels } from "../../gen/db.ts";
import { type Database, sqlState, transaction } from "./database.ts";
import { latestVersions, loadModelVersions, type ModelVersion } from "./model-versions.ts";

export interface RegisteredModel extends Omit<Selectable<RegisteredModels>, "project_id" | "last_version"> {
  tags: { key: string; value: string }[];
  aliases: { alias: string; version: bigint }[];
  /** The greatest version of each stage that has one. */
  latest_versions: ModelVersion[];
}

/** Milliseconds since the epoch. */
const now = () => BigInt(Date.now());

/** The models with these names, in this order, with what belongs to them; those that do not exist are left out. */
export async function loadRegisteredModels(
  db: Database,
  project: bigint,
  names: readonly string[],
): Promise<RegisteredModel[]> {
  if (names.length === 0) return [];
  const [models, tags, aliases, versions] = await Promise.all([
    db
      .selectFrom("registered_models")
      .select(["name", "creation_time", "last_updated_time", "description"])
      .where("project_id", "=", project)
      .where("name", "=", (eb) => eb.fn.any(eb.val(names)))
      .execute(),
    db
      .selectFrom("registered_model_tags")
      .select(["name", "key", "value"])
      .where("project_id", "=", project)
      .where("name", "=", (eb) => eb.fn.any(eb.val(names)))
      .orderBy("key")
      .execute(),
    db
      .selectFrom("registered_model_aliases")
      .select(["name", "alias", "version"])
      .where("project_id", "=", project)
      .where("name", "=", (eb) => eb.fn.any(eb.val(names)))
      .orderBy("alias")
      .execute(),
    latestVersions(db, project, names).then((keys) => loadModelVersions(db, project, keys)),
  ]);
  const tagsOf = Map.groupBy(tags, (tag) => tag.name);
  const aliasesOf = Map.groupBy(aliases, (alias) => alias.name);
  const versionsOf = Map.groupBy(versions, (version) => version.name);
  const loaded = new Map(
    models.map((model) => [
      model.name,
      {
        ...model,
        tags: (tagsOf.get(model.name) ?? []).map(({ key, value }) => ({ key, value })),
        aliases: (aliasesOf.get(model.name) ?? []).map(({ alias, version }) => ({ alias, version })),
        latest_versions: versionsOf.get(model.name) ?? [],
      },
    ]),
  );
  return names.flatMap((name) => loaded.get(name) ?? []);
}

/** One model; undefined when it does not exist. */
export async function findRegisteredModel(db: Database, project: bigint, name: string) {
  const [found] = await loadRegisteredModels(db, project, [name]);
  return found;
}

/** @returns whether the name was free. Of a repeated tag key the last value counts. */
export async function createRegisteredModel(
  db: Database,
  project: bigint,
  created: { name: string; description: string | undefined; tags: readonly { key: string; value: string }[] },
): Promise<boolean> {
  return transaction(db, async (tx) => {
    const time = now();
    const inserted = await tx
      .insertInto("registered_models")
      .values({
        project_id: project,
        name: created.name,
        creation_time: time,
        last_updated_time: time,
        description: created.description ?? null,
      })
      .onConflict((conflict) => conflict.doNothing())
      .returning("name")
      .executeTakeFirst();
    if (inserted === undefined) return false;
    const tags = [...new Map(created.tags.map((tag) => [tag.key, tag.value]))];
    if (tags.length > 0)
      await tx
        .insertInto("registered_model_tags")
        .values(tags.map(([key, value]) => ({ project_id: project, name: created.name, key, value })))
        .execute();
    return true;
  });
}

/** Sets or clears the description. @returns whether the model exists. */
export async function updateRegisteredModel(
  db: Database,
  project: bigint,
  name: string,
  description: string | null,
): Promise<boolean> {
  const updated = await db
    .updateTable("registered_models")
    .set({ description, last_updated_time: now() })
    .where("project_id", "=", project)
    .where("name", "=", name)
    .returning("name")
    .executeTakeFirst();
  return updated !== undefined;
}

/** Renames a model; versions, tags and aliases follow. Its own name is a name it may have. */
export async function renameRegisteredModel(
  db: Database,
  project: bigint,
  name: string,
  newName: string,
): Promise<"renamed" | "absent" | "taken"> {
  try {
    return await transaction(db, async (tx) => {
      const time = now();
      const renamed = await tx
        .updateTable("registered_models")
        .set({ name: newName, last_updated_time: time })
        .where("project_id", "=", project)
        .where("name", "=", name)
        .returning("name")
        .executeTakeFirst();
      if (renamed === undefined) return "absent";
      await tx
        .updateTable("model_versions")
        .set({ last_updated_time: time })
        .where("project_id", "=", project)
        .where("name", "=", newName)
        .execute();
      return "renamed";
    });
  } catch (error) {
    if (sqlState(error) === "23505") return "taken";
    throw error;
  }
}

/** Deletes a model with its versions, tags and aliases, for good. @returns whether it existed. */
export async function deleteRegisteredModel(db: Database, project: bigint, name: string): Promise<boolean> {
  const deleted = await db
    .deleteFrom("registered_models")
    .where("project_id", "=", project)
    .where("name", "=", name)
    .returning("name")
    .executeTakeFirst();
  return deleted !== undefined;
}

/** Sets a tag, over an earlier value. @returns whether the model exists. */
export async function setRegisteredModelTag(
  db: Database,
  project: bigint,
  name: string,
  tag: { key: string; value: string },
): Promise<boolean> {
  const set = await db
    .insertInto("registered_model_tags")
    .columns(["project_id", "name", "key", "value"])
    .expression((eb) =>
      eb
        .selectFrom("registered_models")
        .select((select) => [
          "project_id",
          "name",
          select.cast<string>(select.val(tag.key), "text").as("key"),
          select.cast<string>(select.val(tag.value), "text").as("value"),
        ])
        .where("project_id", "=", project)
        .where("name", "=", name),
    )
    .onConflict((conflict) =>
      conflict.columns(["project_id", "name", "key"]).doUpdateSet({ value: tag.value }),
    )
    .returning("key")
    .executeTakeFirst();
  return set !== undefined;
}

/** Removes a tag if it is there. @returns whether the model exists. */
export async function deleteRegisteredModelTag(
  db: Database,
  project: bigint,
  name: string,
  key: string,
): Promise<boolean> {
  const found = await db
    .with("deleted", (cte) =>
      cte
        .deleteFrom("registered_model_tags")
        .where("project_id", "=", project)
        .where("name", "=", name)
        .where("key", "=", key),
    )
    .selectFrom("registered_models")
    .select("name")
    .where("project_id", "=", project)
    .where("name", "=", name)
    .executeTakeFirst();
  return found !== undefined;
}
