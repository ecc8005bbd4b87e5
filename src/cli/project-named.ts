import { notFound } from "../errors.ts";
import type { Database } from "../store/database.ts";
import { findProject, loadProject, type ProjectRow } from "../store/projects.ts";
import { shown } from "./output.ts";

/**
 * The project of a path or number.
 * @throws LoggiaError when there is none.
 */
export async function addressed(db: Database, reference: string): Promise<ProjectRow> {
  const id = await findProject(db, reference);
  const project = id === undefined ? undefined : await loadProject(db, id);
  if (project === undefined)
    throw notFound(`there is no project ${shown(reference)}; "loggia project list" tells which there are`);
  return project;
}
