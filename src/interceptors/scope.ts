import type { StreamRequest, StreamResponse, UnaryRequest, UnaryResponse } from "@connectrpc/connect";
import { inProjects, keepingScope, type Scope } from "../store/scope.ts";

type Response = UnaryResponse | StreamResponse;

/** Has a call's statements see `scope` alone, those too that are sent while a stream of answers is being read. */
export function withScope(
  scope: Scope,
  request: UnaryRequest | StreamRequest,
  next: (request: UnaryRequest | StreamRequest) => Promise<Response>,
): Promise<Response> {
  if (!request.stream) return inProjects(scope, () => next(request));
  return inProjects(scope, async () => {
    const response = await next(request);
    return response.stream ? { ...response, message: keepingScope(response.message) } : response;
  });
}
