import type { ServiceImpl } from "@connectrpc/connect";
import type { MemberService } from "../../gen/loggia/v1/members_pb.js";
import { noProject } from "../auth/access.ts";
import { invalid, notFound } from "../errors.ts";
import * as store from "../store/members.ts";
import { checkUsername } from "./account-names.ts";
import { audited } from "./audit-trail.ts";
import { project, required } from "./context.ts";
import type { Deps } from "./deps.ts";
import { listPage } from "./listings.ts";
import { requiredRole } from "./role-parameter.ts";

/** Who has which part in a project. */
export const members = ({ db }: Deps) =>
  ({
    async listMembers(req, ctx) {
      const { rows, token } = await listPage(db, req, {
        about: ["members/list", project(ctx)],
        key: (row: store.MemberRow) => row.username,
        find: (place) => store.listMembers(db, project(ctx), place),
      });
      return { members: rows.map(toMember), ...token };
    },

    async setMember(req, ctx) {
      const username = required(req, "username");
      checkUsername("username", username);
      const role = requiredRole(req.role);
      const member = await store.setMember(db, project(ctx), { username, role }, audited(ctx));
      if (member === undefined) throw noProject(String(project(ctx)));
      if (member === "last owner") throw lastOwner(username);
      return { member: toMember(member) };
    },

    async removeMember(req, ctx) {
      const username = required(req, "username");
      checkUsername("username", username);
      const outcome = await store.removeMember(db, project(ctx), username, audited(ctx));
      if (outcome === "absent") throw notFound(`Member with username=${username} not found`);
      if (outcome === "last owner") throw lastOwner(username);
      return {};
    },
  }) satisfies Partial<ServiceImpl<typeof MemberService>>;

const lastOwner = (username: string) =>
  invalid(`'${username}' is the last owner of this project, and stays one until there is another.`);

const toMember = (row: store.MemberRow) => ({
  username: row.username,
  name: row.name,
  role: row.role,
  createdAt: BigInt(row.created_at.getTime()),
  blocked: row.blocked_at !== null,
});
