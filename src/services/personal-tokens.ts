import type { HandlerContext, ServiceImpl } from "@connectrpc/connect";
import type { TokenService } from "../../gen/loggia/v1/tokens_pb.js";
import { isRole, type Role } from "../auth/roles.ts";
import { LoggiaError } from "../errors.ts";
import type { Database } from "../store/database.ts";
import { inProjects } from "../store/scope.ts";
import { findToken, listTokens, type TokenHolder, type TokenRow } from "../store/tokens.ts";
import { findUser } from "../store/users.ts";
import { checkTitle, checkUsername } from "./account-names.ts";
import { caller, isAdministrator, requireAdministrator } from "./caller.ts";
import { missing, required } from "./context.ts";
import type { Deps } from "./deps.ts";
import { listPage } from "./listings.ts";
import { visibleProject } from "./project-sight.ts";
import { requiredRole } from "./role-parameter.ts";
import { makeToken, revokeToken, rotateToken } from "./token-changes.ts";
import { toToken } from "./token-messages.ts";
import { scopesOf } from "./token-terms.ts";
import { absentUser } from "./users.ts";

/** The tokens with which users act: each user's own, and for administrators everyone's. */
export const personalTokens = ({ db }: Deps) =>
  ({
    async createPersonalToken(req, ctx) {
      const name = required(req, "name");
      checkTitle("name", name);
      const username = nameOf(ctx, req.username, "Making a token for another user");
      const scopes = scopesOf(req.scopes);
      return inProjects("all", async () => {
        const limits = await limitsOf(db, ctx);
        const role = req.role === undefined ? limits.role : requiredRole(req.role);
        const project =
          req.project === undefined ? limits.project : await visibleProject(db, ctx, req.project);
        return makeToken(db, ctx, limits.role, {
          kind: "personal",
          name,
          username,
          scopes,
          role,
          project,
          expiresAt: req.expiresAt,
          neverExpires: req.neverExpires,
        });
      });
    },

    async listPersonalTokens(req, ctx) {
      const username = nameOf(ctx, req.username, "Listing the tokens of another user");
      const { includeInactive: inactive } = req;
      const user = await findUser(db, username);
      if (user === undefined) throw absentUser(username);
      const holder = { user: user.user_id, ...bound(ctx) };
      const { rows, token } = await inProjects("all", () =>
        listPage(db, req, {
          about: ["tokens/personal/list", holder, inactive],
          key: (row: TokenRow) => row.token_id,
          find: ({ after, limit }) =>
            listTokens(db, holder, { inactive, limit, ...(after !== undefined && { before: after }) }),
        }),
      );
      return { tokens: rows.map(toToken), ...token };
    },

    async revokePersonalToken(req, ctx) {
      await inProjects("all", () => revokeToken(db, ctx, holderOf(ctx), req.tokenId));
      return {};
    },

    async rotatePersonalToken(req, ctx) {
      return inProjects("all", async () => {
        const { role } = await limitsOf(db, ctx);
        return rotateToken(db, ctx, role, holderOf(ctx), req);
      });
    },
  }) satisfies Partial<ServiceImpl<typeof TokenService>>;

/** Whose tokens are meant. @throws PERMISSION_DENIED for those of others, unless the caller administers the server */
function nameOf(ctx: HandlerContext, given: string | undefined, what: string): string {
  const { principal } = caller(ctx);
  const own = principal.kind === "token" && principal.userId !== undefined ? principal.name : undefined;
  if (given === "") throw missing("username");
  const username = given ?? own;
  if (username === undefined) {
    if (isAdministrator(ctx)) throw missing("username");
    throw ofNobody();
  }
  if (username.toLowerCase() !== own?.toLowerCase()) requireAdministrator(ctx, what);
  checkUsername("username", username);
  return username;
}

/** Which tokens the caller may end. */
function holderOf(ctx: HandlerContext): TokenHolder {
  const { principal } = caller(ctx);
  if (isAdministrator(ctx)) return { user: "any" };
  if (principal.kind !== "token" || principal.userId === undefined) throw ofNobody();
  return { user: principal.userId, ...bound(ctx) };
}

const ofNobody = () =>
  new LoggiaError("PERMISSION_DENIED", "The token is no user's, and so has no personal tokens beside it.");

/** A token that is bound to a project sees those of its user that are bound to the same one. */
function bound(ctx: HandlerContext): { boundTo?: bigint } {
  const { principal } = caller(ctx);
  return principal.kind === "token" && principal.projectId !== undefined
    ? { boundTo: principal.projectId }
    : {};
}

/** What the caller's token is limited to, as it is stored: what follows from it is limited in the same way. */
async function limitsOf(
  db: Database,
  ctx: HandlerContext,
): Promise<{ role: Role | undefined; project: bigint | undefined }> {
  const { principal } = caller(ctx);
  if (principal.kind !== "token") return { role: undefined, project: undefined };
  const row = await findToken(db, principal.tokenId);
  if (row === undefined || row.revoked_at !== null)
    throw new LoggiaError("CUSTOMER_UNAUTHORIZED", "The token was revoked.");
  const role = row.role !== null && isRole(row.role) ? row.role : undefined;
  return { role, project: principal.projectId };
}
