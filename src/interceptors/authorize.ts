import type { Interceptor } from "@connectrpc/connect";
import { permissionOf } from "../auth/permissions.ts";
import { principalKey } from "../auth/principal.ts";
import { LoggiaError } from "../errors.ts";

/** Lets a call through when its principal has the permission that the table declares; the local one has all of them. */
export const authorize: Interceptor = (next) => (request) => {
  const permission = permissionOf(request.method);
  if (permission === undefined || request.contextValues.get(principalKey)?.kind !== "local")
    throw new LoggiaError("PERMISSION_DENIED", `Permission denied for ${request.method.name}.`);
  return next(request);
};
