import type { FastifyInstance, FastifyRequest } from "fastify";
import { LoggiaError } from "../errors.ts";
import { hasBody } from "./body.ts";

/** What neither a form nor a page of another origin can send without being asked first: JSON, Connect, gRPC and gRPC-Web. */
const apiType =
  /^application\/(?:json|proto|connect\+(?:json|proto)|grpc(?:-web(?:-text)?)?(?:\+(?:json|proto))?)\s*(?:;|$)/i;

/**
 * Refuses what a page of another origin makes a browser send, and what a browser sends as a form would. MLflow's API reads
 * JSON whatever its Content-Type says, so a browser would send it unasked (security.md §1.9); in local mode there is not
 * even a token to stop it. What is no browser sends what MLflow accepts.
 * @param names where our pages are served from, if a proxy shows the server another name than browsers see.
 */
export function refuseCrossSite(app: FastifyInstance, names: readonly string[]): void {
  const ours = new Set(names.map((name) => name.toLowerCase()));
  app.addHook("onRequest", (request, _reply, done) => {
    if (isSafe(request.method) || !isBrowser(request)) done();
    else if (!isSameOrigin(request, ours))
      done(new LoggiaError("PERMISSION_DENIED", "A page of another site may not change anything here."));
    else if (needsType(request) && !apiType.test(request.headers["content-type"] ?? "")) done(wrongType());
    else done();
  });
}

const isSafe = (method: string) => method === "GET" || method === "HEAD" || method === "OPTIONS";

/** Browsers send at least one of the two with whatever may change something, and no page can leave them out. */
const isBrowser = ({ headers }: FastifyRequest) =>
  headers.origin !== undefined || headers["sec-fetch-site"] !== undefined;

/**
 * By Sec-Fetch-Site where the browser sends it, which it does to loopback and over TLS; else by Origin against Host. The
 * scheme is not compared, since TLS may end at a proxy.
 */
function isSameOrigin({ headers }: FastifyRequest, ours: ReadonlySet<string>): boolean {
  const site = headers["sec-fetch-site"];
  if (site !== undefined) return site === "same-origin" || site === "none";
  if (!URL.canParse(headers.origin ?? "")) return false;
  const { host } = new URL(headers.origin ?? "");
  return host !== "" && (host === (headers.host ?? headers[":authority"]) || ours.has(host));
}

/** PUT is for the bytes of artifacts, which are of any type; no form can send it. */
const needsType = ({ method, raw }: FastifyRequest) =>
  method !== "PUT" && (method === "POST" || hasBody(raw));

const wrongType = () =>
  new LoggiaError(
    "INVALID_PARAMETER_VALUE",
    "A page has to send its request as application/json, or as a Connect or gRPC type.",
    { status: 415 },
  );
