import type { Interceptor } from "@connectrpc/connect";
import { projectKey, projectReferenceKey } from "../auth/context-keys.ts";
import { permissionOf } from "../auth/permissions.ts";
import { local, principalKey } from "../auth/principal.ts";
import { notFound } from "../errors.ts";

/**
 * Establishes who calls and in which project. Local mode needs no credentials: everyone who reaches the server is the same
 * principal.
 * @param findProject the id of the project with this numeric id or path; undefined when there is none.
 * @param defaultProject the path of the project that a call without a reference is about.
 */
export function authenticate(
  findProject: (reference: string) => Promise<bigint | undefined>,
  defaultProject: string,
): Interceptor {
  return (next) => async (request) => {
    const { contextValues } = request;
    contextValues.set(principalKey, local);
    if (permissionOf(request.method)?.resource !== "server") {
      const reference = contextValues.get(projectReferenceKey) ?? defaultProject;
      const project = await findProject(reference);
      if (project === undefined) throw notFound(`Project '${reference}' not found`);
      contextValues.set(projectKey, project);
    }
    return next(request);
  };
}
