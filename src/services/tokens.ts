import type { ServiceImpl } from "@connectrpc/connect";
import type { TokenService } from "../../gen/loggia/v1/tokens_pb.js";
import { inProjects } from "../store/scope.ts";
import type { TokenRow } from "../store/tokens.ts";
import { findToken, listTokens } from "../store/tokens.ts";
import { checkTitle } from "./account-names.ts";
import { caller } from "./caller.ts";
import { project, required } from "./context.ts";
import type { Deps } from "./deps.ts";
import { listPage } from "./listings.ts";
import { requiredRole } from "./role-parameter.ts";
import { makeToken, revokeToken, rotateToken } from "./token-changes.ts";
import { toToken } from "./token-messages.ts";
import { scopesOf } from "./token-terms.ts";

/** The tokens of a project, and what a token is told of itself. */
export const tokens = ({ db }: Deps) =>
  ({
    async getCurrentToken(_req, ctx) {
      const { principal } = caller(ctx);
      if (principal.kind !== "token") return { isAdmin: principal.kind === "local" };
      const row = await inProjects("all", () => findToken(db, principal.tokenId));
      return { isAdmin: principal.isAdmin, ...(row && { token: toToken(row) }) };
    },

    async createToken(req, ctx) {
      const name = required(req, "name");
      checkTitle("name", name);
      return makeToken(db, ctx, caller(ctx).role, {
        kind: "project",
        name,
        role: requiredRole(req.role),
        scopes: scopesOf(req.scopes),
        project: project(ctx),
        expiresAt: req.expiresAt,
        neverExpires: req.neverExpires,
      });
    },

    async listTokens(req, ctx) {
      const holder = { project: project(ctx) };
      const { rows, token } = await listPage(db, req, {
        about: ["tokens/list", holder.project, req.includeInactive],
        key: (row: TokenRow) => row.token_id,
        find: ({ after, limit }) =>
          listTokens(db, holder, {
            inactive: req.includeInactive,
            limit,
            ...(after !== undefined && { before: after }),
          }),
      });
      return { tokens: rows.map(toToken), ...token };
    },

    async revokeToken(req, ctx) {
      await revokeToken(db, ctx, { project: project(ctx) }, req.tokenId);
      return {};
    },

    async rotateToken(req, ctx) {
      return rotateToken(db, ctx, caller(ctx).role, { project: project(ctx) }, req);
    },
  }) satisfies Partial<ServiceImpl<typeof TokenService>>;
