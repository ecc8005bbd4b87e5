import { type Selectable, type SqlBool, sql } from "kysely";
import type { RegisteredModels } from "../../gen/db.ts";
import { type Database, transaction } from "./database.ts";
import { latestVersions, loadModelVersions, type ModelVersion } from "./model-versions.ts";
import { sqlState } from "./postgres-errors.ts";
import type { KeyValue } from "./run-data.ts";

export interface RegisteredModel extends Omit<Selectable<RegisteredModels>, "project_id" | "last_version"> {
  /** By key. */
  tags: KeyValue[];
  /** By alias. */
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
  const wanted = sql<SqlBool>`project_id = ${project} and name = any(${names}::text[])`;
  const [models, tags, aliases, versions] = await Promise.all([
    db
      .selectFrom("registered_models")
      .select(["name", "creation_time", "last_updated_time", "description"])
      .where(wanted)
      .execute(),
    db
      .selectFrom("registered_model_tags")
      .select(["name", "key", "value"])
      .where(wanted)
      .orderBy("key")
      .execute(),
    db
      .selectFrom("registered_model_aliases")
      .select(["name", "alias", "version"])
      .where(wanted)
      .orderBy("alias")
      .execute(),
    latestVersions(db, project, names).then((keys) => loadModelVersions(db, project, keys)),
  ]);
  const tagsOf = Map.groupBy(tags, (tag) => tag.name);
  const aliasesOf = Map.groupBy(aliases, (alias) => alias.name);
  const versionsOf = Map.groupBy(versions, (version) => version.name);
  const found = new Map(models.map((model) => [model.name, model]));
  return names.flatMap((name) => {
    const model = found.get(name);
    if (model === undefined) return [];
    return {
      ...model,
      tags: (tagsOf.get(name) ?? []).map(({ key, value }) => ({ key, value })),
      aliases: (aliasesOf.get(name) ?? []).map(({ alias, version }) => ({ alias, version })),
      latest_versions: versionsOf.get(name) ?? [],
    };
  });
}

/** One model; undefined when it does not exist. */
export async function findRegisteredModel(
  db: Database,
  project: bigint,
  name: string,
): Promise<RegisteredModel | undefined> {
  const [found] = await loadRegisteredModels(db, project, [name]);
  return found;
}

/** Adds a model; the keys of its tags are distinct. @returns whether the name was free. */
export function createRegisteredModel(
  db: Database,
  project: bigint,
  { name, description, tags }: { name: string; description: string; tags: readonly KeyValue[] },
): Promise<boolean> {
  return transaction(db, async (tx) => {
    const time = now();
    const created = await tx
      .insertInto("registered_models")
      .values({ project_id: project, name, creation_time: time, last_updated_time: time, description })
      .onConflict((conflict) => conflict.doNothing())
      .returning("name")
      .executeTakeFirst();
    if (created === undefined) return false;
    if (tags.length > 0)
      await tx
        .insertInto("registered_model_tags")
        .values(tags.map((tag) => ({ project_id: project, name, ...tag })))
        .execute();
    return true;
  });
}

/** Sets the description; "" is none. @returns whether the model exists. */
export async function updateRegisteredModel(
  db: Database,
  project: bigint,
  name: string,
  description: string,
): Promise<boolean> {
  const updated = await db
    .updateTable("registered_models")
    .set({ description, last_updated_time: now() })
    .where((eb) => eb.and({ project_id: project, name }))
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
        .where((eb) => eb.and({ project_id: project, name }))
        .returning("name")
        .executeTakeFirst();
      if (renamed === undefined) return "absent";
      await tx
        .updateTable("model_versions")
        .set({ last_updated_time: time })
        .where((eb) => eb.and({ project_id: project, name: newName }))
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
    .where((eb) => eb.and({ project_id: project, name }))
    .returning("name")
    .executeTakeFirst();
  return deleted !== undefined;
}
