import { LoggiaError, notFound } from "../errors.ts";
import { leastRole, type Permission, type Resource } from "./permissions.ts";
import type { CiClaims, Principal, TokenPrincipal } from "./principal.ts";
import { atLeast, isRole, lesser, type Role } from "./roles.ts";
import { allows, isScope } from "./scopes.ts";
import type { TokenKind } from "./token.ts";

/** Who sees a project's experiments: everyone with a token, its members, or nobody until it is switched on again. */
export type Visibility = "public" | "members" | "disabled";

/** The project that a call is about. */
export interface AddressedProject {
  id: bigint;
  visibility: Visibility;
  archived: boolean;
}

/** Who calls, and what they are in the project they address. */
export interface Access {
  principal: Principal;
  /** undefined when the project they address is not there. */
  project: AddressedProject | undefined;
  /** undefined when they have no part in it. */
  role: Role | undefined;
}

/** What is stored about a token, its holder, and the project addressed with it. */
export interface TokenFacts {
  token_id: bigint;
  kind: TokenKind;
  name: string;
  scopes: readonly string[];
  /** What the token may do at most. */
  role: string | null;
  /** The only project it is of use in. */
  bound_to: bigint | null;
  claims: unknown;
  expires_at: Date | null;
  revoked_at: Date | null;
  last_used_at: Date | null;
  user_id: bigint | null;
  username: string | null;
  is_admin: boolean | null;
  blocked_at: Date | null;
  project_id: bigint | null;
  visibility: string | null;
  archived_at: Date | null;
  /** The holder's, as a member of the project. */
  member_role: string | null;
}

/** Why a token that exists is of no use. */
export type Refusal = "revoked" | "expired" | "blocked";

/** @param now milliseconds since 1970. */
export function refusalOf(
  { revoked_at, expires_at, blocked_at }: Pick<TokenFacts, "revoked_at" | "expires_at" | "blocked_at">,
  now: number,
): Refusal | undefined {
  if (revoked_at !== null) return "revoked";
  if (expires_at !== null && expires_at.getTime() <= now) return "expired";
  return blocked_at === null ? undefined : "blocked";
}

/** What the holder of a good token is in the project addressed. */
export function accessOf(facts: TokenFacts): Access {
  const { project_id, visibility, archived_at } = facts;
  const project =
    project_id === null
      ? undefined
      : { id: project_id, visibility: visibility as Visibility, archived: archived_at !== null };
  return {
    principal: principalOf(facts),
    project,
    role: project === undefined ? undefined : roleOf(facts, project),
  };
}

function principalOf(facts: TokenFacts): TokenPrincipal {
  const { token_id, kind, name, username, user_id, is_admin, role, bound_to, claims } = facts;
  return {
    kind: "token",
    tokenId: token_id,
    tokenKind: kind,
    name: username ?? `token ${name}`,
    ...(user_id !== null && { userId: user_id }),
    // A token that is good for one project alone, or is to do less than its user, administers no server.
    isAdmin: is_admin === true && bound_to === null && (role === null || role === "owner"),
    ...(bound_to !== null && { projectId: bound_to }),
    scopes: new Set(facts.scopes.filter(isScope)),
    ...(claims !== null && { claims: claims as CiClaims }),
  };
}

/**
 * What the holder of a token is in a project; undefined: nothing. A token that is bound to a project is nobody in every other
 * one, be it public.
 */
export function roleOf(
  {
    kind,
    role,
    bound_to,
    is_admin,
    member_role,
  }: Pick<TokenFacts, "kind" | "role" | "bound_to" | "is_admin" | "member_role">,
  project: Pick<AddressedProject, "id" | "visibility">,
): Role | undefined {
  if (bound_to !== null && bound_to !== project.id) return undefined;
  const most = role !== null && isRole(role) ? role : undefined;
  const isOfNoUser = kind === "project" || kind === "ci" || (kind === "session" && is_admin === null);
  if (isOfNoUser) return most;
  const own =
    is_admin === true ? "owner" : member_role !== null && isRole(member_role) ? member_role : undefined;
  const held = own ?? (project.visibility === "public" ? "guest" : undefined);
  return held === undefined || most === undefined ? held : lesser(held, most);
}

/** Settings, which stay within reach when what the project holds is switched off or archived. */
const settings: ReadonlySet<Resource> = new Set(["project", "member", "token", "audit"]);

/** What is about people, and so not for everyone who passes by. */
const personal: ReadonlySet<Resource> = new Set(["member", "token", "audit"]);

/** Whether the caller may know of the project for this kind of call; else it answers like one that is not there. */
export function sees({ project, role }: Access, { resource }: Permission): boolean {
  if (project === undefined || role === undefined) return false;
  return project.visibility !== "disabled" || (settings.has(resource) && atLeast(role, "maintainer"));
}

/**
 * Decides whether a caller who sees the project may do what the call does.
 * @param operation the name of the RPC, for the message.
 * @throws LoggiaError PERMISSION_DENIED; CUSTOMER_UNAUTHORIZED when a token might change the answer
 */
export function requirePermission(access: Access, permission: Permission, operation: string): void {
  const { principal, project, role } = access;
  const { resource, action } = permission;
  if (action === "open") return;
  if (principal.kind === "token" && !allows(principal.scopes, resource, action))
    throw denied(`The scopes of this token do not include ${operation}.`);
  if (principal.kind === "anonymous" && (action !== "read" || personal.has(resource)))
    throw new LoggiaError("CUSTOMER_UNAUTHORIZED", `${operation} needs a token.`);
  if (action === "admin") {
    if (principal.kind === "local" || (principal.kind === "token" && principal.isAdmin)) return;
    throw denied(`${operation} is for administrators of the server.`);
  }
  if (resource === "server") return;
  const needed = leastRole[action];
  if (!atLeast(role, needed))
    throw denied(`${operation} needs the role ${needed} in this project; this token has ${role ?? "none"}.`);
  if (project?.archived && action !== "read" && !settings.has(resource))
    throw denied("This project is archived: it can be read, and not be changed until it is restored.");
}

const denied = (message: string) => new LoggiaError("PERMISSION_DENIED", message);

/** The one answer for a project that is not there and for one that the caller may not know of. */
export const noProject = (reference: string) => notFound(`Project '${reference}' not found`);
