import type { FastifyRequest } from "fastify";
import { sessionCookieOf } from "../auth/session-cookie.ts";

/**
 * The token that a request brings, as it stands there: `Authorization: Bearer`, as MLFLOW_TRACKING_TOKEN makes clients send;
 * Basic with the token as password, as MLFLOW_TRACKING_USERNAME and _PASSWORD do; or GitLab's `PRIVATE-TOKEN`. undefined when
 * it brings none. What is present but empty or garbled is a credential as well, and no good one. Without any, it is the
 * session of the cookie, if a page of ours or the user sends it: what a page of another site makes a browser send counts for
 * nothing (cross-site.ts refuses it where it would change something).
 */
export function credentialOf(request: Pick<FastifyRequest, "headers" | "protocol">): string | undefined {
  const { headers } = request;
  const { authorization } = headers;
  if (authorization !== undefined) {
    const space = authorization.indexOf(" ");
    const scheme = (space < 0 ? authorization : authorization.slice(0, space)).toLowerCase();
    const rest = space < 0 ? "" : authorization.slice(space + 1).trim();
    if (scheme === "bearer") return rest;
    if (scheme === "basic") return passwordOf(rest);
  }
  const token = headers["private-token"];
  if (token !== undefined) return typeof token === "string" ? token.trim() : token[0];
  const site = headers["sec-fetch-site"];
  const isOurs = site === undefined || site === "same-origin" || site === "none";
  return isOurs ? sessionCookieOf(headers.cookie, request.protocol === "https") : undefined;
}

/** RFC 7617: what follows the first colon. */
function passwordOf(encoded: string): string {
  const text = Buffer.from(encoded, "base64").toString();
  const colon = text.indexOf(":");
  return colon < 0 ? "" : text.slice(colon + 1);
}
