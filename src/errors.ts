/**
 * The one catalogue of errors. Code below the edge throws a LoggiaError with a name of MLflow 1.28's ErrorCode enum
 * and a sentence for the caller; the edge decides status and code from this table (behaviour.md §3).
 */
import { Code } from "@connectrpc/connect";

export const catalogue = {
  BAD_REQUEST: { status: 400, connect: Code.InvalidArgument },
  INVALID_PARAMETER_VALUE: { status: 400, connect: Code.InvalidArgument },
  RESOURCE_ALREADY_EXISTS: { status: 400, connect: Code.AlreadyExists },
  CUSTOMER_UNAUTHORIZED: { status: 401, connect: Code.Unauthenticated },
  PERMISSION_DENIED: { status: 403, connect: Code.PermissionDenied },
  RESOURCE_DOES_NOT_EXIST: { status: 404, connect: Code.NotFound },
  ENDPOINT_NOT_FOUND: { status: 404, connect: Code.Unimplemented },
  REQUEST_LIMIT_EXCEEDED: { status: 429, connect: Code.ResourceExhausted },
  INTERNAL_ERROR: { status: 500, connect: Code.Internal },
  TEMPORARILY_UNAVAILABLE: { status: 503, connect: Code.Unavailable },
} as const;

/** A name of MLflow 1.28's ErrorCode enum; any other name would crash the 1.28 Python client. */
export type ErrorName = keyof typeof catalogue;

/** A stretch of a filter, or of an item of an order_by; offset and length count code points. */
export interface ErrorPlace {
  parameter: "filter" | "order_by";
  /** Which item of the order_by, from 0. */
  item: number;
  offset: number;
  length: number;
}

export interface LoggiaErrorOptions {
  /** What really happened, for the log; never shown to a caller. */
  cause?: unknown;
  /** Seconds after which a retry makes sense; becomes the Retry-After header. */
  retryAfter?: number;
  /** Where the mistake is, in a text that was sent. */
  place?: ErrorPlace | undefined;
  /** An HTTP status where the table's is too coarse (405, 413, 416); the error_code stays the named one. */
  status?: number;
}

/** What stands in `WWW-Authenticate` beside every 401. Basic is taken as well, and not offered: a browser would ask for a password. */
export const challenge = 'Bearer realm="loggia"';

/** An error whose message is written for the caller. */
export class LoggiaError extends Error {
  override readonly name = "LoggiaError";
  readonly code: ErrorName;
  readonly status: number;
  readonly retryAfter: number | undefined;
  readonly place: ErrorPlace | undefined;

  constructor(
    code: ErrorName,
    message: string,
    { cause, retryAfter, status, place }: LoggiaErrorOptions = {},
  ) {
    super(message, { cause });
    this.code = code;
    this.status = status ?? catalogue[code].status;
    this.retryAfter = retryAfter;
    this.place = place;
  }

  /** The same error, known to be there. */
  at(place: ErrorPlace): LoggiaError {
    return new LoggiaError(this.code, this.message, { cause: this.cause, status: this.status, place });
  }
}

/** 400 INVALID_PARAMETER_VALUE. */
export const invalid = (message: string) => new LoggiaError("INVALID_PARAMETER_VALUE", message);

/** 404 RESOURCE_DOES_NOT_EXIST; also the answer for what exists in another project. */
export const notFound = (message: string) => new LoggiaError("RESOURCE_DOES_NOT_EXIST", message);

/** 400 RESOURCE_ALREADY_EXISTS. */
export const alreadyExists = (message: string) => new LoggiaError("RESOURCE_ALREADY_EXISTS", message);
