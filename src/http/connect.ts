import { setMaxListeners } from "node:events";
import type { IncomingMessage, ServerResponse } from "node:http";
import {
  Code,
  ConnectError,
  createContextValues,
  type Interceptor,
  type ServiceImplSpec,
} from "@connectrpc/connect";
import { fastifyConnectPlugin } from "@connectrpc/connect-fastify";
import type { FastifyInstance, FastifyRequest } from "fastify";
import { ExportService } from "../../gen/loggia/v1/export_pb.js";
import {
  addressKey,
  credentialKey,
  projectReferenceKey,
  protocolKey,
  requestIdKey,
  responseHeaderKey,
} from "../auth/context-keys.ts";
import { clientAddress } from "./client-address.ts";
import { credentialOf } from "./credential.ts";
import { projectReference } from "./project-path.ts";
import { cutWhenSlow } from "./slow-body.ts";
import { cutWhenStalled } from "./stalled-reader.ts";

export interface ConnectOptions {
  interceptors: Interceptor[];
  /** Milliseconds after the start of closing at which calls still in flight are aborted. */
  drainTimeout: number;
  /** Milliseconds that a client has to send the message of a unary call. */
  bodyTimeout: number;
}

/** Mounts `services` for Connect, gRPC and gRPC-Web, in a scope of their own. */
export function mountConnect(
  app: FastifyInstance,
  services: readonly ServiceImplSpec[],
  { interceptors, drainTimeout, bodyTimeout }: ConnectOptions,
): void {
  // The plugin's own shutdownTimeoutMs keeps the process alive and warns above ten calls in flight.
  const shutdown = new AbortController();
  setMaxListeners(0, shutdown.signal);
  app.addHook("preClose", async () => {
    const stopping = new ConnectError("the server is stopping", Code.Unavailable);
    setTimeout(() => shutdown.abort(stopping), drainTimeout).unref();
  });
  const unary = new Set(
    services.flatMap(({ methods }) =>
      Object.values(methods)
        .filter(({ kind }) => kind === "unary")
        .map(({ method }) => `/${method.parent.typeName}/${method.name}`),
    ),
  );
  app.addHook("onRequest", async ({ raw, routeOptions }, reply) => {
    if (raw.httpVersionMajor === 1) endWithRefused(raw, reply.raw);
    if (unary.has(routeOptions.url ?? "")) cutWhenSlow(raw, bodyTimeout);
    if (routeOptions.url?.startsWith(`/${ExportService.typeName}/`)) cutWhenStalled(reply.raw);
  });
  app.register(fastifyConnectPlugin, {
    routes(router) {
      for (const { methods } of services)
        for (const spec of Object.values(methods)) router.rpc(spec.method, spec.impl);
    },
    contextValues: (request) =>
      createContextValues()
        .set(requestIdKey, request.id)
        .set(projectReferenceKey, projectReference(request.raw))
        .set(credentialKey, credentialOf(request.headers))
        .set(addressKey, clientAddress(request))
        .set(protocolKey, protocolOf(request)),
    requestGate: ({ values, responseHeader }) => void values.set(responseHeaderKey, responseHeader),
    interceptors,
    shutdownSignal: shutdown.signal,
    readMaxBytes: 4 * 2 ** 20,
    writeMaxBytes: 16 * 2 ** 20,
  });
}

/** Milliseconds that a sender has to read why its message was refused. */
const timeToRead = 1_000;

/**
 * Connect stops reading a message that is too long. Over HTTP/1.1 its sender would wait for ever to send the rest, on a
 * connection that is neither of use nor idle.
 */
function endWithRefused(request: IncomingMessage, response: ServerResponse): void {
  const { socket } = request;
  response.once("finish", () => {
    if (!request.complete) setTimeout(() => socket.destroy(), timeToRead).unref();
  });
}

function protocolOf({ headers }: FastifyRequest): string {
  const type = headers["content-type"] ?? "";
  if (type.startsWith("application/grpc-web")) return "grpc-web";
  return type.startsWith("application/grpc") ? "grpc" : "connect";
}
