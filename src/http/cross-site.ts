import type { FastifyInstance, FastifyRequest } from "fastify";
import { LoggiaError } from "../errors.ts";

/**
 * Refuses what a page of another site makes a browser send. MLflow's API reads JSON whatever its Content-Type says, so a
 * browser would send it unasked (security.md §1.9); in local mode there is not even a token to stop it.
 */
export function refuseCrossSite(app: FastifyInstance): void {
  app.addHook("onRequest", (request, _reply, done) => {
    if (!isSafe(request.method) && isCrossSite(request))
      done(new LoggiaError("PERMISSION_DENIED", "A page of another site may not change anything here."));
    else done();
  });
}

const isSafe = (method: string) => method === "GET" || method === "HEAD" || method === "OPTIONS";

/** By Sec-Fetch-Site, which every browser of today sends and no page can change; else by the Origin against the Host. */
function isCrossSite({ headers }: FastifyRequest): boolean {
  const site = headers["sec-fetch-site"];
  if (site !== undefined) return site === "cross-site";
  const { origin } = headers;
  if (origin === undefined) return false;
  const host = headers.host ?? headers[":authority"];
  return !URL.canParse(origin) || new URL(origin).host !== host;
}
