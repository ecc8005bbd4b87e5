import type { Database } from "./database.ts";
import { isReferredTo } from "./project-reference.ts";
import type { ProjectRow } from "./projects.ts";

/** Who looks for projects. */
export type Viewer =
  | { kind: "everyone" }
  | { kind: "anonymous" }
  /** A token, and with it its user. */
  | { kind: "token"; tokenId: bigint };

/** A project, and what makes up the viewer's role in it; a token's facts are as in auth/access.ts, null without a token. */
export interface SeenProject extends ProjectRow {
  kind: string | null;
  token_role: string | null;
  bound_to: bigint | null;
  is_admin: boolean | null;
  member_role: string | null;
}

export interface ProjectPage {
  /** The one project with this numeric id or path. */
  reference?: string;
  /** The path of the last project of the page before. */
  after?: string;
  /** Projects at most. */
  limit: number;
}

/**
 * Projects that are not deleted, by path: for a token those it is bound to, or else its user is a member of, or are public;
 * all for an administrator's and for `everyone`, the public ones without a token. Which of them a role is enough for, the caller decides.
 */
export function findProjects(
  db: Database,
  viewer: Viewer,
  { reference, after, limit }: ProjectPage,
): Promise<SeenProject[]> {
  const token = viewer.kind === "token" ? viewer.tokenId : null;
  return db
    .selectFrom("projects")
    .leftJoin("tokens", (join) => join.on("tokens.token_id", "=", token))
    .leftJoin("users", "users.user_id", "tokens.user_id")
    .leftJoin("members", (join) =>
      join
        .onRef("members.project_id", "=", "projects.project_id")
        .onRef("members.user_id", "=", "tokens.user_id"),
    )
    .selectAll("projects")
    .select([
      "tokens.kind",
      "tokens.role as token_role",
      "tokens.project_id as bound_to",
      "users.is_admin",
      "members.role as member_role",
    ])
    .where("projects.deleted_at", "is", null)
    .$if(reference !== undefined, (query) => query.where(isReferredTo(reference ?? "")))
    .$if(after !== undefined, (query) => query.where("projects.path", ">", after ?? ""))
    .$if(viewer.kind === "anonymous", (query) => query.where("projects.visibility", "=", "public"))
    .$if(token !== null, (query) =>
      query.where((eb) =>
        eb.and([
          eb.or([
            eb("tokens.project_id", "is", null),
            eb("tokens.project_id", "=", eb.ref("projects.project_id")),
          ]),
          eb.or([
            eb("tokens.user_id", "is", null),
            eb("users.is_admin", "=", true),
            eb("members.role", "is not", null),
            eb("projects.visibility", "=", "public"),
          ]),
        ]),
      ),
    )
    .orderBy("projects.path")
    .limit(limit)
    .execute();
}
