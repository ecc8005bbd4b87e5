import type { FastifyReply } from "fastify";

/** Milliseconds for which a client may take nothing of a download before it is cut off. */
const longestStall = 120_000;

/** Cuts an answer off of which its reader takes nothing any more. */
export function cutWhenStalled(response: FastifyReply["raw"]): void {
  response.setTimeout(longestStall, () => response.destroy());
}
