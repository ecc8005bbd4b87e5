/** `loggia member …`: who may do what in a project. */
import { LoggiaError, notFound } from "../errors.ts";
import { checkUsername } from "../services/account-names.ts";
import { listMembers, type MemberRow, removeMember, setMember } from "../store/members.ts";
import { findUser } from "../store/users.ts";
import type { Action } from "./action.ts";
import { shown } from "./output.ts";
import { everyPage } from "./pages.ts";
import { addressed } from "./project-named.ts";
import { trail } from "./trail.ts";
import { needed, roleOf, word } from "./values.ts";

export const add: Action = (given) => {
  const username = word(given);
  checkUsername("username", username);
  const role = roleOf(needed(given, "role", "ROLE"));
  const reference = needed(given, "project", "PROJECT");
  return async ({ db, out }) => {
    const project = await addressed(db, reference);
    const known = await findUser(db, username);
    const member = await setMember(db, project.project_id, { username, role }, trail);
    if (member === undefined) throw notFound(`there is no project ${shown(reference)}`);
    if (member === "last owner") throw lastOwner(username, project.path);
    out.one({ project: project.path, ...fields(member) }, [
      ...(known === undefined ? [`Made the user ${member.username}, whom nobody had named before.`] : []),
      `${member.username} is ${member.role} in ${project.path}.`,
    ]);
  };
};

export const list: Action = (given) => {
  const reference = needed(given, "project", "PROJECT");
  return async ({ db, out }) => {
    const project = await addressed(db, reference);
    const members = await everyPage(
      (after: string | undefined, limit) => listMembers(db, project.project_id, { ...at(after), limit }),
      (member) => member.username,
    );
    out.rows(members.map(fields), `${project.path} has no members.`);
  };
};

export const remove: Action = (given) => {
  const username = word(given);
  const reference = needed(given, "project", "PROJECT");
  return async ({ db, out }) => {
    const project = await addressed(db, reference);
    const what = await removeMember(db, project.project_id, username, trail);
    if (what === "absent") throw notFound(`${shown(username)} is no member of ${project.path}`);
    if (what === "last owner") throw lastOwner(username, project.path);
    out.one(
      { project: project.path, username, removed: true },
      `${shown(username)} is no member of ${project.path} any more.`,
    );
  };
};

const at = (after: string | undefined) => (after === undefined ? {} : { after });

const lastOwner = (username: string, path: string) =>
  new LoggiaError(
    "BAD_REQUEST",
    `${username} is the last owner of ${path}: make someone else an owner first (loggia member add USERNAME --project ${path} --role owner)`,
  );

const fields = ({ username, name, role, created_at, blocked_at }: MemberRow) => ({
  username,
  name,
  role,
  since: created_at,
  blocked: blocked_at !== null,
});
