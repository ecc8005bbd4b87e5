import { type Access, type AddressedProject, noProject } from "../auth/access.ts";
import { projectReferenceKey } from "../auth/context-keys.ts";
import { local } from "../auth/principal.ts";
import type { Gatekeeper } from "./authenticate.ts";
import { briefCache, longestLife } from "./brief-cache.ts";

const nowhere: Access = { principal: local, project: undefined, role: "owner" };

/**
 * An open server: everyone who reaches it is the same principal, who owns every project.
 * @param findProject by a numeric id or a path; undefined when there is none.
 * @param defaultProject the path of the project that a call without a reference is about.
 */
export function localGate(
  findProject: (reference: string) => Promise<AddressedProject | undefined>,
  defaultProject: string,
): Gatekeeper & { forget(): void } {
  const known = briefCache<Access>(() => longestLife);
  const look = async (reference: string): Promise<Access> => {
    const project = await findProject(reference);
    // Not remembered, so that a new project is there at once.
    if (project === undefined) throw noProject(reference);
    return { principal: local, project, role: "owner" };
  };
  return {
    find(call, aboutProject) {
      if (!aboutProject) return nowhere;
      const reference = call.get(projectReferenceKey) ?? defaultProject;
      return known.get(reference) ?? known.fill(reference, look(reference));
    },
    projectName: (call) => call.get(projectReferenceKey) ?? defaultProject,
    forget: known.drop,
  };
}
