import type { FastifyInstance } from "fastify";
import { sendError, wrongMethod } from "./errors.ts";

const methods = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"] as const;

/**
 * Watches which routes `app` gets. The returned function, called when all are there, answers every other method on their
 * paths: OPTIONS with 200 and Allow, the rest with 405 and Allow.
 */
export function watchMethods(app: FastifyInstance): () => void {
  const routes = new Map<string, Set<string>>();
  app.addHook("onRoute", ({ url, method }) => {
    const known = routes.get(url) ?? new Set();
    for (const one of [method].flat()) known.add(one);
    routes.set(url, known);
  });
  return () => {
    for (const [url, known] of [...routes]) {
      const others = methods.filter((method) => !known.has(method));
      const allowed = [...methods.filter((method) => known.has(method)), "OPTIONS"];
      if (others.length === 0) continue;
      app.route({
        method: others,
        url,
        exposeHeadRoute: false,
        handler: (request, reply) => {
          reply.header("allow", allowed.join(", "));
          return request.method === "OPTIONS" ? reply.send("") : sendError(reply, wrongMethod(request));
        },
      });
    }
  };
}
