import http from "node:http";
import http2 from "node:http2";
import type { Socket } from "node:net";
import type { FastifyServerFactory } from "fastify";
import { addressConnections } from "./address-connections.ts";
import { refuseConnection } from "./client-errors.ts";
import { type Edge, isNear } from "./edge.ts";
import { endFloods } from "./http2-floods.ts";
import { http2Sessions } from "./http2-sessions.ts";
import { mostHeaders } from "./request-head.ts";

/** Times are milliseconds, sizes bytes (security.md §6). */
export interface ListenerLimits {
  /** For the whole head of a request, and for the first bytes of a connection. */
  headersTimeout: number;
  /** Longer than a load balancer's, or it sends requests into connections that are just being closed. */
  keepAliveTimeout: number;
  /** How often connections are looked at for the two above. */
  checkInterval: number;
  maxHeaderSize: number;
  maxConnections: number;
  /** Of one address; of IPv6, of one /64. */
  connectionsPerAddress: number;
  /** Of this machine or of a trusted proxy, behind which are many. */
  connectionsPerProxy: number;
}

export const listenerLimits: ListenerLimits = {
  headersTimeout: 15_000,
  keepAliveTimeout: 75_000,
  checkInterval: 5_000,
  maxHeaderSize: 16 * 2 ** 10,
  maxConnections: 10_000,
  connectionsPerAddress: 100,
  connectionsPerProxy: 10_000,
};

/** What every HTTP/2 client sends first. HTTP/1.1 has no method that begins like it. */
const preface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

/**
 * One port for HTTP/1.1 and cleartext HTTP/2: the first bytes of a connection tell, and the socket goes to the one server or
 * the other, which share Fastify's handler. gRPC needs the latter; nearly everyone else speaks the former.
 */
export function bothVersions(limits: ListenerLimits, edge: Edge): FastifyServerFactory {
  const near = isNear(edge);
  const admits = addressConnections((address) =>
    near(address) ? limits.connectionsPerProxy : limits.connectionsPerAddress,
  );
  return (handler) => {
    const http1 = http.createServer(
      {
        maxHeaderSize: limits.maxHeaderSize,
        headersTimeout: limits.headersTimeout,
        requestTimeout: 0, // of bodies: http/body.ts for JSON; uploads may take their time
        keepAliveTimeout: limits.keepAliveTimeout,
        connectionsCheckingInterval: limits.checkInterval,
        noDelay: true,
        // A peer that is gone without a word would leave its streams open for ever.
        keepAlive: true,
        keepAliveInitialDelay: 60_000,
      },
      handler as http.RequestListener,
    );
    http1.maxConnections = limits.maxConnections;
    http1.maxRequestsPerSocket = 10_000;
    const http2Server = http2.createServer(
      {
        maxSessionMemory: 10, // MB
        maxHeaderListPairs: mostHeaders + 5, // and one too many, which is then told
        maxSessionInvalidFrames: 100,
        // Rapid reset, CVE-2023-44487. A client that gives up all its calls at once resets 100 streams.
        streamResetBurst: 300,
        streamResetRate: 30,
        settings: { maxConcurrentStreams: 100, maxHeaderListSize: limits.maxHeaderSize },
      },
      handler as unknown as (request: http2.Http2ServerRequest, response: http2.Http2ServerResponse) => void,
    );

    const sessions = http2Sessions(http2Server, limits.keepAliveTimeout);
    http2Server.on("session", (session) => endFloods(session));

    const toHttp1 = http1.listeners("connection");
    http1.removeAllListeners("connection");
    http1.on("connection", (socket: Socket) => {
      const drop = () => socket.destroy();
      if (!admits(socket)) {
        socket.on("error", drop);
        refuseConnection(socket, "429 Too Many Requests", "Your address has too many connections.", 1);
        return;
      }
      socket.setTimeout(limits.headersTimeout, drop);
      socket.on("error", drop);
      socket.once("data", (first) => {
        socket.pause();
        socket.setTimeout(0);
        socket.off("timeout", drop);
        socket.off("error", drop);
        socket.unshift(first);
        if (first.length >= 3 && preface.startsWith(first.toString("latin1", 0, preface.length))) {
          socket.allowHalfOpen = false; // or a connection that its client ends goes unnoticed, with calls in flight
          http2Server.emit("connection", socket); // left paused: the session drains the buffer itself
          return;
        }
        for (const listener of toHttp1) listener.call(http1, socket);
        socket.resume();
      });
    });

    // Fastify calls this when it closes. A connection that is busy now becomes idle later, hence the repetition.
    const closeIdle = http1.closeIdleConnections.bind(http1);
    http1.closeIdleConnections = () => {
      sessions.close();
      closeIdle();
      const again = setInterval(() => {
        closeIdle();
        sessions.sweep();
      }, 20).unref();
      http1.once("close", () => clearInterval(again));
    };
    const closeAll = http1.closeAllConnections.bind(http1);
    http1.closeAllConnections = () => {
      sessions.destroy();
      closeAll();
    };
    return http1;
  };
}
