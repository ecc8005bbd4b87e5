import { type SqlBool, sql } from "kysely";
import { type Database, transaction } from "./database.ts";
import { isHeldModel } from "./held.ts";
import { unhurried } from "./purge-part.ts";

/** `deletedBefore`: days since the deletion, at least. `experiment` and `all` do not ask whether a model is deleted. */
export type ModelSelection = { deletedBefore: number } | { experiment: bigint } | { all: true };

/** Up to `most` logged models that are to be purged. */
export async function nextModels(
  db: Database,
  project: bigint,
  selection: ModelSelection,
  most: number,
): Promise<{ modelId: string; artifactUri: string }[]> {
  const { rows } = await sql<{ model_id: string; artifact_uri: string }>`
    select model_id, artifact_uri from logged_models
    where ${isSelected(project, selection)}
    limit ${most}`.execute(db);
  return rows.map((row) => ({ modelId: row.model_id, artifactUri: row.artifact_uri }));
}

/** How many logged models a selection by age would purge. */
export async function countModels(db: Database, project: bigint, days: number): Promise<number> {
  const { rows } = await sql<{ count: bigint }>`
    select count(*) as count from logged_models
    where ${isSelected(project, { deletedBefore: days })}`.execute(db);
  return Number(rows[0]?.count ?? 0n);
}

function isSelected(project: bigint, selection: ModelSelection) {
  const own = sql<SqlBool>`logged_models.project_id = ${project}`;
  if ("experiment" in selection) return sql<SqlBool>`${own} and experiment_id = ${selection.experiment}`;
  if ("all" in selection) return own;
  // A deleted model is not changed any more, so its last update was its deletion.
  return sql<SqlBool>`${own} and lifecycle_stage = 'deleted'
    and last_updated_time
      <= (extract(epoch from now() - make_interval(days => ${selection.deletedBefore}::int)) * 1000)::bigint
    and not ${isHeldModel}`;
}

/** Removes a logged model with all that belongs to it, but for its artifacts, which have to be gone. */
export function removeModel(db: Database, project: bigint, modelId: string): Promise<void> {
  return transaction(db, async (tx) => {
    await unhurried(tx);
    await sql`
      with link as (
        delete from run_models where project_id = ${project} and model_id = ${modelId}
      )
      delete from logged_models where project_id = ${project} and model_id = ${modelId}`.execute(tx);
  });
}
