/** `loggia user …`: people, who have no password: what they do, they do with tokens. */
import { alreadyExists, notFound } from "../errors.ts";
import { checkTitle, checkUsername } from "../services/account-names.ts";
import { createUser, listUsers, type UserChanges, type UserRow, updateUser } from "../store/users.ts";
import type { Action } from "./action.ts";
import { shown } from "./output.ts";
import { everyPage } from "./pages.ts";
import { trail } from "./trail.ts";
import { word } from "./values.ts";

export const create: Action = (given) => {
  const username = word(given);
  const { name = "" } = given.values;
  checkUsername("username", username);
  checkTitle("name", name);
  const isAdmin = given.switches.has("admin");
  return async ({ db, out }) => {
    const user = await createUser(db, { username, name, isAdmin }, trail);
    if (user === undefined) throw alreadyExists(`the user ${username} exists already`);
    const admin = isAdmin ? ", who administers the server" : "";
    out.one(fields(user), [
      `Made the user ${user.username}${admin}.`,
      `A token for them: loggia token create --user ${user.username}`,
    ]);
  };
};

export const list: Action =
  () =>
  async ({ db, out }) => {
    const users = await everyPage(
      (after: string | undefined, limit) => listUsers(db, { ...(after !== undefined && { after }), limit }),
      (user) => user.username,
    );
    out.rows(users.map(fields), "There are no users.");
  };

export const block = changing(
  () => ({ blocked: true }),
  (name) => `${name} is blocked: their tokens are refused.`,
);

export const unblock = changing(
  () => ({ blocked: false }),
  (name) => `The tokens of ${name} are accepted again.`,
);

export const admin = changing(
  (switches) => ({ isAdmin: !switches.has("off") }),
  (name, { is_admin }) => `${name} ${is_admin ? "administers" : "no longer administers"} the server.`,
);

function changing(
  changes: (switches: ReadonlySet<string>) => UserChanges,
  sentence: (name: string, user: UserRow) => string,
): Action {
  return (given) => {
    const username = word(given);
    return async ({ db, out }) => {
      const user = await updateUser(db, username, changes(given.switches), trail);
      if (user === undefined)
        throw notFound(`there is no user ${shown(username)}; "loggia user list" tells who there is`);
      out.one(fields(user), sentence(user.username, user));
    };
  };
}

const fields = ({ username, name, is_admin, created_at, blocked_at }: UserRow) => ({
  username,
  name,
  admin: is_admin,
  created_at,
  blocked_at,
});
