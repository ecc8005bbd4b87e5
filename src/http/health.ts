import type { FastifyInstance } from "fastify";

export interface HealthOptions {
  version: string;
  /** Resolves when the database answers, rejects when it does not. */
  reachable(): Promise<unknown>;
  /** Aborted once the server is about to stop. */
  draining?: AbortSignal | undefined;
}

/** Milliseconds for which an answer of the database counts, and for which it is waited for. */
const fresh = 1_000;
const patience = 2_000;

/**
 * `/health` as MLflow has it; `/livez`, which never looks at the database; `/readyz`, for load balancers: the database
 * answers and the server is not about to stop; `/version`.
 */
export function mountHealth(app: FastifyInstance, { version, reachable, draining }: HealthOptions): void {
  const isReachable = remembered(() => within(patience, reachable()));

  app.get("/health", (_request, reply) =>
    reply.header("content-type", "text/html; charset=utf-8").send("OK"),
  );
  app.get("/livez", (_request, reply) => reply.send({ status: "ok" }));
  app.get("/readyz", async (_request, reply) => {
    reply.header("cache-control", "no-store");
    if (draining?.aborted) return reply.code(503).send({ status: "draining" });
    if (await isReachable()) return reply.send({ status: "ok" });
    return reply.code(503).send({ status: "the database does not answer" });
  });
  app.get("/version", (_request, reply) => reply.send({ version }));
}

/** One probe at a time, and none while the last one's outcome is fresh. */
function remembered(probe: () => Promise<boolean>): () => Promise<boolean> {
  let outcome: Promise<boolean> | undefined;
  return () => {
    outcome ??= probe().finally(() => {
      setTimeout(() => {
        outcome = undefined;
      }, fresh).unref();
    });
    return outcome;
  };
}

/** Whether `probe` resolves in time. */
async function within(milliseconds: number, probe: Promise<unknown>): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>();
  const timer = setTimeout(resolve, milliseconds, false);
  probe.then(
    () => resolve(true),
    () => resolve(false),
  );
  return promise.finally(() => clearTimeout(timer));
}
