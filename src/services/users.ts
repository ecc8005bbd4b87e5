import type { HandlerContext, ServiceImpl } from "@connectrpc/connect";
import type { UserService } from "../../gen/loggia/v1/members_pb.js";
import { alreadyExists, invalid, notFound } from "../errors.ts";
import { inProjects } from "../store/scope.ts";
import * as store from "../store/users.ts";
import { checkTitle, checkUsername } from "./account-names.ts";
import { audited } from "./audit-trail.ts";
import { caller } from "./caller.ts";
import { required } from "./context.ts";
import type { Deps } from "./deps.ts";
import { listPage } from "./listings.ts";

/** Users, who are of the whole server; so are the events of what becomes of them. */
export const users = ({ db }: Deps) => {
  const change = async (ctx: HandlerContext, username: string, changes: store.UserChanges) => {
    checkUsername("username", username);
    const row = await inProjects("all", () => store.updateUser(db, username, changes, audited(ctx)));
    if (row === undefined) throw absentUser(username);
    return { user: toUser(row) };
  };

  return {
    async createUser(req, ctx) {
      const username = required(req, "username");
      checkUsername("username", username);
      checkTitle("name", req.name);
      const { name, isAdmin } = req;
      const user = { username, name, isAdmin };
      const row = await inProjects("all", () => store.createUser(db, user, audited(ctx)));
      if (row === undefined) throw alreadyExists(`User(username=${username}) already exists.`);
      return { user: toUser(row) };
    },

    async listUsers(req) {
      const { rows, token } = await listPage(db, req, {
        about: ["users/list"],
        key: (row: store.UserRow) => row.username,
        find: (place) => store.listUsers(db, place),
      });
      return { users: rows.map(toUser), ...token };
    },

    async updateUser(req, ctx) {
      const username = required(req, "username");
      const { name, isAdmin } = req;
      if (name !== undefined) checkTitle("name", name);
      if (isAdmin === false && isCaller(ctx, username))
        throw invalid("You cannot take the administration of the server from yourself.");
      return change(ctx, username, {
        ...(name !== undefined && { name }),
        ...(isAdmin !== undefined && { isAdmin }),
      });
    },

    async blockUser(req, ctx) {
      const username = required(req, "username");
      if (isCaller(ctx, username)) throw invalid("You cannot block yourself.");
      return change(ctx, username, { blocked: true });
    },

    async unblockUser(req, ctx) {
      return change(ctx, required(req, "username"), { blocked: false });
    },
  } satisfies Partial<ServiceImpl<typeof UserService>>;
};

export const absentUser = (username: string) => notFound(`User with username=${username} not found`);

function isCaller(ctx: HandlerContext, username: string): boolean {
  const { principal } = caller(ctx);
  return (
    principal.kind === "token" &&
    principal.userId !== undefined &&
    principal.name.toLowerCase() === username.toLowerCase()
  );
}

const toUser = (row: store.UserRow) => ({
  username: row.username,
  name: row.name,
  isAdmin: row.is_admin,
  createdAt: BigInt(row.created_at.getTime()),
  ...(row.blocked_at !== null && { blockedAt: BigInt(row.blocked_at.getTime()) }),
});
