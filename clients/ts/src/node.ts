/** The client for Node. */
import { readFileSync } from "node:fs";
import { userInfo } from "node:os";
import type { Interceptor } from "@connectrpc/connect";
import {
  createConnectTransport,
  createGrpcTransport,
  createGrpcWebTransport,
  Http2SessionManager,
} from "@connectrpc/connect-node";
import { type ClientOptions, type Loggia, loggiaOn } from "./client.ts";
import { beforeLeaving } from "./node-leaving.ts";
import type { Connection, Platform } from "./platform.ts";
import type { Settings } from "./settings.ts";

export * from "./public.ts";

export interface NodeOptions extends ClientOptions {
  /** `1.1` for proxies without HTTP/2; not with `grpc`. Default `2`. */
  httpVersion?: "1.1" | "2";
  /** TLS: certificates to trust besides the system's, PEM. Default: the file of `MLFLOW_TRACKING_SERVER_CERT_PATH`. */
  ca?: string | Uint8Array;
}

/**
 * A client of a Loggia server. It connects with its first call.
 * @throws TypeError for an option of no use.
 */
export function createLoggia(options: NodeOptions = {}): Loggia {
  return loggiaOn(nodePlatform(options), options);
}

const nodePlatform = ({ httpVersion = "2", ca }: NodeOptions): Platform => ({
  environment: process.env,
  baseUrl: "http://127.0.0.1:5000",
  connect: (settings, interceptors) => connect(settings, interceptors, httpVersion, tls(ca)),
  sourceTags: () => ({
    ...userTag(),
    "mlflow.source.name": process.argv[1] ?? "node",
    "mlflow.source.type": "LOCAL",
  }),
  beforeLeaving,
});

/** Milliseconds between two pings of a connection with open streams: one whose other side is gone is noticed. */
const pingInterval = 20_000;

function connect(
  { baseUrl, protocol, timeout }: Settings,
  interceptors: Interceptor[],
  httpVersion: "1.1" | "2",
  nodeOptions: { ca?: string | Uint8Array; rejectUnauthorized?: boolean },
): Connection {
  const common = { baseUrl, interceptors, defaultTimeoutMs: timeout };
  if (httpVersion === "1.1") {
    if (protocol === "grpc") throw new TypeError("httpVersion must be 2 for protocol grpc.");
    const create = protocol === "connect" ? createConnectTransport : createGrpcWebTransport;
    const transport = create({
      ...common,
      httpVersion,
      // Node's types want a Buffer, Node does not.
      nodeOptions: nodeOptions as { ca?: string },
    });
    return { transport, duplex: false, close: () => {} };
  }
  const sessionManager = new Http2SessionManager(
    baseUrl,
    { pingIntervalMs: pingInterval },
    nodeOptions as { ca?: string },
  );
  const create = {
    connect: createConnectTransport,
    grpc: createGrpcTransport,
    "grpc-web": createGrpcWebTransport,
  }[protocol];
  return {
    transport: create({ ...common, httpVersion, sessionManager }),
    duplex: true,
    close: () => sessionManager.abort(),
  };
}

function tls(ca: NodeOptions["ca"]): { ca?: string | Uint8Array; rejectUnauthorized?: boolean } {
  const { MLFLOW_TRACKING_SERVER_CERT_PATH: file, MLFLOW_TRACKING_INSECURE_TLS: insecure } = process.env;
  const trusted = ca ?? (file ? readFileSync(file) : undefined);
  return {
    ...(trusted === undefined ? {} : { ca: trusted }),
    ...(insecure === "true" ? { rejectUnauthorized: false } : {}),
  };
}

function userTag(): Record<string, string> {
  try {
    return { "mlflow.user": userInfo().username };
  } catch {
    return {}; // a user id without a name, as in many containers
  }
}
