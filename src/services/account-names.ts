import { invalid } from "../errors.ts";
import { checkStorable, checkText } from "./names.ts";

/** What projects, users and tokens may be called. Paths and usernames follow GitLab's rules, so that they are the same on both. */

const longest = 255;
const longestDescription = 2_000;

/** First segments that addresses of the server begin with. */
const reserved = new Set([
  "-",
  "admin",
  "ajax-api",
  "api",
  "assets",
  "explore",
  "get-artifact",
  "groups",
  "health",
  "help",
  "livez",
  "login",
  "metrics",
  "model-versions",
  "oauth",
  "openapi.json",
  "projects",
  "readyz",
  "robots.txt",
  "static-files",
  "users",
  "version",
]);

const segment = /^[A-Za-z0-9_.][A-Za-z0-9_.-]*$/;

/** Of a project. A path is never digits alone, which would be a number. @throws INVALID_PARAMETER_VALUE */
export function checkPath(parameter: string, path: string): void {
  const segments = path.split("/");
  const first = segments[0]?.toLowerCase() ?? "";
  const reason =
    path.length > longest
      ? `it must have at most ${longest} characters`
      : /^\d+$/.test(path)
        ? "it must not be digits alone"
        : reserved.has(first)
          ? `it must not begin with the reserved word '${first}'`
          : segments.map(unfit).find((found) => found !== undefined);
  if (reason !== undefined) throw wrong(parameter, path, reason);
}

/** @throws INVALID_PARAMETER_VALUE */
export function checkUsername(parameter: string, username: string): void {
  const reason = username.length > longest ? `it must have at most ${longest} characters` : unfit(username);
  if (reason !== undefined) throw wrong(parameter, username, reason);
}

/** Of what people read on one line. @throws INVALID_PARAMETER_VALUE */
export function checkTitle(parameter: string, title: string): void {
  checkText(parameter, title, longest);
  if (/\p{Cc}/u.test(title))
    throw invalid(`Invalid value for parameter '${parameter}': it must not hold control characters.`);
}

/** @throws INVALID_PARAMETER_VALUE */
export const checkDescription = (parameter: string, text: string): void =>
  checkText(parameter, text, longestDescription);

/** Why a text is no segment of a path, and no username; undefined when it is one. */
function unfit(text: string): string | undefined {
  if (!segment.test(text))
    return "each part must consist of letters, digits, '_', '.' and '-', and not begin with '-'";
  if (/^\.+$/.test(text)) return "no part may be dots alone";
  return /\.(git|atom)$/i.test(text) ? "no part may end in '.git' or '.atom'" : undefined;
}

function wrong(parameter: string, text: string, reason: string) {
  checkStorable(parameter, text);
  const shown = text.length > 100 ? `${text.slice(0, 100)}…` : text;
  return invalid(`Invalid value '${shown}' for parameter '${parameter}': ${reason}.`);
}
