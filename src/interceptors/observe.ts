import type { Interceptor } from "@connectrpc/connect";
import { projectKey, protocolKey, requestIdKey } from "../auth/context-keys.ts";
import { asLoggiaError } from "./errors.ts";
import type { Log } from "./log.ts";

/** Milliseconds from which a call is worth a line by itself. */
const slow = 1000;

/**
 * One structured line per call: what, for which project, how it ended, in how many milliseconds. Calls that are quick and
 * good are lines of level debug, so the hot path pays for none.
 */
export function observe(log: Log): Interceptor {
  return (next) => async (request) => {
    const start = performance.now();
    const record = (status: string, httpStatus: number, cause?: unknown) => {
      const ms = performance.now() - start;
      const level = httpStatus >= 500 ? "warn" : status !== "OK" || ms >= slow ? "info" : "debug";
      log[level](
        {
          request_id: request.contextValues.get(requestIdKey),
          rpc: `${request.service.typeName}/${request.method.name}`,
          protocol: request.contextValues.get(protocolKey),
          project: String(request.contextValues.get(projectKey)),
          status,
          ms: Math.round(ms * 100) / 100,
          // Why the server could not, which its caller is not told.
          ...(httpStatus >= 500 && cause instanceof Error && { cause: cause.message }),
        },
        "call",
      );
    };
    try {
      const response = await next(request);
      record("OK", 200);
      return response;
    } catch (error) {
      const known = asLoggiaError(error);
      record(known?.code ?? "INTERNAL_ERROR", known?.status ?? 500, known?.cause);
      throw error;
    }
  };
}
