/** `loggia token …`: the secrets with which clients reach the server. Each is printed once, when it is made. */
import { hashOf, hintOf, newToken } from "../auth/token.ts";
import { SettingError } from "../config.ts";
import { LoggiaError, notFound } from "../errors.ts";
import { checkTitle, checkUsername } from "../services/account-names.ts";
import type { Database } from "../store/database.ts";
import { areTokensRequired } from "../store/token-requirement.ts";
import {
  createToken,
  findToken,
  listTokens,
  revokeToken,
  rotateToken,
  type TokenHolder,
  type TokenRow,
} from "../store/tokens.ts";
import { findUser } from "../store/users.ts";
import type { Action } from "./action.ts";
import { shown } from "./output.ts";
import { everyPage } from "./pages.ts";
import { addressed } from "./project-named.ts";
import { futureMoment } from "./times.ts";
import { fields, reveal } from "./token-output.ts";
import { trail } from "./trail.ts";
import { number, roleOf, scopesOf, word } from "./values.ts";

/** Days that a token may live at most, but for one that never expires; and lives when nothing else is said. */
const longest = 365;
const usual = "30d";

export const create: Action = (given) => {
  const { project: reference, user: username, role: roleText, scope = "api" } = given.values;
  const { name = `cli-${new Date().toISOString().slice(0, 10)}` } = given.values;
  if (reference === undefined && username === undefined)
    throw new SettingError(
      "say what the token is for: --project PROJECT --role ROLE, or --user USERNAME for a personal one",
    );
  if (username === undefined && roleText === undefined)
    throw new SettingError("a token of a project needs --role ROLE");
  if (username !== undefined) checkUsername("user", username);
  checkTitle("name", name);
  const role = roleText === undefined ? undefined : roleOf(roleText);
  const scopes = scopesOf(scope);
  const expiresAt = expiry(given.values.expires ?? usual);
  return async ({ db, out }) => {
    const project = reference === undefined ? undefined : await addressed(db, reference);
    const holder = username === undefined ? undefined : await findUser(db, username);
    if (holder !== undefined && holder.blocked_at !== null)
      throw new LoggiaError(
        "BAD_REQUEST",
        `${holder.username} is blocked, so the token would be refused: loggia user unblock ${holder.username}`,
      );
    const first = !(await areTokensRequired(db));
    const kind = username === undefined ? "project" : "personal";
    const secret = newToken(kind);
    const token = await createToken(
      db,
      {
        kind,
        hash: hashOf(secret),
        hint: hintOf(secret),
        name,
        scopes,
        ...(username !== undefined && { username }),
        ...(project !== undefined && { project: project.project_id }),
        ...(role !== undefined && { role }),
        ...(expiresAt !== undefined && { expiresAt }),
      },
      trail,
    );
    reveal(given, out, token, secret, [
      ...(username !== undefined && holder === undefined
        ? [`Made the user ${username}, whom nobody had named before.`]
        : []),
      ...(first
        ? ["It is the first one: a server that runs already asks for tokens from its next start on."]
        : []),
    ]);
  };
};

export const list: Action = (given) => {
  const { project: reference, user } = given.values;
  if (reference !== undefined && user !== undefined)
    throw new SettingError("list the tokens of a project or of a user: --project or --user, not both");
  return async ({ db, out }) => {
    const holder = await holderOf(db, reference, user);
    const inactive = given.switches.has("all");
    const tokens = await everyPage(
      (before: bigint | undefined, limit) =>
        listTokens(db, holder, { inactive, limit, ...(before !== undefined && { before }) }),
      (token) => token.token_id,
    );
    out.rows(tokens.map(fields), inactive ? "There are no tokens." : "There are no tokens in force.");
  };
};

export const revoke: Action = (given) => {
  const id = number(word(given), "a token");
  return async ({ db, out }) => {
    const token = await revokeToken(db, "anyone", id, trail);
    if (token === undefined) throw noToken(id);
    const sentence = token.revoked_at === null ? "is revoked" : "was revoked already";
    out.one(
      { token_id: id, name: token.name, revoked: true },
      `Token ${id} (${shown(token.name)}) ${sentence}.`,
    );
  };
};

export const rotate: Action = (given) => {
  const id = number(word(given), "a token");
  const expires = given.values.expires;
  const wanted = expires === undefined ? undefined : { at: expiry(expires) };
  return async ({ db, out }) => {
    const known = await findToken(db, id);
    if (known === undefined) throw noToken(id);
    if (known.kind !== "personal" && known.kind !== "project")
      throw new LoggiaError("BAD_REQUEST", `token ${id} is made by the server and not rotated`);
    const secret = newToken(known.kind);
    const token = await rotateToken(
      db,
      "anyone",
      id,
      (old) => {
        if (old.revoked_at !== null)
          throw new LoggiaError(
            "BAD_REQUEST",
            `token ${id} is revoked already; make another with "loggia token create"`,
          );
        return {
          hash: hashOf(secret),
          hint: hintOf(secret),
          expiresAt: wanted === undefined ? sameLife(old) : wanted.at,
        };
      },
      trail,
    );
    if (token === undefined) throw noToken(id);
    reveal(given, out, token, secret, [`It is in place of token ${id}, which is refused from now on.`]);
  };
};

function expiry(text: string): Date | undefined {
  if (text === "never") return undefined;
  const at = futureMoment("expires", text);
  if (at.getTime() > Date.now() + (longest + 1) * 86_400_000)
    throw new SettingError(
      `--expires may be ${longest}d ahead at most, or never, got ${JSON.stringify(text)}`,
    );
  return at;
}

const sameLife = ({ expires_at, created_at }: TokenRow) =>
  expires_at === null ? undefined : new Date(Date.now() + expires_at.getTime() - created_at.getTime());

async function holderOf(db: Database, reference?: string, username?: string): Promise<TokenHolder> {
  if (reference !== undefined) return { project: (await addressed(db, reference)).project_id };
  if (username === undefined) return "anyone";
  const user = await findUser(db, username);
  if (user === undefined) throw notFound(`there is no user ${shown(username)}`);
  return { user: user.user_id };
}

const noToken = (id: bigint) =>
  notFound(`there is no token ${id}; "loggia token list --all" tells which there are`);
