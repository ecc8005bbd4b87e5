import type { FastifyReply, FastifyRequest } from "fastify";

/**
 * What every answer says to browsers (security.md §2.6): take the type as it is given, run and load nothing, show it in no
 * frame, tell no other site the address, hand the bytes to no page of another site. Pages and artifacts set a
 * Content-Security-Policy of their own in place of this one.
 */
export const securityHeaders: Readonly<Record<string, string>> = {
  "x-content-type-options": "nosniff",
  "content-security-policy":
    "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  "referrer-policy": "same-origin",
  "cross-origin-resource-policy": "same-origin",
};

/** One year, for this name alone: the domain may have others that speak plain HTTP. */
const strictTransport = "max-age=31536000";

/** Puts them, and the request's id, on an answer. Behind TLS a browser is also told to use nothing else from now on. */
export function secure(request: FastifyRequest, reply: FastifyReply): FastifyReply {
  reply.headers(securityHeaders).header("x-request-id", request.id);
  // Fastify takes the protocol from X-Forwarded-Proto only when a trusted proxy wrote it.
  if (request.protocol === "https") reply.header("strict-transport-security", strictTransport);
  return reply;
}
