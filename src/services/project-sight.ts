import type { HandlerContext } from "@connectrpc/connect";
import { noProject, roleOf, sees, type Visibility } from "../auth/access.ts";
import type { Principal } from "../auth/principal.ts";
import type { Role } from "../auth/roles.ts";
import type { TokenKind } from "../auth/token.ts";
import type { Database } from "../store/database.ts";
import { findProjects, type SeenProject, type Viewer } from "../store/visible-projects.ts";
import { caller } from "./caller.ts";
import { checkStorable } from "./names.ts";

/** Which projects a caller may know of where they address none: the same as where they address them. */

export function viewerOf(principal: Principal): Viewer {
  if (principal.kind === "token") return { kind: "token", tokenId: principal.tokenId };
  return { kind: principal.kind === "local" ? "everyone" : "anonymous" };
}

/** Whether the caller may know of the project, and what they are in it. */
export function sightOf(principal: Principal, row: SeenProject): { isSeen: boolean; role: Role | undefined } {
  const project = {
    id: row.project_id,
    visibility: row.visibility as Visibility,
    archived: row.archived_at !== null,
  };
  const role =
    principal.kind === "token"
      ? roleOf({ ...row, kind: row.kind as TokenKind, role: row.token_role }, project)
      : principal.kind === "local"
        ? "owner"
        : "guest";
  const isSeen = sees({ principal, project, role }, { resource: "project", action: "read" });
  return { isSeen, role };
}

/**
 * The id of the project that a parameter names, by a number or a path.
 * @throws RESOURCE_DOES_NOT_EXIST also when the caller may not know of it
 */
export async function visibleProject(db: Database, ctx: HandlerContext, reference: string): Promise<bigint> {
  checkStorable("project", reference);
  const { principal } = caller(ctx);
  const [row] = await findProjects(db, viewerOf(principal), { reference, limit: 1 });
  if (row === undefined || !sightOf(principal, row).isSeen) throw noProject(reference);
  return row.project_id;
}
