import { LoggiaError } from "../errors.ts";
import type { Action, Resource } from "./permissions.ts";
import type { Principal } from "./principal.ts";
import { atLeast, type Role } from "./roles.ts";
import { allows, type Scope } from "./scopes.ts";

/** What a token is to be able to do. */
export interface Rights {
  scopes: readonly Scope[];
  /** At most; undefined: whatever its user may. */
  role: Role | undefined;
  /** The only project in which it is of use; undefined: wherever its user has a part. */
  project: bigint | undefined;
}

/**
 * Sees to it that nobody hands out more than they have.
 * @param most the role that the giver has at most; undefined when nothing limits it.
 * @throws LoggiaError PERMISSION_DENIED
 */
export function requireGrantable(giver: Principal, most: Role | undefined, rights: Rights): void {
  if (giver.kind === "local") return;
  if (giver.kind === "anonymous") throw denied("Making a token needs a token.");
  if (!covers(giver.scopes, rights.scopes))
    throw denied(
      `Your token may not give the scopes ${rights.scopes.join(", ")}: it has ${[...giver.scopes].join(", ")}.`,
    );
  if (most !== undefined && (rights.role === undefined || !atLeast(most, rights.role)))
    throw denied(`Your token may not give more than the role ${most}.`);
  if (giver.projectId !== undefined && rights.project !== giver.projectId)
    throw denied("Your token is bound to a project, and may not give rights elsewhere.");
}

/**
 * Whether each of `wanted` is one of `held`, or no more than a part of one. What several of them happen to add up to today
 * does not count: with the next resource it could be more than that.
 */
export const covers = (held: ReadonlySet<Scope>, wanted: readonly Scope[]): boolean =>
  wanted.every((scope) => [...held].some((other) => isWithin(scope, other)));

const isWithin = (scope: Scope, other: Scope) =>
  resources.every((resource) =>
    actions.every(
      (action) => !allows(new Set([scope]), resource, action) || allows(new Set([other]), resource, action),
    ),
  );

const resources = keys({
  experiment: true,
  run: true,
  artifact: true,
  model: true,
  registry: true,
  project: true,
  member: true,
  token: true,
  audit: true,
  server: true,
} satisfies Record<Resource, true>);

const actions = keys({
  read: true,
  write: true,
  purge: true,
  manage: true,
  own: true,
  admin: true,
  open: true,
} satisfies Record<Action, true>);

function keys<T extends object>(record: T): (keyof T)[] {
  return Object.keys(record) as (keyof T)[];
}

const denied = (message: string) => new LoggiaError("PERMISSION_DENIED", message);
