import type { FastifyInstance, FastifyRequest } from "fastify";
import { invalid, LoggiaError } from "../errors.ts";

/** HTTP/2's pseudo-headers not counted (security.md §6). */
export const mostHeaders = 64;

/**
 * Refuses a head that another program on the way may read otherwise than we do, or that is made to be costly. What Node's
 * parser refuses by itself (both lengths at once, two different lengths, bare line feeds) does not come this far.
 */
export function refuseBadHeads(app: FastifyInstance): void {
  app.addHook("onRequest", (request, reply, done) => {
    const error = faultOf(request);
    // Where such a request ends is as doubtful as what it means.
    if (error !== undefined && request.raw.httpVersionMajor === 1) reply.header("connection", "close");
    done(error);
  });
}

function faultOf({ raw, headers }: FastifyRequest): LoggiaError | undefined {
  const { rawHeaders } = raw;
  const pseudo = raw.httpVersionMajor > 1 ? 4 : 0;
  if (rawHeaders.length > 2 * (mostHeaders + pseudo))
    return new LoggiaError("INVALID_PARAMETER_VALUE", `A request has at most ${mostHeaders} headers.`, {
      status: 431,
    });
  if (raw.httpVersionMajor > 1) return undefined;
  const coding = headers["transfer-encoding"];
  if (coding !== undefined && coding.toLowerCase() !== "chunked")
    return invalid("The only Transfer-Encoding of a request is chunked.");
  if (!raw.url?.startsWith("/") && raw.url !== "*") return invalid("The request's target is not a path.");
  return repeatsHost(rawHeaders) ? invalid("The request has more than one Host.") : undefined;
}

function repeatsHost(rawHeaders: readonly string[]): boolean {
  let count = 0;
  for (let i = 0; i < rawHeaders.length; i += 2) {
    const name = rawHeaders[i];
    if (name?.length === 4 && name.toLowerCase() === "host") count++;
  }
  return count > 1;
}
