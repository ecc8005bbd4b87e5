import type { Interceptor } from "@connectrpc/connect";
import { requirePermission } from "../auth/access.ts";
import { accessKey } from "../auth/context-keys.ts";
import { permissionOf } from "../auth/permissions.ts";
import { LoggiaError } from "../errors.ts";

/**
 * Lets a call through when its caller may make it: by the scopes of the token, the role in the project, and the state of the
 * project. The message has not been read yet, so nothing of it is judged before this.
 */
export const authorize: Interceptor = (next) => (request) => {
  const permission = permissionOf(request.method);
  const access = request.contextValues.get(accessKey);
  if (permission === undefined || access === undefined)
    throw new LoggiaError("PERMISSION_DENIED", `Permission denied for ${request.method.name}.`);
  requirePermission(access, permission, request.method.name);
  return next(request);
};
