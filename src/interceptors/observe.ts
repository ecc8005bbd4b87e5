import type { Interceptor } from "@connectrpc/connect";
import { projectKey, protocolKey, requestIdKey } from "../auth/context-keys.ts";
import { asLoggiaError } from "./errors.ts";
import { hasLeft } from "./leaving.ts";
import type { Log } from "./log.ts";

/** Milliseconds from which a call is worth a line by itself. */
const slow = 1000;

/**
 * One structured line per call, a stream's at its end: what, for which project, how it ended, in how many milliseconds.
 * Calls that are quick and good are lines of level debug, so the hot path pays for none. Of a stream that its caller left
 * the status is CANCELLED, and of any other call that failed after its caller had left.
 */
export function observe(log: Log): Interceptor {
  return (next) => async (request) => {
    const start = performance.now();
    const record = (status: string, httpStatus: number, cause?: unknown) => {
      const ms = performance.now() - start;
      const level = httpStatus >= 500 ? "warn" : status !== "OK" || ms >= slow ? "info" : "debug";
      if (level === "debug" && !keepsDebug(log)) return;
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
    const recordFailure = (error: unknown) => {
      const known = asLoggiaError(error);
      record(known?.code ?? "INTERNAL_ERROR", known?.status ?? 500, known?.cause);
    };
    try {
      const response = await next(request);
      if (response.stream)
        return { ...response, message: recorded(response.message, request.signal, record, recordFailure) };
      record("OK", 200);
      return response;
    } catch (error) {
      if (hasLeft(request.signal)) record("CANCELLED", 499);
      else recordFailure(error);
      throw error;
    }
  };
}

const keepsDebug = ({ level }: Log) => level === "debug" || level === "trace";

async function* recorded<T>(
  messages: AsyncIterable<T>,
  signal: AbortSignal,
  record: (status: string, httpStatus: number) => void,
  recordFailure: (error: unknown) => void,
): AsyncGenerator<T> {
  let isOver = false;
  try {
    yield* messages;
    isOver = true;
    // Who reads requests sees them end when their sender leaves.
    if (hasLeft(signal)) record("CANCELLED", 499);
    else record("OK", 200);
  } catch (error) {
    isOver = true;
    if (hasLeft(signal)) record("CANCELLED", 499);
    else recordFailure(error);
    throw error;
  } finally {
    // Whoever reads no further says nothing.
    if (!isOver) record("CANCELLED", 499);
  }
}
