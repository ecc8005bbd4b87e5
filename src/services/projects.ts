import type { HandlerContext, ServiceImpl } from "@connectrpc/connect";
import type { ProjectService } from "../../gen/loggia/v1/projects_pb.js";
import { noProject } from "../auth/access.ts";
import { alreadyExists, invalid } from "../errors.ts";
import type { Database } from "../store/database.ts";
import * as store from "../store/projects.ts";
import { inProjects } from "../store/scope.ts";
import { findProjects, type SeenProject } from "../store/visible-projects.ts";
import { checkPath } from "./account-names.ts";
import { audited } from "./audit-trail.ts";
import { caller, requireAdministrator, requireOwner } from "./caller.ts";
import { project, required } from "./context.ts";
import type { Deps } from "./deps.ts";
import { listPage } from "./listings.ts";
import { toProject } from "./project-messages.ts";
import { setsQuota, settingsOf } from "./project-settings.ts";
import { sightOf, viewerOf } from "./project-sight.ts";
import { forgetQuotas } from "./quotas.ts";

/** Projects. What concerns none, or one that is not there yet, is looked up among all. */
export const projects = ({ db }: Deps) =>
  ({
    async createProject(req, ctx) {
      const path = required(req, "path");
      checkPath("path", path);
      const { principal } = caller(ctx);
      const settings = settingsOf(
        {
          ...req,
          name: req.name || (path.split("/").at(-1) ?? path),
          visibility: req.visibility || "members",
        },
        0,
      );
      const owner = principal.kind === "token" ? principal.userId : undefined;
      return inProjects("all", async () => {
        const id = await store.createProject(db, path, {
          settings,
          trail: audited(ctx),
          ...(owner !== undefined && { owner }),
        });
        if (id === undefined) throw pathTaken(path);
        return { project: toProject(found(await store.loadProject(db, id), String(id)), "owner") };
      });
    },

    async getProject(_req, ctx) {
      return { project: toProject(await addressed(db, ctx), caller(ctx).role) };
    },

    async listProjects(req, ctx) {
      const { principal } = caller(ctx);
      const viewer = viewerOf(principal);
      const { rows, token } = await inProjects("all", () =>
        listPage(db, req, {
          about: ["projects/list", viewer],
          key: (row: SeenProject) => row.path,
          find: (place) => findProjects(db, viewer, place),
        }),
      );
      const seen = rows.flatMap((row) => {
        const { isSeen, role } = sightOf(principal, row);
        return isSeen ? [toProject(row, role)] : [];
      });
      return { projects: seen, ...token };
    },

    async updateProject(req, ctx) {
      if (req.path !== undefined) requireOwner(ctx, "Giving a project another path");
      if (setsQuota(req)) requireAdministrator(ctx, "Setting quotas");
      const settings = settingsOf(req, -1);
      if (req.path !== undefined) {
        checkPath("path", req.path);
        const { path } = await addressed(db, ctx);
        if (groupOf(path) !== groupOf(req.path))
          requireAdministrator(ctx, "Moving a project to another group");
      }
      const changes = { ...settings, ...(req.path !== undefined && { path: req.path }) };
      const row = await store.updateProject(db, project(ctx), changes, audited(ctx));
      if (row === "taken") throw pathTaken(req.path ?? "");
      forgetQuotas(db);
      return { project: toProject(found(row, String(project(ctx))), caller(ctx).role) };
    },

    async archiveProject(_req, ctx) {
      const row = await store.archiveProject(db, project(ctx), true, audited(ctx));
      return { project: toProject(found(row, String(project(ctx))), caller(ctx).role) };
    },

    async unarchiveProject(_req, ctx) {
      const row = await store.archiveProject(db, project(ctx), false, audited(ctx));
      return { project: toProject(found(row, String(project(ctx))), caller(ctx).role) };
    },

    async deleteProject(req, ctx) {
      const path = required(req, "path");
      const row = await addressed(db, ctx);
      if (path !== row.path)
        throw invalid(
          `Invalid value for parameter 'path': it must be the path of the project that is to be deleted, '${row.path}'.`,
        );
      if (!(await store.deleteProject(db, project(ctx), audited(ctx)))) throw noProject(path);
      return {};
    },
  }) satisfies Partial<ServiceImpl<typeof ProjectService>>;

const pathTaken = (path: string) => alreadyExists(`Project(path=${path}) already exists.`);

const groupOf = (path: string) => path.slice(0, path.lastIndexOf("/") + 1).toLowerCase();

/** @throws RESOURCE_DOES_NOT_EXIST when it was deleted since the call was let through. */
const addressed = async (db: Database, ctx: HandlerContext): Promise<store.ProjectRow> =>
  found(await store.loadProject(db, project(ctx)), String(project(ctx)));

function found(row: store.ProjectRow | undefined, reference: string): store.ProjectRow {
  if (row === undefined) throw noProject(reference);
  return row;
}
