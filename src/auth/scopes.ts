import type { Action, Resource } from "./permissions.ts";

/**
 * What a token may be used for, whatever role its holder has. Scopes go by operation and not by HTTP verb: `read_api` may
 * search, though a search is a POST.
 *
 * - `api`: everything that the role allows.
 * - `read_api`: whatever reads.
 * - `write_runs`: log and search experiments, runs and logged models.
 * - `read_artifacts`, `write_artifacts`: the bytes, and the records by which clients find where they lie.
 * - `admin_project`: the project's settings, members, tokens and audit log, and none of what it holds.
 */
export const scopes = [
  "api",
  "read_api",
  "write_runs",
  "read_artifacts",
  "write_artifacts",
  "admin_project",
] as const;

export type Scope = (typeof scopes)[number];

export const isScope = (text: string): text is Scope => (scopes as readonly string[]).includes(text);

const logged: readonly Resource[] = ["experiment", "run", "model"];
const located: readonly Resource[] = ["experiment", "run", "model", "registry"];
const governed: readonly Resource[] = ["project", "member", "token", "audit"];

const rules: Record<Scope, (resource: Resource, action: Action) => boolean> = {
  api: () => true,
  read_api: (_resource, action) => action === "read",
  write_runs: (resource, action) => logged.includes(resource) && (action === "read" || action === "write"),
  read_artifacts: (resource, action) =>
    action === "read" && (resource === "artifact" || located.includes(resource)),
  write_artifacts: (resource, action) =>
    resource === "artifact"
      ? action === "read" || action === "write"
      : action === "read" && located.includes(resource),
  admin_project: (resource) => governed.includes(resource),
};

/** Whether one of `held` allows the operation. What any token may read of the server, such as facts about itself, needs none in particular. */
export function allows(held: ReadonlySet<Scope>, resource: Resource, action: Action): boolean {
  if (resource === "server" && action === "read") return held.size > 0;
  for (const scope of held) if (rules[scope](resource, action)) return true;
  return false;
}
