import type { Interceptor, ServiceImplSpec } from "@connectrpc/connect";
import Fastify, { type FastifyInstance, type FastifyServerOptions, LogController } from "fastify";
import { requirePermissions } from "../auth/permissions.ts";
import { type Surround, surroundWith } from "./call.ts";
import { answerClientError } from "./client-errors.ts";
import { mountConnect } from "./connect.ts";
import { type Edge, guardEdge, localEdge } from "./edge.ts";
import { answerErrors, sendAnyError } from "./errors.ts";
import { type HealthOptions, mountHealth } from "./health.ts";
import { bothVersions, type ListenerLimits, listenerLimits } from "./listener.ts";
import { watchMethods } from "./methods.ts";
import { mountOpenApi } from "./openapi.ts";
import { rewriteUrl } from "./project-path.ts";
import { reflection } from "./reflection.ts";
import { mountRest } from "./rest.ts";
import { secure } from "./security-headers.ts";
import { mountServerInfo } from "./server-info.ts";
import { answerPages, type WebOptions, webRoutes } from "./web.ts";

export interface Limits extends ListenerLimits {
  /** Milliseconds that a client has to send a JSON body. */
  bodyTimeout: number;
  /** How long a JSON body may be. */
  maxBodyBytes: number;
  /** Milliseconds that calls in flight have once the server closes. */
  drainTimeout: number;
}

export const defaultLimits: Limits = {
  ...listenerLimits,
  bodyTimeout: 60_000,
  maxBodyBytes: 16 * 2 ** 20,
  drainTimeout: 25_000,
};

export interface AppOptions {
  services: readonly ServiceImplSpec[];
  /** What surrounds every call on every protocol, the first outermost. */
  interceptors(log: FastifyInstance["log"]): Interceptor[];
  health: HealthOptions;
  /** Routes that are not messages; they go through `surround` like the rest. */
  byteRoutes?: (app: FastifyInstance, surround: Surround) => void;
  /** The pages; none when absent. */
  web?: WebOptions | undefined;
  log?: FastifyServerOptions["logger"] | undefined;
  limits?: Partial<Limits> | undefined;
  /** Called once no call is in flight any more. */
  closed?: () => Promise<void>;
  edge?: Partial<Edge> | undefined;
}

/** One Fastify with every mount: REST, Connect, gRPC and gRPC-Web, reflection, OpenAPI, health. Not listening yet. */
export async function createApp(options: AppOptions): Promise<FastifyInstance> {
  const limits = { ...defaultLimits, ...options.limits };
  const edge = { ...localEdge, ...options.edge };
  const services = [...options.services, reflection(options.services.map(({ service }) => service))];
  requirePermissions(services.map(({ service }) => service));

  const app = Fastify({
    logger: options.log ?? false,
    childLoggerFactory: (logger) => logger, // a call's line names its request itself
    logController: new LogController({ disableRequestLogging: true }), // interceptors/observe.ts logs calls
    serverFactory: bothVersions(limits, edge),
    clientErrorHandler: answerClientError,
    trustProxy: edge.trustedProxies.length > 0 && [...edge.trustedProxies],
    rewriteUrl,
    genReqId: requestIds(),
    requestIdHeader: false,
    return503OnClosing: false, // what arrives on a connection that is closing is still answered
    frameworkErrors: (error, request, reply) => sendAnyError(error, request, secure(request, reply)),
    routerOptions: { maxParamLength: 8192 },
    schemaController: { compilersFactory: { buildValidator: noSchemas, buildSerializer: noSchemas } },
  });
  const interceptors = options.interceptors(app.log);
  const surround = surroundWith(interceptors);
  const answerOtherMethod = watchMethods(app);
  app.addHook("onClose", async () => options.closed?.());
  guardEdge(app, edge);
  const answerPage = options.web && answerPages(app, options.web);
  answerErrors(app, (request, reply) => answerOtherMethod(request, reply) ?? answerPage?.(request, reply));
  mountHealth(app, options.health);
  mountServerInfo(app);
  mountOpenApi(app, options.services, options.health.version);
  app.register(async (scope) => mountRest(scope, options.services, { surround, ...limits }));
  if (options.byteRoutes !== undefined) options.byteRoutes(app, surround);
  if (options.web !== undefined) app.register(webRoutes, options.web);
  app.register(async (scope) => mountConnect(scope, services, { interceptors, ...limits }));
  await app.ready();
  return app;
}

/** A caller's own request id when it is a plain token, else one of ours: unique to the process and the request. */
function requestIds() {
  const process = crypto.randomUUID().slice(0, 8);
  let count = 0;
  return ({ headers }: { headers: Record<string, string | string[] | undefined> }) => {
    const given = headers["x-request-id"];
    return typeof given === "string" && /^[\w.:-]{1,128}$/.test(given)
      ? given
      : `${process}-${(++count).toString(36)}`;
  };
}

/** No route has a JSON schema: protobuf says what a body is. Fastify's compilers of them, unless replaced, are loaded at each start (docs/performance.md). */
function noSchemas(): never {
  throw new Error("a route has a JSON schema");
}
