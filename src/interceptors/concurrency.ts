import type { Interceptor } from "@connectrpc/connect";
import { addressBlock } from "../auth/address.ts";
import { addressKey, principalKey } from "../auth/context-keys.ts";
import type { Principal } from "../auth/principal.ts";
import { LoggiaError } from "../errors.ts";

/**
 * Limits how many calls of one token are worked on at a time; whoever calls without one is counted by address. A stream
 * counts until its end. The local principal has the machine to itself.
 */
export function limitConcurrency(most: number): Interceptor {
  // By the id of the token, or by the address.
  const running = new Map<bigint | string, number>();
  return (next) => async (request) => {
    const key = counted(request.contextValues.get(principalKey), request.contextValues.get(addressKey));
    if (key === undefined) return next(request);
    const count = running.get(key) ?? 0;
    if (count >= most)
      throw new LoggiaError(
        "REQUEST_LIMIT_EXCEEDED",
        `At most ${most} calls of one token are worked on at a time.`,
        { retryAfter: 1 },
      );
    running.set(key, count + 1);
    const release = () => {
      const left = (running.get(key) ?? 1) - 1;
      if (left === 0) running.delete(key);
      else running.set(key, left);
    };
    try {
      const response = await next(request);
      if (!response.stream) {
        release();
        return response;
      }
      const end = once(release);
      request.signal.addEventListener("abort", end);
      return { ...response, message: releasing(response.message, end) };
    } catch (error) {
      release();
      throw error;
    }
  };
}

function counted(principal: Principal | undefined, address: string): bigint | string | undefined {
  if (principal === undefined || principal.kind === "local") return undefined;
  return principal.kind === "token" ? principal.tokenId : addressBlock(address);
}

function once(act: () => void): () => void {
  let done = false;
  return () => {
    if (!done) act();
    done = true;
  };
}

async function* releasing<T>(messages: AsyncIterable<T>, release: () => void) {
  try {
    yield* messages;
  } finally {
    release();
  }
}
