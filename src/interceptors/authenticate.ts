import type { ContextValues, Interceptor, StreamRequest, UnaryRequest } from "@connectrpc/connect";
import { type Access, type AddressedProject, noProject, sees } from "../auth/access.ts";
import { accessKey, credentialKey, principalKey, projectKey, roleKey } from "../auth/context-keys.ts";
import { type Permission, permissionOf } from "../auth/permissions.ts";
import { anonymous } from "../auth/principal.ts";
import { isSession } from "../auth/session-cookie.ts";
import { LoggiaError } from "../errors.ts";
import { withScope } from "./scope.ts";

/** Finds out who calls and what they are in the project they address. */
export interface Gatekeeper {
  /**
   * Not a promise when the answer is at hand, so that a call that is one of many waits for nothing.
   * @param aboutProject whether the call is about a project at all.
   * @throws LoggiaError CUSTOMER_UNAUTHORIZED, REQUEST_LIMIT_EXCEEDED
   */
  find(call: ContextValues, aboutProject: boolean): Access | Promise<Access>;
  /** How the call names its project, for a person to read. */
  projectName(call: ContextValues): string;
}

/**
 * Establishes who calls, in which project and with which role. A project that the caller may not know of answers like one
 * that is not there, and before anything else of the request is looked at (gitlab.md §1). The statements of what follows see
 * that project alone.
 */
export function authenticate(gate: Gatekeeper): Interceptor {
  return (next) => async (request) => {
    const seen = seenAccess(gate, request);
    const { access, project } = seen instanceof Promise ? await seen : seen;
    const { principal, role } = access;
    const { contextValues } = request;
    contextValues.set(principalKey, principal).set(accessKey, access);
    // What is about no project is about all that the caller may know of, or about who they are.
    if (project === undefined) return withScope("all", request, next);
    contextValues.set(projectKey, project.id).set(roleKey, role);
    return withScope([project.id], request, next);
  };
}

interface SeenAccess {
  access: Access;
  permission: Permission;
  /** undefined when the call is about none. */
  project: AddressedProject | undefined;
}

/**
 * Who makes a call, in a project of which they may know.
 * @throws LoggiaError RESOURCE_DOES_NOT_EXIST when there is no such project; CUSTOMER_UNAUTHORIZED, REQUEST_LIMIT_EXCEEDED
 */
export function seenAccess(
  gate: Gatekeeper,
  { method, contextValues }: Pick<UnaryRequest | StreamRequest, "method" | "contextValues">,
): SeenAccess | Promise<SeenAccess> {
  const permission = permissionOf(method);
  if (permission === undefined)
    throw new LoggiaError("PERMISSION_DENIED", `Permission denied for ${method.name}.`);
  const aboutProject = permission.resource !== "server";
  const see = (access: Access) => {
    const project = aboutProject ? access.project : undefined;
    if (aboutProject && (project === undefined || !sees(access, permission)))
      throw noProject(gate.projectName(contextValues));
    return { access, permission, project };
  };
  const found =
    permission.action === "open" ? whoever(gate, contextValues) : gate.find(contextValues, aboutProject);
  return found instanceof Promise ? found.then(see) : see(found);
}

/** Who calls what is for everyone: nobody in particular where they have no credential, or a session that has ended. */
async function whoever(gate: Gatekeeper, call: ContextValues): Promise<Access> {
  const credential = call.get(credentialKey);
  try {
    return await gate.find(call, false);
  } catch (error) {
    // A browser goes on to send a session that has ended, and must not be kept from a new one for that.
    const isOver =
      error instanceof LoggiaError &&
      (error.code === "CUSTOMER_UNAUTHORIZED" || error.code === "REQUEST_LIMIT_EXCEEDED") &&
      (credential === undefined || isSession(credential));
    if (!isOver) throw error;
    return { principal: anonymous, project: undefined, role: undefined };
  }
}
