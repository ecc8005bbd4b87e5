import type { FastifyInstance, FastifyServerOptions } from "fastify";
import type { ArtifactStore } from "./artifacts/store.ts";
import { type CiConnection, connectCi } from "./ci/connection.ts";
import { noCi } from "./ci/settings.ts";
import { type Gate, makeGate } from "./gate.ts";
import { createApp, defaultLimits, type Limits } from "./http/app.ts";
import { artifactArchiveRoute } from "./http/artifact-archive.ts";
import { artifactRoutes } from "./http/artifacts.ts";
import { auditExportRoute } from "./http/audit-export.ts";
import type { Edge } from "./http/edge.ts";
import { exportRoutes } from "./http/exports.ts";
import { jobWebhookRoutes } from "./http/job-webhook.ts";
import { bulkHistoryRoutes } from "./http/metric-history-bulk.ts";
import { oauthTokenRoutes } from "./http/oauth-token.ts";
import { oidcSignInPath, oidcSignInRoutes } from "./http/oidc-sign-in.ts";
import { authenticate } from "./interceptors/authenticate.ts";
import { authorize } from "./interceptors/authorize.ts";
import { cancelReads } from "./interceptors/cancellation.ts";
import { limitConcurrency } from "./interceptors/concurrency.ts";
import { endStreams } from "./interceptors/ending.ts";
import { errors } from "./interceptors/errors.ts";
import { type FailedLoginLimits, failedLogins } from "./interceptors/failed-logins.ts";
import { observe } from "./interceptors/observe.ts";
import type { OidcProvider } from "./oidc/provider.ts";
import { artifactArchives } from "./services/artifact-archive.ts";
import { artifactFiles } from "./services/artifact-files.ts";
import { auditLines } from "./services/audit.ts";
import { ciEvents } from "./services/ci-events.ts";
import { ciExchange } from "./services/ci-exchange.ts";
import { type PageSettings, usualPages } from "./services/deps.ts";
import { exportSource } from "./services/exports.ts";
import { services } from "./services/index.ts";
import { metricHistoryBulk } from "./services/metric-history-bulk.ts";
import { oidcSignIn } from "./services/oidc-sign-in.ts";
import { findAddressedProject } from "./store/access.ts";
import type { Database } from "./store/database.ts";
import type { Listening } from "./store/notifications.ts";
import { defaultProjectPath } from "./store/projects.ts";
import { shareHints } from "./store/run-hints.ts";

export interface ServerOptions {
  db: Database;
  artifacts: ArtifactStore;
  /** Local mode: everyone who reaches the server may do everything. When false, every call needs a token. */
  open?: boolean;
  /** Whether public projects are read without a token. */
  anonymousReads?: boolean;
  /** Listens for changes of tokens, members and projects (OpenDatabase.listen); without it they count within five seconds. */
  listenToAccess?: (changed: () => void) => Listening;
  /** Joins other processes on the database in telling of runs that change; without it a watch finds out by itself. */
  listenToHints?: (heard: (said: string) => void) => Listening;
  /** Asks the database for an answer, beside the pool; a query of the pool when absent. */
  ping?: () => Promise<void>;
  /** Of this program, for `/version` and `/openapi.json`. */
  version?: string;
  /** Aborted once the server is about to stop, which makes it not ready. */
  draining?: AbortSignal;
  /** As Fastify's `logger`; no log when absent. */
  log?: FastifyServerOptions["logger"];
  limits?: Partial<Limits>;
  failedLogins?: Partial<FailedLoginLimits>;
  /** How many calls of one token are worked on at a time. */
  callsPerToken?: number;
  edge?: Partial<Edge>;
  /** The CI systems that the server is connected to; none when absent. */
  ci?: CiConnection;
  /** The folder with the built pages; none are served when absent. */
  web?: string;
  /** How long a session lives. */
  pages?: Partial<Pick<PageSettings, "sessionLifetime">>;
  /** With whom people sign in. */
  oidc?: OidcProvider;
  /** Where clients reach the server, without a slash at its end, if it is told. */
  publicUrl?: string | undefined;
}

/** The composition root: puts the parts together. The server does not listen yet. */
export async function createServer({
  db,
  artifacts,
  open = true,
  anonymousReads = false,
  listenToAccess,
  listenToHints,
  ping,
  version = "0.0.0",
  draining,
  log,
  limits,
  failedLogins: failedLoginLimits,
  callsPerToken = 256,
  edge,
  ci = connectCi(noCi),
  pages,
  web,
  oidc,
  publicUrl,
}: ServerOptions): Promise<FastifyInstance> {
  const deps = {
    db,
    artifacts,
    ci,
    pages: {
      ...usualPages,
      ...pages,
      version,
      isOpen: open,
      anonymousReads,
      oidc: oidc && { signInPath: oidcSignInPath, label: oidc.settings.label },
    },
  };
  const logins = failedLogins(failedLoginLimits);
  const hints = listenToHints === undefined ? undefined : shareHints(db, listenToHints);
  let gate: Gate | undefined;
  return createApp({
    services: services(deps),
    interceptors: (log) => {
      gate = makeGate(db, log, { open, anonymousReads, listenToAccess, logins });
      return [
        observe(log),
        errors(log),
        authenticate(gate),
        limitConcurrency(callsPerToken),
        authorize,
        endStreams(gate),
        cancelReads,
      ];
    },
    byteRoutes: (app, surround) => {
      app.register(artifactRoutes, { files: artifactFiles(deps), surround });
      app.register(artifactArchiveRoute, { archives: artifactArchives(deps), surround });
      app.register(auditExportRoute, { lines: auditLines(deps), surround });
      app.register(exportRoutes, { source: exportSource(deps), surround });
      app.register(bulkHistoryRoutes, { histories: metricHistoryBulk(deps), surround });
      const { bodyTimeout } = { ...defaultLimits, ...limits };
      app.register(oauthTokenRoutes, { exchange: ciExchange({ db, ci }), logins, bodyTimeout });
      if (oidc !== undefined) {
        const signIn = oidcSignIn({ db, sessionLifetime: deps.pages.sessionLifetime }, oidc);
        app.register(oidcSignInRoutes, { signIn, logins, publicUrl });
      }
      app.register(jobWebhookRoutes, { events: ciEvents(deps), logins, bodyTimeout });
    },
    health: { version, draining, reachable: ping ?? (() => findAddressedProject(db, defaultProjectPath)) },
    web: web === undefined ? undefined : { root: web },
    log,
    limits,
    edge,
    closed: async () => {
      await Promise.all([gate?.close(), hints?.close()]);
    },
  });
}
