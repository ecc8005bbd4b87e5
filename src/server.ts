import type { FastifyInstance, FastifyServerOptions } from "fastify";
import type { ArtifactStore } from "./artifacts/store.ts";
import { createApp, type Limits } from "./http/app.ts";
import { artifactRoutes } from "./http/artifacts.ts";
import { bulkHistoryRoutes } from "./http/metric-history-bulk.ts";
import { authenticate } from "./interceptors/authenticate.ts";
import { authorize } from "./interceptors/authorize.ts";
import { errors } from "./interceptors/errors.ts";
import { observe } from "./interceptors/observe.ts";
import { rememberedProjects } from "./interceptors/project-cache.ts";
import { artifactFiles } from "./services/artifact-files.ts";
import { services } from "./services/index.ts";
import { metricHistoryBulk } from "./services/metric-history-bulk.ts";
import type { Database } from "./store/database.ts";
import { defaultProjectPath, findProject } from "./store/projects.ts";

export interface ServerOptions {
  db: Database;
  artifacts: ArtifactStore;
  /** Asks the database for an answer, beside the pool; a query of the pool when absent. */
  ping?: () => Promise<void>;
  /** Of this program, for `/version` and `/openapi.json`. */
  version?: string;
  /** Aborted once the server is about to stop, which makes it not ready. */
  draining?: AbortSignal;
  /** As Fastify's `logger`; no log when absent. */
  log?: FastifyServerOptions["logger"];
  limits?: Partial<Limits>;
}

/** The composition root: puts the parts together. The server does not listen yet. */
export async function createServer({
  db,
  artifacts,
  ping,
  version = "0.0.0",
  draining,
  log,
  limits,
}: ServerOptions): Promise<FastifyInstance> {
  const deps = { db, artifacts };
  const find = (reference: string) => findProject(db, reference);
  return createApp({
    services: services(deps),
    interceptors: (log) => [
      observe(log),
      errors(log),
      authenticate(rememberedProjects(find), defaultProjectPath),
      authorize,
    ],
    byteRoutes: (app, surround) => {
      app.register(artifactRoutes, { files: artifactFiles(deps), surround });
      app.register(bulkHistoryRoutes, { histories: metricHistoryBulk(deps), surround });
    },
    health: { version, draining, reachable: ping ?? (() => find(defaultProjectPath)) },
    log,
    limits,
  });
}
