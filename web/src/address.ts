/**
 * Addresses of pages are GitLab's: `/<project path>/-/ml/experiments`. A project path has any number of segments, which no
 * route can match, so the router sees `/p/<the path, encoded>/ml/experiments` instead.
 */

const outside = /^\/(.+?)\/-\/(.*)$/;
const inside = /^\/p\/([^/]+)\/(.*)$/;

/** The router's form of a path as the browser has it. */
export function fromAddress(path: string): string {
  const [, project, rest] = outside.exec(path) ?? [];
  return project === undefined ? path : `/p/${encodeURIComponent(decodeURIComponent(project))}/${rest}`;
}

/** The path for the browser. */
export function toAddress(path: string): string {
  const [, project, rest] = inside.exec(path) ?? [];
  return project === undefined ? path : `/${decodeURIComponent(project)}/-/${rest}`;
}

export type Search = Record<string, string>;

/** The search of an address as texts: the last of each name counts. */
export const parseSearch = (text: string): Search => Object.fromEntries(new URLSearchParams(text));

/** A part of a search that was encoded by itself, because it stands in a list; as it is where it was not. */
export function decodePart(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** Leaves what needs no escape readable, since people send these addresses to each other. */
export function printSearch(search: Record<string, unknown>): string {
  const parts = Object.entries(search)
    .filter((entry): entry is [string, string] => typeof entry[1] === "string" && entry[1] !== "")
    .map(([name, value]) => `${name}=${readable(value)}`);
  return parts.length === 0 ? "" : `?${parts.join("&")}`;
}

const readable = (value: string) =>
  encodeURIComponent(value).replace(/%(2C|3A|2F|40|3B|24|20)/g, (encoded, code) =>
    code === "20" ? "+" : decodeURIComponent(encoded),
  );
