import type { HandlerContext } from "@connectrpc/connect";
import { type Access, requirePermission } from "../auth/access.ts";
import { accessKey } from "../auth/context-keys.ts";
import { allows } from "../auth/scopes.ts";
import { LoggiaError } from "../errors.ts";

/** Who makes a call, and what they are where they call. @throws PERMISSION_DENIED when nobody found out */
export function caller(ctx: HandlerContext): Access {
  const access = ctx.values.get(accessKey);
  if (access === undefined) throw new LoggiaError("PERMISSION_DENIED", "Permission denied.");
  return access;
}

/** Whether a part of a call that is for administrators of the server is for the caller. */
export function isAdministrator(ctx: HandlerContext): boolean {
  const { principal } = caller(ctx);
  if (principal.kind !== "token") return principal.kind === "local";
  return principal.isAdmin && allows(principal.scopes, "server", "admin");
}

/** For a part of a call that is for administrators of the server. @throws PERMISSION_DENIED */
export const requireAdministrator = (ctx: HandlerContext, what: string): void =>
  requirePermission(caller(ctx), { resource: "server", action: "admin" }, what);

/** For a part of a call that is for owners of the project that it is about. @throws PERMISSION_DENIED */
export const requireOwner = (ctx: HandlerContext, what: string): void =>
  requirePermission(caller(ctx), { resource: "project", action: "own" }, what);

/** Who calls: a username, or `token <name>`; "" when nobody had to say who they are. */
export function callerName(ctx: HandlerContext): string {
  const { principal } = caller(ctx);
  return principal.kind === "token" ? principal.name : "";
}
