/** The client for browsers, and for whatever else has `fetch`. */
import type { Interceptor } from "@connectrpc/connect";
import { createConnectTransport, createGrpcWebTransport } from "@connectrpc/connect-web";
import { type ClientOptions, type Loggia, loggiaOn } from "./client.ts";
import type { Connection, LeavingRuns, Platform } from "./platform.ts";
import type { Settings } from "./settings.ts";

export * from "./public.ts";

/**
 * A client of a Loggia server. It connects with its first call.
 * @throws TypeError for an option of no use.
 */
export function createLoggia(options: ClientOptions = {}): Loggia {
  return loggiaOn(browserPlatform(), options);
}

const browserPlatform = (): Platform => ({
  environment: {},
  baseUrl: typeof location === "undefined" ? "http://127.0.0.1:5000" : location.origin,
  connect,
  sourceTags: () =>
    typeof location === "undefined"
      ? {}
      : { "mlflow.source.name": location.href.slice(0, longestSource), "mlflow.source.type": "LOCAL" },
  beforeLeaving,
});

const longestSource = 500;

/** Bytes that all requests which outlive their page may have together (Fetch standard, 64 KiB), with some room. */
const mostKeptAlive = 60_000;

let isHidden = false;

function connect({ baseUrl, protocol, timeout }: Settings, interceptors: Interceptor[]): Connection {
  if (protocol === "grpc")
    throw new TypeError("protocol must be connect or grpc-web: browsers cannot speak grpc.");
  const create = protocol === "connect" ? createConnectTransport : createGrpcWebTransport;
  const transport = create({
    baseUrl,
    interceptors,
    defaultTimeoutMs: timeout,
    useBinaryFormat: true,
    fetch: (input, init) => {
      const body = init?.body;
      const bytes = body instanceof Uint8Array ? body.byteLength : Number.POSITIVE_INFINITY;
      return fetch(input, { ...init, keepalive: isHidden && bytes <= mostKeptAlive });
    },
  });
  return { transport, duplex: false, close: () => {} };
}

/** A page that is hidden may never run again: what has been logged is sent then. Its runs go on, since it may come back. */
function beforeLeaving(runs: LeavingRuns): () => void {
  if (typeof document === "undefined") return () => {};
  const onChange = (event: Event) => {
    isHidden = event.type === "pagehide" || document.visibilityState === "hidden";
    if (isHidden) void runs.flush();
  };
  document.addEventListener("visibilitychange", onChange);
  addEventListener("pagehide", onChange);
  return () => {
    document.removeEventListener("visibilitychange", onChange);
    removeEventListener("pagehide", onChange);
  };
}
