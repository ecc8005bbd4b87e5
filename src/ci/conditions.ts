import { invalid } from "../errors.ts";

/** Which claims an id-token must have: of each named claim, one of the patterns has to match. */
export type Conditions = Readonly<Record<string, readonly string[]>>;

const mostClaims = 20;
const mostPatterns = 50;
const longestPattern = 500;

/** Claims that say whose job it is: paths may end in `/*`, which is everything below; ids are exact. */
const owners: Readonly<Record<string, "path" | "id">> = {
  project_path: "path",
  namespace_path: "path",
  project_id: "id",
  namespace_id: "id",
  repository: "path",
  repository_owner: "path",
  repository_id: "id",
  repository_owner_id: "id",
};

/** What the verification decides, so that no condition can mean to. */
const reserved = ["iss", "aud", "exp", "nbf", "iat", "jti"];

/**
 * @throws INVALID_PARAMETER_VALUE for conditions that anyone's job at a public CI service could meet, which is never meant,
 * and for what is no claim or pattern.
 */
export function checkConditions(conditions: Conditions): void {
  const named = Object.entries(conditions);
  if (named.length > mostClaims) throw wrong(`there are more than ${mostClaims}`);
  for (const [claim, patterns] of named) {
    if (!/^[A-Za-z_][A-Za-z0-9_]{0,63}$/.test(claim))
      throw wrong(`'${claim.slice(0, 100)}' is no name of a claim`);
    if (reserved.includes(claim)) throw wrong(`the claim '${claim}' is checked by the server`);
    if (patterns.length === 0) throw wrong(`the claim '${claim}' has no pattern`);
    if (patterns.length > mostPatterns)
      throw wrong(`the claim '${claim}' has more than ${mostPatterns} patterns`);
    for (const pattern of patterns) {
      if (pattern === "" || pattern.length > longestPattern)
        throw wrong(`a pattern must have 1 to ${longestPattern} characters`);
      if (pattern.includes("\0") || !pattern.isWellFormed())
        throw wrong("a pattern holds a NUL character or half of a surrogate pair");
      if (owners[claim] !== undefined) checkOwner(claim, pattern, owners[claim]);
    }
  }
  if (!named.some(([claim]) => Object.hasOwn(owners, claim)))
    throw wrong(
      `one of ${Object.keys(owners).join(", ")} must be among them, or everyone's jobs would be trusted`,
    );
}

function checkOwner(claim: string, pattern: string, form: "path" | "id"): void {
  const stem = form === "path" ? pattern.replace(/\/\*$/, "") : pattern;
  if (stem === "" || stem.includes("*"))
    throw wrong(
      form === "path"
        ? `the pattern '${pattern}' for '${claim}' must be a whole path, or end in '/*' for all below one`
        : `the pattern '${pattern}' for '${claim}' must be a whole id`,
    );
}

const wrong = (why: string) => invalid(`Invalid value for parameter 'conditions': ${why}.`);

/** Whether the claims meet all conditions. Numbers and booleans are compared as text, as GitLab writes "true". */
export const meets = (claims: Readonly<Record<string, unknown>>, conditions: Conditions): boolean =>
  Object.entries(conditions).every(([claim, patterns]) => {
    const value = Object.hasOwn(claims, claim) ? claims[claim] : undefined;
    if (typeof value !== "string" && typeof value !== "number" && typeof value !== "boolean") return false;
    return patterns.some((pattern) => matches(String(value), pattern));
  });

/** `*` stands for any characters, none too. Linear in the lengths: a part that is found early leaves most for the rest. */
export function matches(text: string, pattern: string): boolean {
  const [first = "", ...rest] = pattern.split("*");
  const last = rest.pop();
  if (last === undefined) return text === first;
  if (!text.startsWith(first) || text.length < first.length + last.length || !text.endsWith(last))
    return false;
  let at = first.length;
  for (const part of rest) {
    const found = text.indexOf(part, at);
    if (found < 0) return false;
    at = found + part.length;
  }
  return at <= text.length - last.length;
}
