import { isIP } from "node:net";
import type { FastifyRequest } from "fastify";
import { plainAddress } from "../auth/address.ts";

/**
 * The address of the client: of the connection, or, where that comes from a proxy that the settings trust, the last one of
 * X-Forwarded-For that is no such proxy (Fastify's `trustProxy`). What anyone else writes there counts for nothing. "" once
 * the connection is gone.
 */
export function clientAddress(request: FastifyRequest): string {
  const { ip } = request;
  return plainAddress(isIP(ip) > 0 ? ip : (request.raw.socket.remoteAddress ?? ""));
}
