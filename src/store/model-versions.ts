import { type Selectable, sql } from "kysely";
import type { ModelVersions } from "../../gen/db.ts";
import { type Database, transaction } from "./database.ts";

/** The four stages of MLflow 1.28 (behaviour.md §11). */
export type Stage = Selectable<ModelVersions>["current_stage"];

export interface ModelVersion extends Omit<Selectable<ModelVersions>, "project_id"> {
  tags: { key: string; value: string }[];
  aliases: string[];
}

export interface NewModelVersion {
  name: string;
  source: string;
  runId: string;
  runLink: string;
  description: string | undefined;
  modelId: string | undefined;
  tags: readonly { key: string; value: string }[];
}

/** Milliseconds since the epoch. */
const now = () => BigInt(Date.now());

/** The versions that `where` picks, with their tags and aliases; ordered by `orderBy` or by name and version. */
export async function loadModelVersions(
  db: Database,
  project: bigint,
  keys: readonly { name: string; version: bigint }[],
): Promise<ModelVersion[]> {
  if (keys.length === 0) return [];
  const wanted = sql<boolean>`(name, version) in (
    select * from unnest(${keys.map((key) => key.name)}::text[], ${keys.map((key) => key.version)}::bigint[]))`;
  const [versions, tags, aliases] = await Promise.all([
    db.selectFrom("model_versions").selectAll().where("project_id", "=", project).where(wanted).execute(),
    db
      .selectFrom("model_version_tags")
      .selectAll()
      .where("project_id", "=", project)
      .where(wanted)
      .orderBy("key")
      .execute(),
    db
      .selectFrom("registered_model_aliases")
      .selectAll()
      .where("project_id", "=", project)
      .where(wanted)
      .orderBy("alias")
      .execute(),
  ]);
  const key = (row: { name: string; version: bigint }) => `${row.version} ${row.name}`;
  const tagsOf = Map.groupBy(tags, key);
  const aliasesOf = Map.groupBy(aliases, key);
  const loaded = new Map(
    versions.map((version) => [
      key(version),
      {
        ...version,
        tags: (tagsOf.get(key(version)) ?? []).map(({ key, value }) => ({ key, value })),
        aliases: (aliasesOf.get(key(version)) ?? []).map(({ alias }) => alias),
      },
    ]),
  );
  return keys.flatMap((wantedKey) => loaded.get(key(wantedKey)) ?? []);
}

/** One version; undefined when it does not exist. */
export async function findModelVersion(db: Database, project: bigint, name: string, version: bigint) {
  const [found] = await loadModelVersions(db, project, [{ name, version }]);
  return found;
}

/**
 * Adds a version under the next number, which no earlier version ever had.
 * @returns the number, or undefined when the model does not exist.
 */
export async function createModelVersion(
  db: Database,
  project: bigint,
  created: NewModelVersion,
): Promise<bigint | undefined> {
  return transaction(db, async (tx) => {
    const time = now();
    const model = await tx
      .updateTable("registered_models")
      .set((eb) => ({ last_version: eb("last_version", "+", 1n), last_updated_time: time }))
      .where("project_id", "=", project)
      .where("name", "=", created.name)
      .returning("last_version")
      .executeTakeFirst();
    if (model === undefined) return undefined;
    const version = model.last_version;
    await tx
      .insertInto("model_versions")
      .values({
        project_id: project,
        name: created.name,
        version,
        creation_time: time,
        last_updated_time: time,
        description: created.description ?? null,
        source: created.source,
        run_id: created.runId,
        run_link: created.runLink,
        model_id: created.modelId ?? null,
      })
      .execute();
    // The last of a repeated key wins, as in MLflow 1.28.
    const tags = [...new Map(created.tags.map((tag) => [tag.key, tag.value]))];
    if (tags.length > 0)
      await tx
        .insertInto("model_version_tags")
        .values(
          tags.map(([key, value]) => ({ project_id: project, name: created.name, version, key, value })),
        )
        .execute();
    return version;
  });
}

/** Sets or clears the description. @returns whether the version exists. */
export async function updateModelVersion(
  db: Database,
  project: bigint,
  name: string,
  version: bigint,
  description: string | null,
): Promise<boolean> {
  const updated = await db
    .updateTable("model_versions")
    .set({ description, last_updated_time: now() })
    .where("project_id", "=", project)
    .where("name", "=", name)
    .where("version", "=", version)
    .returning("version")
    .executeTakeFirst();
  return updated !== undefined;
}

/**
 * Moves a version to a stage and, when asked, every other version of that stage to `Archived`; the model's own time of
 * update follows. @returns whether the version exists.
 */
export async function transitionModelVersion(
  db: Database,
  project: bigint,
  name: string,
  version: bigint,
  stage: Stage,
  archiveOthers: boolean,
): Promise<boolean> {
  return transaction(db, async (tx) => {
    const time = now();
    // The model's row first: it orders concurrent transitions of one model, so two never archive each other.
    await tx
      .updateTable("registered_models")
      .set({ last_updated_time: time })
      .where("project_id", "=", project)
      .where("name", "=", name)
      .where((eb) =>
        eb.exists(
          eb
            .selectFrom("model_versions")
            .select("version")
            .where("project_id", "=", project)
            .where("name", "=", name)
            .where("version", "=", version),
        ),
      )
      .execute();
    const moved = await tx
      .updateTable("model_versions")
      .set({ current_stage: stage, last_updated_time: time })
      .where("project_id", "=", project)
      .where("name", "=", name)
      .where("version", "=", version)
      .returning("version")
      .executeTakeFirst();
    if (moved === undefined) return false;
    if (archiveOthers)
      await tx
        .updateTable("model_versions")
        .set({ current_stage: "Archived", last_updated_time: time })
        .where("project_id", "=", project)
        .where("name", "=", name)
        .where("current_stage", "=", stage)
        .where("version", "!=", version)
        .execute();
    return true;
  });
}

/** Deletes a version with its tags and aliases; its number is not used again. @returns whether it existed. */
export async function deleteModelVersion(
  db: Database,
  project: bigint,
  name: string,
  version: bigint,
): Promise<boolean> {
  return transaction(db, async (tx) => {
    const deleted = await tx
      .deleteFrom("model_versions")
      .where("project_id", "=", project)
      .where("name", "=", name)
      .where("version", "=", version)
      .returning("version")
      .executeTakeFirst();
    if (deleted === undefined) return false;
    await tx
      .updateTable("registered_models")
      .set({ last_updated_time: now() })
      .where("project_id", "=", project)
      .where("name", "=", name)
      .execute();
    return true;
  });
}

/** Sets a tag, over an earlier value. @returns whether the version exists. */
export async function setModelVersionTag(
  db: Database,
  project: bigint,
  name: string,
  version: bigint,
  tag: { key: string; value: string },
): Promise<boolean> {
  const set = await db
    .insertInto("model_version_tags")
    .columns(["project_id", "name", "version", "key", "value"])
    .expression((eb) =>
      eb
        .selectFrom("model_versions")
        .select((select) => [
          "project_id",
          "name",
          "version",
          select.cast<string>(select.val(tag.key), "text").as("key"),
          select.cast<string>(select.val(tag.value), "text").as("value"),
        ])
        .where("project_id", "=", project)
        .where("name", "=", name)
        .where("version", "=", version),
    )
    .onConflict((conflict) =>
      conflict.columns(["project_id", "name", "version", "key"]).doUpdateSet({ value: tag.value }),
    )
    .returning("key")
    .executeTakeFirst();
  return set !== undefined;
}

/** Removes a tag if it is there. @returns whether the version exists. */
export async function deleteModelVersionTag(
  db: Database,
  project: bigint,
  name: string,
  version: bigint,
  key: string,
): Promise<boolean> {
  const found = await db
    .with("deleted", (cte) =>
      cte
        .deleteFrom("model_version_tags")
        .where("project_id", "=", project)
        .where("name", "=", name)
        .where("version", "=", version)
        .where("key", "=", key),
    )
    .selectFrom("model_versions")
    .select("version")
    .where("project_id", "=", project)
    .where("name", "=", name)
    .where("version", "=", version)
    .executeTakeFirst();
  return found !== undefined;
}

/** The greatest version per stage of the models, deleted ones excluded, as keys for loadModelVersions. */
export async function latestVersions(
  db: Database,
  project: bigint,
  names: readonly string[],
): Promise<{ name: string; version: bigint; current_stage: Stage }[]> {
  return db
    .selectFrom("model_versions")
    .select(["name", "version", "current_stage"])
    .distinctOn(["name", "current_stage"])
    .where("project_id", "=", project)
    .where("name", "=", (eb) => eb.fn.any(eb.val(names)))
    .orderBy("name")
    .orderBy("current_stage")
    .orderBy("version", "desc")
    .execute();
}
