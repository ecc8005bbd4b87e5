import type { Database } from "./database.ts";
import { transaction } from "./database.ts";

/** The project of local mode and of a bare tracking URI. */
export const defaultProjectPath = "default";

/**
 * Makes a project with its `Default` experiment (id 0), as an empty MLflow server has one (behaviour.md §5).
 * @param path `group/sub/name`, unique.
 * @returns its id, or undefined when the path is taken.
 */
export async function createProject(db: Database, path: string): Promise<bigint | undefined> {
  return transaction(db, async (tx) => {
    const created = await tx
      .insertInto("projects")
      .values({ path })
      .onConflict((conflict) => conflict.column("path").doNothing())
      .returning("project_id")
      .executeTakeFirst();
    if (created === undefined) return undefined;
    const { project_id } = created;
    await tx
      .insertInto("counters")
      .values([
        { project_id, name: "experiment", value: 0n },
        { project_id, name: "run", value: 0n },
      ])
      .execute();
    const now = BigInt(Date.now());
    await tx
      .insertInto("experiments")
      .values({
        project_id,
        experiment_id: 0n,
        name: "Default",
        artifact_location: "mlflow-artifacts:/0",
        creation_time: now,
        last_update_time: now,
      })
      .execute();
    return project_id;
  });
}

/** The id of the project with this numeric id or path; undefined when there is none. */
export async function findProject(db: Database, reference: string): Promise<bigint | undefined> {
  const found = await db
    .selectFrom("projects")
    .select("project_id")
    .where((eb) =>
      /^\d{1,18}$/.test(reference) ? eb("project_id", "=", BigInt(reference)) : eb("path", "=", reference),
    )
    .executeTakeFirst();
  return found?.project_id;
}
