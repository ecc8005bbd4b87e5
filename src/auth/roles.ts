/** GitLab's roles in a project, the least first; each may do what those before it may. */
export const roles = ["guest", "reporter", "developer", "maintainer", "owner"] as const;

/** Guest and reporter read, developer writes, maintainer purges and manages settings, owner manages members and tokens. */
export type Role = (typeof roles)[number];

export const isRole = (text: string): text is Role => (roles as readonly string[]).includes(text);

/** Whether `role` may do what needs `needed`; without a role nothing is allowed. */
export const atLeast = (role: Role | undefined, needed: Role): boolean =>
  role !== undefined && roles.indexOf(role) >= roles.indexOf(needed);

/** The role that may do less. */
export const lesser = (one: Role, other: Role): Role => (atLeast(one, other) ? other : one);
