import { setMaxListeners } from "node:events";
import type { IncomingMessage, ServerResponse } from "node:http";
import { constants, Http2ServerRequest } from "node:http2";
import { Code, ConnectError, type Interceptor, type ServiceImplSpec } from "@connectrpc/connect";
import { fastifyConnectPlugin } from "@connectrpc/connect-fastify";
import type { FastifyInstance, FastifyRequest, RouteHandlerMethod } from "fastify";
import { ExportService } from "../../gen/loggia/v1/export_pb.js";
import { cutKey, protocolKey, responseHeaderKey, stoppingKey } from "../auth/context-keys.ts";
import { valuesOf } from "./call-values.ts";
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
  const streams = new AbortController();
  setMaxListeners(0, streams.signal);
  app.addHook("preClose", async () => {
    streams.abort();
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
    endWithAnswered(raw, reply.raw);
    if (unary.has(routeOptions.url ?? "")) cutWhenSlow(raw, bodyTimeout);
    if (routeOptions.url?.startsWith(`/${ExportService.typeName}/`)) cutWhenStalled(reply.raw);
  });
  // The plugin asks for every method of a path. No RPC is declared free of side effects, so Connect knows none but POST; methods.ts
  // answers the others.
  app.all = ((url: string, options: object, handler: RouteHandlerMethod) =>
    app.route({ ...options, method: "POST", url, handler })) as typeof app.all;
  const plugged: Parameters<typeof fastifyConnectPlugin>[1] = {
    routes(router) {
      for (const { methods } of services)
        for (const spec of Object.values(methods)) router.rpc(spec.method, spec.impl);
    },
    contextValues: (request) =>
      valuesOf(request)
        .set(protocolKey, protocolOf(request))
        .set(stoppingKey, streams.signal)
        .set(cutKey, () => cut(request.raw)),
    requestGate: ({ values, responseHeader }) => void values.set(responseHeaderKey, responseHeader),
    interceptors,
    shutdownSignal: shutdown.signal,
    readMaxBytes: 4 * 2 ** 20,
    writeMaxBytes: 16 * 2 ** 20,
  };
  fastifyConnectPlugin(app, plugged, () => {});
}

/** Milliseconds that a sender has to read why its message was refused. */
const timeToRead = 1_000;

/**
 * Connect stops reading what is too long, and a stream that failed may have a sender who does not think of ending. Over
 * HTTP/1.1 that sender would wait for ever to send the rest, on a connection that is neither of use nor idle; over HTTP/2
 * the stream would stay half open.
 */
function endWithAnswered(request: IncomingMessage, response: ServerResponse): void {
  if (request instanceof Http2ServerRequest) {
    const { stream } = request;
    // Node takes the whole answer for sent only when the stream is closed, which it waits for the sender to do.
    stream.once("wantTrailers", () => {
      if (request.complete) return;
      setTimeout(() => {
        if (!stream.closed) stream.close(constants.NGHTTP2_NO_ERROR);
        // What was sent and is read by nobody would keep it.
        setImmediate(() => stream.destroy());
      }, timeToRead).unref();
    });
    return;
  }
  answers.set(request, response);
  const { socket } = request;
  response.once("finish", () => {
    if (!request.complete) setTimeout(() => socket.destroy(), timeToRead).unref();
  });
}

/** The answers to calls over HTTP/1.1, where a request that was read is over and leads to nothing. */
const answers = new WeakMap<IncomingMessage, ServerResponse>();

function cut(request: IncomingMessage): void {
  const answer = answers.get(request);
  if (request instanceof Http2ServerRequest) request.stream.close(constants.NGHTTP2_CANCEL);
  // After its end the connection may be another call's.
  else if (!answer?.writableFinished) answer?.destroy();
}

function protocolOf({ headers }: FastifyRequest): string {
  const type = headers["content-type"] ?? "";
  if (type.startsWith("application/grpc-web")) return "grpc-web";
  return type.startsWith("application/grpc") ? "grpc" : "connect";
}
