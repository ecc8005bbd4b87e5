import type { IncomingMessage } from "node:http";
import type { RawRequestDefaultExpression } from "fastify";

/**
 * Addresses. A call is about the project in front of its path, as GitLab writes it, or about the one in the header
 * `loggia-project`, or about the default one. The prefix and MLflow's alias `/ajax-api/` are taken off before routing, so
 * that every route exists once and no second name of it can dodge what surrounds it.
 */

const prefix = /^\/api\/v4\/projects\/([^/?]+)\/ml\/mlflow(?=[/?]|$)/;

/** Where a request keeps the reference taken off its path. */
const referenceKey = Symbol("project reference");

interface Addressed {
  [referenceKey]?: string;
}

/** Fastify's `rewriteUrl`: the path below the tracking URI, with `/api/` for `/ajax-api/`. */
export function rewriteUrl(request: RawRequestDefaultExpression): string {
  let url = request.url ?? "/";
  const match = url.startsWith("/api/v4/") ? prefix.exec(url) : null;
  if (match?.[1] !== undefined) {
    const reference = decode(match[1]);
    if (reference === undefined) return url;
    (request as Addressed)[referenceKey] = reference;
    url = url.slice(match[0].length);
    if (!url.startsWith("/")) url = `/${url}`;
  }
  return url.startsWith("/ajax-api/") ? `/api/${url.slice("/ajax-api/".length)}` : url;
}

/** The project that a request names: a numeric id or a path; undefined when it names none. */
export function projectReference(request: IncomingMessage): string | undefined {
  const reference = (request as Addressed)[referenceKey];
  if (reference !== undefined) return reference;
  const header = request.headers["loggia-project"];
  return typeof header === "string" && header !== "" ? header : undefined;
}

/**
 * Python's requests encodes a whole URL once more when a file name in it holds a bare `%`, and `team%2Fvision` with it. No
 * path of a project holds a `%`, so there is nothing else that this could mean.
 */
function decode(text: string): string | undefined {
  if (!text.includes("%")) return text;
  try {
    return decodeURIComponent(text).replaceAll(/%2f/gi, "/");
  } catch {
    return undefined;
  }
}
