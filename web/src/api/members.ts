import { queryOptions } from "@tanstack/react-query";
import { type Member, MemberService, type User, UserService } from "../../../gen/loggia/v1/members_pb.js";
import { changed, everyPage } from "./changes.ts";
import { client } from "./transport.ts";

export type { Member, User };

/** GitLab's, the least first. */
export const roles = ["guest", "reporter", "developer", "maintainer", "owner"] as const;
export type Role = (typeof roles)[number];

export const membersQuery = (project: string) =>
  queryOptions({
    queryKey: ["members", project],
    queryFn: ({ signal }) =>
      everyPage(async (pageToken) => {
        const page = await client(MemberService, project).listMembers(
          { maxResults: 1000, pageToken },
          { signal },
        );
        return { rows: page.members, nextPageToken: page.nextPageToken };
      }),
  });

export const memberChanges = (project: string) => {
  const service = client(MemberService, project);
  const look = <T>(answer: Promise<T>) => changed(answer, ["members", project], ["access", project]);
  return {
    set: (username: string, role: Role) => look(service.setMember({ username, role })),
    remove: (username: string) => look(service.removeMember({ username })),
  };
};

/** All users of the server. */
export const usersQuery = queryOptions({
  queryKey: ["users"],
  queryFn: ({ signal }) =>
    everyPage(async (pageToken) => {
      const page = await client(UserService).listUsers({ maxResults: 1000, pageToken }, { signal });
      return { rows: page.users, nextPageToken: page.nextPageToken };
    }),
});

/** The changes to users, for administrators of the server. */
export const userChanges = () => {
  const service = client(UserService);
  const look = <T>(answer: Promise<T>) => changed(answer, ["users"]);
  return {
    create: (user: { username: string; name: string; isAdmin: boolean }) => look(service.createUser(user)),
    update: (user: { username: string; name: string; isAdmin: boolean }) => look(service.updateUser(user)),
    block: (username: string) => look(service.blockUser({ username })),
    unblock: (username: string) => look(service.unblockUser({ username })),
  };
};
