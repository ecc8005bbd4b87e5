import type { Interceptor } from "@connectrpc/connect";
import { requirePermission } from "../auth/access.ts";
import { type Gatekeeper, seenAccess } from "./authenticate.ts";

/**
 * Asks again, before each message of a stream, whether its caller may still make the call: a stream does not outlive the
 * token, the membership or the project that it began with. One on which nothing happens ends with its next message.
 */
export function lastingAccess(gate: Gatekeeper): Interceptor {
  return (next) => async (request) => {
    if (!request.stream) return next(request);
    const check = async () => {
      const { access, permission } = await seenAccess(gate, request);
      requirePermission(access, permission, request.method.name);
    };
    const response = await next({ ...request, message: checked(request.message, check) });
    return response.stream ? { ...response, message: checked(response.message, check) } : response;
  };
}

async function* checked<T>(messages: AsyncIterable<T>, check: () => Promise<void>) {
  for await (const message of messages) {
    await check();
    yield message;
  }
}
