import { type Selectable, type SqlBool, sql, type Transaction } from "kysely";
import type { DB, ModelVersions } from "../../gen/db.ts";
import { type Database, transaction } from "./database.ts";
import type { KeyValue } from "./run-data.ts";

/** The four stages of MLflow 1.28 (behaviour.md §11). */
export type Stage = Selectable<ModelVersions>["current_stage"];

export interface ModelVersion extends Omit<Selectable<ModelVersions>, "project_id"> {
  /** By key. */
  tags: KeyValue[];
  /** In order. */
  aliases: string[];
}

export interface NewModelVersion {
  name: string;
  source: string;
  /** Where the files are, when the source does not say it. */
  location: string | null;
  runId: string;
  runLink: string;
  description: string;
  modelId: string | null;
  /** Their keys are distinct. */
  tags: readonly KeyValue[];
}

/** Milliseconds since the epoch. */
const now = () => BigInt(Date.now());

/** The versions with these keys, in this order, with their tags and aliases; those that do not exist are left out. */
export async function loadModelVersions(
  db: Database,
  project: bigint,
  keys: readonly { name: string; version: bigint }[],
): Promise<ModelVersion[]> {
  if (keys.length === 0) return [];
  const wanted = sql<SqlBool>`project_id = ${project} and (name, version) in (
    select * from unnest(${keys.map((key) => key.name)}::text[], ${keys.map((key) => key.version)}::bigint[]))`;
  const [versions, tags, aliases] = await Promise.all([
    db.selectFrom("model_versions").selectAll().where(wanted).execute(),
    db.selectFrom("model_version_tags").selectAll().where(wanted).orderBy("key").execute(),
    db.selectFrom("registered_model_aliases").selectAll().where(wanted).orderBy("alias").execute(),
  ]);
  const id = (row: { name: string; version: bigint }) => `${row.version} ${row.name}`;
  const tagsOf = Map.groupBy(tags, id);
  const aliasesOf = Map.groupBy(aliases, id);
  const found = new Map(versions.map((version) => [id(version), version]));
  return keys.flatMap((key) => {
    const version = found.get(id(key));
    if (version === undefined) return [];
    return {
      ...version,
      tags: (tagsOf.get(id(key)) ?? []).map(({ key, value }) => ({ key, value })),
      aliases: (aliasesOf.get(id(key)) ?? []).map(({ alias }) => alias),
    };
  });
}

/** One version; undefined when it does not exist. */
export async function findModelVersion(
  db: Database,
  project: bigint,
  name: string,
  version: bigint,
): Promise<ModelVersion | undefined> {
  const [found] = await loadModelVersions(db, project, [{ name, version }]);
  return found;
}

/** The greatest version of each stage of the models, as keys for loadModelVersions. */
export function latestVersions(
  db: Database,
  project: bigint,
  names: readonly string[],
): Promise<{ name: string; version: bigint }[]> {
  return db
    .selectFrom("model_versions")
    .select(["name", "version"])
    .distinctOn(["name", "current_stage"])
    .where("project_id", "=", project)
    .where("name", "=", (eb) => eb.fn.any(eb.val(names)))
    .orderBy("name")
    .orderBy("current_stage")
    .orderBy("version", "desc")
    .execute();
}

/**
 * Adds a version under the next number, which no earlier version ever had.
 * @returns the number, or undefined when the model does not exist.
 */
export function createModelVersion(
  db: Database,
  project: bigint,
  { name, source, location, runId, runLink, description, modelId, tags }: NewModelVersion,
): Promise<bigint | undefined> {
  return transaction(db, async (tx) => {
    const time = now();
    const model = await tx
      .updateTable("registered_models")
      .set((eb) => ({ last_version: eb("last_version", "+", 1n), last_updated_time: time }))
      .where((eb) => eb.and({ project_id: project, name }))
      .returning("last_version as version")
      .executeTakeFirst();
    if (model === undefined) return undefined;
    const key = { project_id: project, name, version: model.version };
    await tx
      .insertInto("model_versions")
      .values({
        ...key,
        creation_time: time,
        last_updated_time: time,
        description,
        source,
        location,
        run_id: runId,
        run_link: runLink,
        model_id: modelId,
      })
      .execute();
    if (tags.length > 0)
      await tx
        .insertInto("model_version_tags")
        .values(tags.map((tag) => ({ ...key, ...tag })))
        .execute();
    return model.version;
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
    .where((eb) => eb.and({ project_id: project, name, version }))
    .returning("version")
    .executeTakeFirst();
  return updated !== undefined;
}

/**
 * Moves a version to a stage and, when asked, every other version of that stage to `Archived`.
 * @returns whether the version exists.
 */
export function transitionModelVersion(
  db: Database,
  project: bigint,
  name: string,
  version: bigint,
  { stage, archiveOthers }: { stage: Stage; archiveOthers: boolean },
): Promise<boolean> {
  return changeVersion(db, project, name, async (tx, time) => {
    const moved = await tx
      .updateTable("model_versions")
      .set({ current_stage: stage, last_updated_time: time })
      .where((eb) => eb.and({ project_id: project, name, version }))
      .returning("version")
      .executeTakeFirst();
    if (moved !== undefined && archiveOthers)
      await tx
        .updateTable("model_versions")
        .set({ current_stage: "Archived", last_updated_time: time })
        .where((eb) => eb.and({ project_id: project, name, current_stage: stage }))
        .where("version", "!=", version)
        .execute();
    return moved !== undefined;
  });
}

/** Deletes a version with its tags and aliases; its number is not used again. @returns whether it existed. */
export function deleteModelVersion(
  db: Database,
  project: bigint,
  name: string,
  version: bigint,
): Promise<boolean> {
  return changeVersion(db, project, name, async (tx) => {
    const deleted = await tx
      .deleteFrom("model_versions")
      .where((eb) => eb.and({ project_id: project, name, version }))
      .returning("version")
      .executeTakeFirst();
    return deleted !== undefined;
  });
}

/**
 * Changes versions of one model, which counts as a change of the model. Such changes come one after another, also to
 * different versions, so that two that archive each other's version leave one.
 * @param change at which time it happens, in milliseconds; @returns whether it found its version.
 */
function changeVersion(
  db: Database,
  project: bigint,
  name: string,
  change: (tx: Transaction<DB>, time: bigint) => Promise<boolean>,
): Promise<boolean> {
  return transaction(db, async (tx) => {
    await tx
      .selectFrom("registered_models")
      .select("name")
      .where((eb) => eb.and({ project_id: project, name }))
      .forNoKeyUpdate()
      .execute();
    const time = now();
    if (!(await change(tx, time))) return false;
    await tx
      .updateTable("registered_models")
      .set({ last_updated_time: time })
      .where((eb) => eb.and({ project_id: project, name }))
      .execute();
    return true;
  });
}
