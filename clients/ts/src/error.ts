import { Code, ConnectError } from "@connectrpc/connect";
import { DatabricksServiceExceptionProtoSchema, ErrorCode } from "./gen/mlflow/databricks_pb.js";

/** A name of MLflow's ErrorCode enum, as in `error_code` of its REST answers. */
export type ErrorName = keyof typeof ErrorCode;

/** An error of a call, whatever the protocol. */
export class LoggiaError extends Error {
  override readonly name = "LoggiaError";
  /** What MLflow calls it: `RESOURCE_DOES_NOT_EXIST`. Of a call that did not reach the server, `TEMPORARILY_UNAVAILABLE`. */
  readonly code: ErrorName;
  /** What Connect and gRPC call it; tells `Code.Canceled` and `Code.DeadlineExceeded`, for which MLflow has no name. */
  readonly status: Code;
  /** Milliseconds after which the server would have the call repeated; undefined when it does not say. */
  readonly retryAfter: number | undefined;
  /** Headers and trailers of the answer. */
  readonly metadata: Headers;

  constructor(
    code: ErrorName,
    message: string,
    { status = Code.Unknown, retryAfter, metadata = new Headers(), cause }: LoggiaErrorOptions = {},
  ) {
    super(message, { cause });
    this.code = code;
    this.status = status;
    this.retryAfter = retryAfter;
    this.metadata = metadata;
  }

  /** Whether the same call may succeed later: the server is away, busy or too slow, or the limit of a time is reached. */
  get isTemporary(): boolean {
    return (
      this.status === Code.Unavailable ||
      this.status === Code.ResourceExhausted ||
      this.status === Code.DeadlineExceeded ||
      this.status === Code.Aborted
    );
  }

  /** Anything that was thrown as a LoggiaError: MLflow's code is the typed detail that the server sends with every error. */
  static from(reason: unknown): LoggiaError {
    if (reason instanceof LoggiaError) return reason;
    const error = ConnectError.from(reason);
    const [detail] = error.findDetails(DatabricksServiceExceptionProtoSchema);
    const code = detail === undefined ? codes[error.code] : ErrorCode[detail.errorCode];
    return new LoggiaError((code as ErrorName | undefined) ?? "INTERNAL_ERROR", error.rawMessage, {
      status: error.code,
      retryAfter: milliseconds(error.metadata.get("retry-after")),
      metadata: error.metadata,
      cause: reason,
    });
  }
}

export interface LoggiaErrorOptions {
  status?: Code;
  retryAfter?: number | undefined;
  metadata?: Headers;
  cause?: unknown;
}

/** For errors without a detail: of the transport, or of what stands before the server. */
const codes: Partial<Record<Code, ErrorName>> = {
  [Code.InvalidArgument]: "INVALID_PARAMETER_VALUE",
  [Code.OutOfRange]: "INVALID_PARAMETER_VALUE",
  [Code.NotFound]: "RESOURCE_DOES_NOT_EXIST",
  [Code.AlreadyExists]: "RESOURCE_ALREADY_EXISTS",
  [Code.Unauthenticated]: "CUSTOMER_UNAUTHORIZED",
  [Code.PermissionDenied]: "PERMISSION_DENIED",
  [Code.Unimplemented]: "ENDPOINT_NOT_FOUND",
  [Code.ResourceExhausted]: "REQUEST_LIMIT_EXCEEDED",
  [Code.Unavailable]: "TEMPORARILY_UNAVAILABLE",
  [Code.Aborted]: "TEMPORARILY_UNAVAILABLE",
  [Code.Canceled]: "TEMPORARILY_UNAVAILABLE",
  [Code.DeadlineExceeded]: "TEMPORARILY_UNAVAILABLE",
};

/** RFC 9110 has Retry-After in seconds or as a date. */
function milliseconds(retryAfter: string | null): number | undefined {
  if (retryAfter === null || retryAfter === "") return undefined;
  const seconds = Number(retryAfter);
  const wait = Number.isNaN(seconds) ? Date.parse(retryAfter) - Date.now() : seconds * 1000;
  return Number.isNaN(wait) ? undefined : Math.max(0, wait);
}
