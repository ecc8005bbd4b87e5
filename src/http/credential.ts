import type { IncomingHttpHeaders } from "node:http";

/**
 * The token that a request brings, as it stands there: `Authorization: Bearer`, as MLFLOW_TRACKING_TOKEN makes clients send;
 * Basic with the token as password, as MLFLOW_TRACKING_USERNAME and _PASSWORD do; or GitLab's `PRIVATE-TOKEN`. undefined when
 * it brings none. What is present but empty or garbled is a credential as well, and no good one.
 */
export function credentialOf(headers: IncomingHttpHeaders): string | undefined {
  const { authorization } = headers;
  if (authorization !== undefined) {
    const space = authorization.indexOf(" ");
    const scheme = (space < 0 ? authorization : authorization.slice(0, space)).toLowerCase();
    const rest = space < 0 ? "" : authorization.slice(space + 1).trim();
    if (scheme === "bearer") return rest;
    if (scheme === "basic") return passwordOf(rest);
  }
  const token = headers["private-token"];
  return typeof token === "string" ? token.trim() : token?.[0];
}

/** RFC 7617: what follows the first colon. */
function passwordOf(encoded: string): string {
  const text = Buffer.from(encoded, "base64").toString();
  const colon = text.indexOf(":");
  return colon < 0 ? "" : text.slice(colon + 1);
}
