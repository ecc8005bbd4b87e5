import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { challenge, LoggiaError } from "../errors.ts";
import { asLoggiaError, hidden } from "../interceptors/errors.ts";

/**
 * Every error of plain HTTP is MLflow's object on one line, whatever went wrong and wherever (behaviour.md §3).
 * @param otherwise answers what no route has, if it has an answer.
 */
export function answerErrors(
  app: FastifyInstance,
  otherwise: (request: FastifyRequest, reply: FastifyReply) => FastifyReply | undefined = () => undefined,
): void {
  app.setErrorHandler(sendAnyError);
  app.setNotFoundHandler(
    (request, reply) => otherwise(request, reply) ?? sendError(reply, noSuchEndpoint(request)),
  );
}

/** Sends what was thrown, or a stand-in when its text was not written for a caller. */
export const sendAnyError = (error: unknown, request: FastifyRequest, reply: FastifyReply): FastifyReply =>
  sendError(reply, asLoggiaError(error) ?? ofFastify(error) ?? hidden(error, request.id, request.log));

/** Sends `error` as `{"error_code","message"}` with its status. */
export function sendError(
  reply: FastifyReply,
  { code, message, status, retryAfter }: LoggiaError,
): FastifyReply {
  if (retryAfter !== undefined) reply.header("retry-after", String(retryAfter));
  if (status === 401) reply.header("www-authenticate", challenge);
  return reply
    .code(status)
    .header("content-type", "application/json")
    .send(JSON.stringify({ error_code: code, message: message.toWellFormed() }));
}

/** 404 ENDPOINT_NOT_FOUND: every MLflow client knows this name, and falls back on an older call where it has one. */
export const noSuchEndpoint = (request: FastifyRequest) =>
  new LoggiaError("ENDPOINT_NOT_FOUND", `No endpoint ${request.method} ${pathOf(request.originalUrl)}`);

/**
 * 405 with the same error_code: for a client, the pair of method and path is an endpoint that is not there, and 1.28 knows
 * no better name.
 */
export const wrongMethod = (request: FastifyRequest) =>
  new LoggiaError(
    "ENDPOINT_NOT_FOUND",
    `The method ${request.method} is not allowed for ${pathOf(request.originalUrl)}`,
    { status: 405 },
  );

/** The path without its query, which may hold what should not be repeated; long ones are cut. */
const pathOf = (url: string) => (url.split("?")[0] ?? "").slice(0, 500);

/** What Fastify refuses before a handler runs, as a URL that cannot be decoded. */
function ofFastify(error: unknown): LoggiaError | undefined {
  if (!(error instanceof Error) || !("statusCode" in error)) return undefined;
  const { statusCode } = error;
  if (typeof statusCode !== "number" || statusCode < 400 || statusCode >= 500) return undefined;
  return new LoggiaError("INVALID_PARAMETER_VALUE", error.message, { cause: error, status: statusCode });
}
