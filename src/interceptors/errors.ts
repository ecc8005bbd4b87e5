import { Code, ConnectError, type Interceptor } from "@connectrpc/connect";
import { FilterErrorSchema } from "../../gen/loggia/v1/errors_pb.js";
import { DatabricksServiceExceptionProtoSchema, ErrorCode } from "../../gen/mlflow/databricks_pb.js";
import { requestIdKey, responseHeaderKey } from "../auth/context-keys.ts";
import { catalogue, challenge, type ErrorName, LoggiaError } from "../errors.ts";
import { causedBy, hasLeft } from "./leaving.ts";
import type { Log } from "./log.ts";

/**
 * Gives every error that leaves a call its one form: a ConnectError with MLflow's ErrorCode as a typed detail, so that any
 * gRPC client reads what REST prints. What nobody wrote for a caller is logged with its cause and leaves as INTERNAL_ERROR
 * with the request id alone; what comes of the caller's having left is nobody's error.
 */
export function errors(log: Log): Interceptor {
  return (next) => async (request) => {
    const present = (error: unknown) => {
      const requestId = request.contextValues.get(requestIdKey);
      if (hasLeft(request.signal) && causedBy(request.signal, error))
        return new ConnectError("The caller has left.", Code.Canceled, undefined, undefined, error);
      const presented = asLoggiaError(error) ?? hidden(error, requestId, log);
      if (presented.status === 401)
        request.contextValues.get(responseHeaderKey)?.set("www-authenticate", challenge);
      return toConnectError(presented);
    };
    try {
      const response = await next(request);
      if (!response.stream) return response;
      return { ...response, message: presenting(response.message, present) };
    } catch (error) {
      throw present(error);
    }
  };
}

async function* presenting<T>(messages: AsyncIterable<T>, present: (error: unknown) => ConnectError) {
  try {
    yield* messages;
  } catch (error) {
    throw present(error);
  }
}

/** The error that a caller may see; undefined when its text was not written for one. */
export function asLoggiaError(error: unknown): LoggiaError | undefined {
  if (error instanceof LoggiaError) return error;
  if (!(error instanceof ConnectError)) return undefined;
  if (error.cause instanceof LoggiaError) return error.cause;
  const code = names[error.code];
  return code === undefined ? undefined : new LoggiaError(code, error.rawMessage, { cause: error });
}

/** The names for errors that Connect itself makes, of which an RPC without an implementation is one. */
const names: Partial<Record<Code, ErrorName>> = {
  [Code.InvalidArgument]: "INVALID_PARAMETER_VALUE",
  [Code.OutOfRange]: "INVALID_PARAMETER_VALUE",
  [Code.NotFound]: "RESOURCE_DOES_NOT_EXIST",
  [Code.AlreadyExists]: "RESOURCE_ALREADY_EXISTS",
  [Code.Unauthenticated]: "CUSTOMER_UNAUTHORIZED",
  [Code.PermissionDenied]: "PERMISSION_DENIED",
  [Code.Unimplemented]: "ENDPOINT_NOT_FOUND",
  [Code.ResourceExhausted]: "REQUEST_LIMIT_EXCEEDED",
  [Code.Unavailable]: "TEMPORARILY_UNAVAILABLE",
  [Code.Canceled]: "TEMPORARILY_UNAVAILABLE",
  [Code.DeadlineExceeded]: "TEMPORARILY_UNAVAILABLE",
};

/** Logs an error that nobody foresaw, and stands in for it. */
export function hidden(error: unknown, requestId: string, log: Log): LoggiaError {
  log.error({ err: error, request_id: requestId }, "internal error");
  return new LoggiaError("INTERNAL_ERROR", `Internal error (request id ${requestId}).`, { cause: error });
}

function toConnectError(error: LoggiaError): ConnectError {
  const { code, message, retryAfter, place } = error;
  return new ConnectError(
    message,
    catalogue[code].connect,
    retryAfter === undefined ? undefined : { "retry-after": String(retryAfter) },
    [
      { desc: DatabricksServiceExceptionProtoSchema, value: { errorCode: ErrorCode[code], message } },
      ...(place === undefined ? [] : [{ desc: FilterErrorSchema, value: { ...place } }]),
    ],
    error,
  );
}
