import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { sendError, wrongMethod } from "./errors.ts";

const methods = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"];

/**
 * Watches which routes `app` gets. The returned function answers a request that no route has, where one has its path for
 * another method: OPTIONS with 200 and Allow, the rest with 405 and Allow. It is no route per method and path, since a thousand
 * more routes take a start a tenth of its time (docs/performance.md).
 */
export function watchMethods(
  app: FastifyInstance,
): (request: FastifyRequest, reply: FastifyReply) => FastifyReply | undefined {
  const exact = new Map<string, Set<string>>();
  const patterns: { pattern: RegExp; method: string }[] = [];
  app.addHook("onRoute", ({ url, method }) => {
    for (const one of [method].flat()) {
      if (/[:*]/.test(url)) patterns.push({ pattern: patternOf(url), method: one });
      else exact.set(url, (exact.get(url) ?? new Set()).add(one));
    }
  });

  const knownAt = (path: string): ReadonlySet<string> =>
    new Set([
      ...(exact.get(path) ?? []),
      ...patterns.filter(({ pattern }) => pattern.test(path)).map(({ method }) => method),
    ]);

  return (request, reply) => {
    const [path = ""] = request.url.split("?");
    const known = knownAt(path);
    // A route that has the method may have found nothing.
    if (known.size === 0 || known.has(request.method)) return undefined;
    const allowed = methods.filter((method) => known.has(method) || method === "OPTIONS");
    reply.header("allow", allowed.join(", "));
    return request.method === "OPTIONS" ? reply.send("") : sendError(reply, wrongMethod(request));
  };
}

/** A path as the router writes it, with `:name` for a segment and `*` for what is left, as an expression. */
const patternOf = (url: string) =>
  new RegExp(
    `^${url
      .replace(/[.+?^${}()|[\]\\]/g, "\\$&")
      .replace(/:\w+/g, "[^/]+")
      .replace("*", ".*")}$`,
  );
