/** What the errors of Postgres and of its connections mean to a caller. */
import pg from "pg";
import { LoggiaError } from "../errors.ts";

const retryAfter = 1;

const message = "The database cannot be reached at the moment. Try again.";

const unavailable = (cause: unknown) =>
  new LoggiaError("TEMPORARILY_UNAVAILABLE", message, { cause, retryAfter });

/** The database gives no connection or no answer: to ask it again at once would be in vain. */
export class DatabaseAway extends LoggiaError {
  constructor(cause: unknown) {
    super("TEMPORARILY_UNAVAILABLE", message, { cause, retryAfter });
  }
}

/** The LoggiaError for a Postgres error by its SQLSTATE, or the error itself when no caller could be to blame. */
export function named(error: unknown): unknown {
  // Has its name already: of a query that was cancelled it is not that it took too long (cancellation.ts).
  if (error instanceof LoggiaError) return error;
  const state = sqlState(error);
  if (state === undefined) return isBrokenConnection(error) ? unavailable(error) : error;
  if (state === "57014")
    return new LoggiaError(
      "INVALID_PARAMETER_VALUE",
      "The request took longer than the server allows and was stopped. Narrow it: fewer experiments, a more selective filter, or fewer results.",
      { cause: error },
    );
  // What was there when the request was checked is gone: it was purged meanwhile.
  if (state === "23503")
    return new LoggiaError("RESOURCE_DOES_NOT_EXIST", "What the request refers to was removed meanwhile.", {
      cause: error,
    });
  if (/^(08|53|57P|40001|40P01|55P03|25P03)/.test(state)) return unavailable(error);
  // 22: a value that Postgres cannot hold, such as a NUL character. What gets here slipped past the checks of the service.
  if (/^22/.test(state))
    return new LoggiaError("INVALID_PARAMETER_VALUE", "A value of the request cannot be stored.", {
      cause: error,
    });
  return error;
}

/** The SQLSTATE of a Postgres error, or of the one that caused it. */
export function sqlState(error: unknown): string | undefined {
  if (error instanceof pg.DatabaseError) return error.code;
  return error instanceof Error && error.cause !== undefined ? sqlState(error.cause) : undefined;
}

/** Whether the connection ended under a statement, while the database may well be there for another one. */
export function isConnectionLost(error: unknown): boolean {
  if (error instanceof DatabaseAway) return false;
  const state = sqlState(error);
  if (state !== undefined) return /^(08|57P|25P03)/.test(state);
  return isBrokenConnection(error instanceof LoggiaError ? error.cause : error);
}

const isBrokenConnection = (error: unknown) =>
  error instanceof Error &&
  (/^(ECONN|EPIPE|EHOST|ENET|ENOENT|ETIMEDOUT)/.test(String((error as NodeJS.ErrnoException).code)) ||
    /Connection terminated|timeout exceeded when trying to connect|not queryable/.test(error.message));
