/** `loggia project …`. */
import { SettingError } from "../config.ts";
import { alreadyExists } from "../errors.ts";
import { checkDescription, checkPath, checkTitle } from "../services/account-names.ts";
import type { Database } from "../store/database.ts";
import {
  archiveProject,
  createProject,
  deleteProject,
  type ProjectRow,
  type ProjectSettings,
  updateProject,
} from "../store/projects.ts";
import { countPoints, findUsage } from "../store/usage.ts";
import { findProjects } from "../store/visible-projects.ts";
import type { Action, Given } from "./action.ts";
import { trackingUri } from "./address.ts";
import { confirm } from "./confirm.ts";
import { everyPage } from "./pages.ts";
import { addressed } from "./project-named.ts";
import { trail } from "./trail.ts";
import { bytes, count, days, oneOf, orNone, word } from "./values.ts";

export const create: Action = (given) => {
  const path = word(given);
  checkPath("path", path);
  const settings = { name: path.split("/").at(-1) ?? path, ...settingsOf(given) };
  return async ({ db, out }) => {
    const id = await createProject(db, path, { settings, trail });
    if (id === undefined) throw alreadyExists(`the project ${path} exists already`);
    const project = await addressed(db, String(id));
    out.one(fields(project), [
      `Made the project ${path}, number ${id}.`,
      `A token for it: loggia token create --project ${path} --role developer`,
    ]);
  };
};

export const list: Action =
  () =>
  async ({ db, out }) => {
    const projects = await everyPage(
      (after: string | undefined, limit) =>
        findProjects(db, { kind: "everyone" }, { ...(after !== undefined && { after }), limit }),
      (project) => project.path,
    );
    out.rows(
      projects.map(({ project_id, path, name, visibility, archived_at, created_at }) => ({
        project_id,
        path,
        name,
        visibility,
        created_at,
        archived_at,
      })),
      "There are no projects.",
    );
  };

export const show: Action =
  (given) =>
  async ({ db, out }) => {
    const project = await addressed(db, word(given));
    const [usage, metrics] = await Promise.all([
      findUsage(db, project.project_id),
      countPoints(db, project.project_id),
    ]);
    out.card({
      ...fields(project),
      runs: usage?.runs,
      deleted_runs: usage?.deletedRuns,
      metric_points: metrics.points,
      metric_points_estimated: metrics.isEstimate,
      artifact_bytes: usage?.artifactBytes,
      registered_models: usage?.registeredModels,
      tracking_uri: trackingUri(given.config, project.project_id),
    });
  };

export const set: Action = (given) => {
  const changes = settingsOf(given);
  if (Object.keys(changes).length === 0)
    throw new SettingError("say what to change; loggia help project set tells what there is");
  return async ({ db, out }) => {
    const project = await addressed(db, word(given));
    const changed = await updated(db, project, changes);
    out.card(fields(changed));
  };
};

export const rename: Action = (given) => {
  const path = word(given, 1);
  checkPath("path", path);
  return async ({ db, out }) => {
    const project = await addressed(db, word(given));
    const renamed = await updated(db, project, { path });
    out.one(
      fields(renamed),
      `${project.path} is ${path} now; its number is ${project.project_id} as before.`,
    );
  };
};

export const archive = archiving(true, (path) => `${path} is archived: it is read and no longer written.`);
export const unarchive = archiving(false, (path) => `${path} can be written again.`);

function archiving(archived: boolean, sentence: (path: string) => string): Action {
  return (given) =>
    async ({ db, out }) => {
      const { project_id, path } = await addressed(db, word(given));
      const project = await archiveProject(db, project_id, archived, trail);
      out.one(fields(project ?? (await addressed(db, path))), sentence(path));
    };
}

export const remove: Action =
  (given) =>
  async ({ db, out }) => {
    const { project_id, path } = await addressed(db, word(given));
    await confirm(given, `This deletes ${path} with everything in it, for good`, path);
    await deleteProject(db, project_id, trail);
    out.one(
      { project_id, path, deleted: true },
      `${path} is deleted. The server frees its space; without one, "loggia gc" does.`,
    );
  };

async function updated(
  db: Database,
  { project_id, path }: ProjectRow,
  changes: Parameters<typeof updateProject>[2],
): Promise<ProjectRow> {
  const project = await updateProject(db, project_id, changes, trail);
  if (project === "taken") throw alreadyExists(`the project ${changes.path} exists already`);
  return project ?? addressed(db, path);
}

function settingsOf(given: Given): Partial<ProjectSettings> {
  const { name, description, visibility } = given.values;
  if (name !== undefined) checkTitle("name", name);
  if (description !== undefined) checkDescription("description", description);
  const settings = {
    name,
    description,
    visibility:
      visibility === undefined
        ? undefined
        : oneOf("visibility", ["public", "members", "disabled"] as const, visibility),
    retention_days: orNone(given, "retention", days),
    quota_runs: orNone(given, "quota-runs", count),
    quota_points_per_minute: orNone(given, "quota-points", count),
    quota_artifact_bytes: orNone(given, "quota-artifacts", bytes),
  };
  return Object.fromEntries(
    Object.entries(settings).filter(([, value]) => value !== undefined),
  ) as Partial<ProjectSettings>;
}

const fields = (project: ProjectRow) => ({
  project_id: project.project_id,
  path: project.path,
  name: project.name,
  description: project.description,
  visibility: project.visibility,
  created_at: project.created_at,
  archived_at: project.archived_at,
  retention_days: project.retention_days,
  quota_runs: project.quota_runs,
  quota_points_per_minute: project.quota_points_per_minute,
  quota_artifact_bytes: project.quota_artifact_bytes,
});
