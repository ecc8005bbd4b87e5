import type { Interceptor } from "@connectrpc/connect";
import { permissionOf } from "../auth/permissions.ts";
import { cancelledWith } from "../store/cancellation.ts";

/**
 * Ends the queries of a read when its caller has gone or its deadline has passed. Writes are done to their end: they are
 * short, and shared with others.
 */
export const cancelReads: Interceptor = (next) => (request) =>
  !request.stream && permissionOf(request.method)?.action === "read"
    ? cancelledWith(request, () => next(request))
    : next(request);
