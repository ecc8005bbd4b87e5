import type { StreamResponse, UnaryResponse } from "@connectrpc/connect";
import { inProjects, keepingScope, type Scope } from "../store/scope.ts";

type Response = UnaryResponse | StreamResponse;

/** Has a call's statements see `scope` alone, those too that are sent while a stream of answers is being read. */
export async function withScope(scope: Scope, call: () => Promise<Response>): Promise<Response> {
  return inProjects(scope, async () => {
    const response = await call();
    return response.stream ? { ...response, message: keepingScope(response.message) } : response;
  });
}
