import type { FastifyReply } from "fastify";

/** Milliseconds for which a client may take nothing of a download before it is cut off. */
const longestStall = 120_000;

/**
 * Cuts an answer off of which its reader takes nothing any more.
 * @param stall milliseconds for which it may take nothing.
 */
export function cutWhenStalled(response: FastifyReply["raw"], stall = longestStall): void {
  response.setTimeout(stall, () => response.destroy());
}
