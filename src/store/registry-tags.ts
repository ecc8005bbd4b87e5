import type { Database } from "./database.ts";
import { sqlState } from "./postgres-errors.ts";
import type { KeyValue } from "./run-data.ts";

/** Sets a tag of a model, over an earlier value. @returns whether the model exists. */
export function setRegisteredModelTag(
  db: Database,
  project: bigint,
  name: string,
  { key, value }: KeyValue,
): Promise<boolean> {
  return refersToARow(
    db
      .insertInto("registered_model_tags")
      .values({ project_id: project, name, key, value })
      .onConflict((conflict) => conflict.columns(["project_id", "name", "key"]).doUpdateSet({ value }))
      .execute(),
  );
}

/** Removes a tag of a model if it is there. @returns whether the model exists. */
export async function deleteRegisteredModelTag(
  db: Database,
  project: bigint,
  name: string,
  key: string,
): Promise<boolean> {
  const model = await db
    .with("gone", (cte) =>
      cte.deleteFrom("registered_model_tags").where((eb) => eb.and({ project_id: project, name, key })),
    )
    .selectFrom("registered_models")
    .select("name")
    .where((eb) => eb.and({ project_id: project, name }))
    .executeTakeFirst();
  return model !== undefined;
}

/** Sets a tag of a version, over an earlier value. @returns whether the version exists. */
export function setModelVersionTag(
  db: Database,
  project: bigint,
  name: string,
  version: bigint,
  { key, value }: KeyValue,
): Promise<boolean> {
  return refersToARow(
    db
      .insertInto("model_version_tags")
      .values({ project_id: project, name, version, key, value })
      .onConflict((conflict) =>
        conflict.columns(["project_id", "name", "version", "key"]).doUpdateSet({ value }),
      )
      .execute(),
  );
}

/** Removes a tag of a version if it is there. @returns whether the version exists. */
export async function deleteModelVersionTag(
  db: Database,
  project: bigint,
  name: string,
  version: bigint,
  key: string,
): Promise<boolean> {
  const found = await db
    .with("gone", (cte) =>
      cte.deleteFrom("model_version_tags").where((eb) => eb.and({ project_id: project, name, version, key })),
    )
    .selectFrom("model_versions")
    .select("version")
    .where((eb) => eb.and({ project_id: project, name, version }))
    .executeTakeFirst();
  return found !== undefined;
}

/** Whether what an insert refers to was there: its foreign key says so, also when that is deleted at the same moment. */
async function refersToARow(insert: Promise<unknown>): Promise<boolean> {
  try {
    await insert;
    return true;
  } catch (error) {
    if (sqlState(error) === "23503") return false;
    throw error;
  }
}
