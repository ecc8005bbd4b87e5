import type { MessageInitShape } from "@bufbuild/protobuf";
import type { HandlerContext, ServiceImpl } from "@connectrpc/connect";
import type { SessionService, ViewerProjectSchema, ViewerSchema } from "../../gen/loggia/v1/sessions_pb.js";
import { type Access, requirePermission, sees, type Visibility } from "../auth/access.ts";
import { credentialKey, secureKey } from "../auth/context-keys.ts";
import type { Action, Resource } from "../auth/permissions.ts";
import type { Principal } from "../auth/principal.ts";
import { clearSessionCookies, setSessionCookie } from "../auth/session-cookie.ts";
import { hashOf, hintOf, newToken } from "../auth/token.ts";
import { LoggiaError } from "../errors.ts";
import type { Database } from "../store/database.ts";
import { beginSession, endSession } from "../store/sessions.ts";
import { findToken } from "../store/tokens.ts";
import { findProjects } from "../store/visible-projects.ts";
import { audited } from "./audit-trail.ts";
import { caller, isAdministrator } from "./caller.ts";
import { given, milliseconds } from "./ci-job-messages.ts";
import { type Deps, usualPages } from "./deps.ts";
import { checkStorable } from "./names.ts";
import { sightOf, viewerOf } from "./project-sight.ts";

/** Signing in with a browser. The token comes as on every other call, so that guesses are limited and recorded alike. */
export const sessions = ({ db, pages = usualPages }: Pick<Deps, "db" | "pages">) =>
  ({
    async signIn(_req, ctx) {
      const { principal } = caller(ctx);
      if (principal.kind === "token" && principal.tokenKind !== "session") {
        if (principal.tokenKind === "ci")
          throw new LoggiaError("PERMISSION_DENIED", "The token of a CI job does not sign in anyone.");
        const session = newToken("session");
        const start = { token: principal.tokenId };
        const ends = await beginSession(
          db,
          { hash: hashOf(session), hint: hintOf(session), start, lifetime: pages.sessionLifetime },
          audited(ctx),
        );
        if (ends === undefined) throw new LoggiaError("CUSTOMER_UNAUTHORIZED", "The token has ended.");
        ctx.responseHeader.append("set-cookie", setSessionCookie(session, ends, ctx.values.get(secureKey)));
        return {
          viewer: { ...(await toViewer(db, ctx)), kind: "session", expiresAt: BigInt(ends.getTime()) },
        };
      }
      return { viewer: await toViewer(db, ctx) };
    },

    async signOut(_req, ctx) {
      const { principal } = caller(ctx);
      if (principal.kind === "token" && principal.tokenKind === "session")
        await endSession(db, principal.tokenId, audited(ctx));
      clearSession(ctx);
      return {};
    },

    async getViewer(req, ctx) {
      const { principal } = caller(ctx);
      const { version, isOpen, anonymousReads, oidc } = pages;
      const hasEnded = principal.kind === "anonymous" && ctx.values.get(credentialKey) !== undefined;
      if (hasEnded) clearSession(ctx);
      const seesProjects = principal.kind !== "anonymous" || anonymousReads;
      const project =
        req.project !== "" && seesProjects ? await projectOf(db, principal, req.project) : undefined;
      return {
        viewer: await toViewer(db, ctx),
        server: {
          version,
          isOpen,
          hasAnonymousReads: anonymousReads,
          ...(oidc !== undefined && { oidcSignInPath: oidc.signInPath, oidcLabel: oidc.label }),
        },
        ...(project !== undefined && { project }),
      };
    },
  }) satisfies Partial<ServiceImpl<typeof SessionService>>;

function clearSession(ctx: HandlerContext): void {
  for (const cookie of clearSessionCookies(ctx.values.get(secureKey)))
    ctx.responseHeader.append("set-cookie", cookie);
}

async function toViewer(db: Database, ctx: HandlerContext): Promise<MessageInitShape<typeof ViewerSchema>> {
  const { principal } = caller(ctx);
  const viewer = {
    name: "",
    isUser: false,
    isAdministrator: isAdministrator(ctx),
    scopes: [] as string[],
  };
  if (principal.kind !== "token") return { kind: principal.kind, ...viewer };
  const row = await findToken(db, principal.tokenId);
  return {
    ...viewer,
    kind: principal.tokenKind === "session" ? "session" : "token",
    name: principal.name,
    isUser: principal.userId !== undefined,
    scopes: [...principal.scopes],
    ...given({ boundProjectId: principal.projectId, expiresAt: milliseconds(row?.expires_at) }),
  };
}

async function projectOf(
  db: Database,
  principal: Principal,
  reference: string,
): Promise<MessageInitShape<typeof ViewerProjectSchema> | undefined> {
  checkStorable("project", reference);
  const [row] = await findProjects(db, viewerOf(principal), { reference, limit: 1 });
  if (row === undefined) return undefined;
  const { isSeen, role } = sightOf(principal, row);
  if (!isSeen || role === undefined) return undefined;
  const visibility = row.visibility as Visibility;
  const project = { id: row.project_id, visibility, archived: row.archived_at !== null };
  const may = (resource: Resource, action: Action) => allows({ principal, project, role }, resource, action);
  return {
    projectId: row.project_id,
    path: row.path,
    name: row.name,
    description: row.description,
    visibility,
    isArchived: project.archived,
    role,
    canWriteRuns: may("run", "write"),
    canWriteExperiments: may("experiment", "write"),
    canWriteArtifacts: may("artifact", "write"),
    canWriteRegistry: may("registry", "write"),
    canPurge: may("run", "purge"),
    canManageSettings: may("project", "manage"),
    canManageMembers: may("member", "own"),
    canManageTokens: may("token", "own"),
    canReadAudit: may("audit", "own"),
  };
}

function allows(access: Access, resource: Resource, action: Action): boolean {
  if (!sees(access, { resource, action })) return false;
  try {
    requirePermission(access, { resource, action }, "");
    return true;
  } catch {
    return false;
  }
}
