import { describe, expect, test } from "vitest";
import {
  type Access,
  accessOf,
  refusalOf,
  requirePermission,
  sees,
  type TokenFacts,
} from "../../../src/auth/access.ts";
import type { Permission } from "../../../src/auth/permissions.ts";

/** A good project token of developer in project 7. */
const projectToken: TokenFacts = {
  token_id: 1n,
  kind: "project",
  name: "bot",
  scopes: ["api"],
  role: "developer",
  bound_to: 7n,
  claims: null,
  expires_at: null,
  revoked_at: null,
  last_used_at: null,
  user_id: null,
  username: null,
  is_admin: null,
  blocked_at: null,
  project_id: 7n,
  visibility: "members",
  archived_at: null,
  member_role: null,
};

/** A personal token of someone who is a reporter in project 7. */
const personal: TokenFacts = {
  ...projectToken,
  kind: "personal",
  role: null,
  bound_to: null,
  user_id: 3n,
  username: "ada",
  is_admin: false,
  member_role: "reporter",
};

const readRun: Permission = { resource: "run", action: "read" };
const writeRun: Permission = { resource: "run", action: "write" };
const manage: Permission = { resource: "project", action: "manage" };

const decide =
  (facts: Partial<TokenFacts>, permission: Permission, base = projectToken) =>
  () =>
    requirePermission(accessOf({ ...base, ...facts }), permission, "aCall");

describe("the role", () => {
  test("a token of a project has its own, in that project alone, be the other one public", () => {
    expect(accessOf(projectToken).role).toBe("developer");
    for (const visibility of ["members", "public"])
      expect(accessOf({ ...projectToken, project_id: 8n, visibility }).role).toBeUndefined();
  });

  test("a personal token has its user's, and none where the user is no member", () => {
    expect(accessOf(personal).role).toBe("reporter");
    expect(accessOf({ ...personal, member_role: null }).role).toBeUndefined();
  });

  test("a public project makes everyone with a personal token a guest, and members no less than they are", () => {
    expect(accessOf({ ...personal, member_role: null, visibility: "public" }).role).toBe("guest");
    expect(accessOf({ ...personal, visibility: "public" }).role).toBe("reporter");
  });

  test("a personal token with a role of its own is no more than the lesser of the two", () => {
    expect(accessOf({ ...personal, role: "guest" }).role).toBe("guest");
    expect(accessOf({ ...personal, role: "owner" }).role).toBe("reporter");
  });

  test("an administrator owns every project, but with a token bound to one, that one alone", () => {
    const admin = { ...personal, is_admin: true, member_role: null };
    expect(accessOf(admin).role).toBe("owner");
    expect(accessOf({ ...admin, bound_to: 7n }).role).toBe("owner");
    expect(accessOf({ ...admin, bound_to: 8n }).role).toBeUndefined();
    expect(accessOf(admin).principal).toMatchObject({ isAdmin: true });
    expect(accessOf({ ...admin, bound_to: 7n }).principal).toMatchObject({ isAdmin: false });
    expect(accessOf({ ...admin, role: "owner" }).principal).toMatchObject({ isAdmin: true });
  });

  test("a scope that nobody knows grants nothing", () => {
    expect(decide({ scopes: ["superuser"] }, readRun)).toThrow("scopes");
  });
});

describe("a token is refused", () => {
  const at = Date.parse("2030-01-01T00:00:00Z");

  test("once revoked, from the instant it expires, and when its user is blocked", () => {
    expect(refusalOf(projectToken, at)).toBeUndefined();
    expect(refusalOf({ ...projectToken, revoked_at: new Date(at) }, at)).toBe("revoked");
    expect(refusalOf({ ...projectToken, expires_at: new Date(at + 1) }, at)).toBeUndefined();
    expect(refusalOf({ ...projectToken, expires_at: new Date(at) }, at)).toBe("expired");
    expect(refusalOf({ ...personal, blocked_at: new Date(at) }, at)).toBe("blocked");
  });
});

describe("a call", () => {
  test("needs the role that its action asks for", () => {
    expect(decide({ role: "guest" }, readRun)).not.toThrow();
    expect(decide({ role: "reporter" }, writeRun)).toThrow("needs the role developer");
    expect(decide({ role: "developer" }, writeRun)).not.toThrow();
    expect(decide({ role: "developer" }, { resource: "run", action: "purge" })).toThrow("maintainer");
    expect(decide({ role: "maintainer" }, manage)).not.toThrow();
    expect(decide({ role: "maintainer" }, { resource: "member", action: "own" })).toThrow("owner");
  });

  test("needs a scope besides, whatever the role", () => {
    expect(decide({ role: "owner", scopes: ["read_api"] }, writeRun)).toThrow("scopes");
    expect(decide({ role: "owner", scopes: ["read_api"] }, readRun)).not.toThrow();
  });

  test("that administers the server is for no token of an administrator that is to do less", () => {
    for (const role of ["guest", "reporter", "developer", "maintainer", "unknown"])
      expect(
        decide({ role }, { resource: "server", action: "admin" }, { ...personal, is_admin: true }),
      ).toThrow("administrators");
  });

  test("that administers the server is for administrators, not for owners of a project", () => {
    const admin: Permission = { resource: "server", action: "admin" };
    expect(decide({ role: "owner" }, admin)).toThrow("administrators");
    expect(decide({}, admin, { ...personal, is_admin: true })).not.toThrow();
    expect(decide({ bound_to: 7n }, admin, { ...personal, is_admin: true })).toThrow("administrators");
  });

  test("changes nothing in an archived project but its settings", () => {
    const archived = { role: "owner", archived_at: new Date(0) };
    expect(decide(archived, writeRun)).toThrow("archived");
    expect(decide(archived, { resource: "run", action: "purge" })).toThrow("archived");
    expect(decide(archived, readRun)).not.toThrow();
    expect(decide(archived, manage)).not.toThrow();
  });

  test("in a project that is switched off is seen only by maintainers who change its settings", () => {
    const seen = (role: string, permission: Permission) =>
      sees(accessOf({ ...projectToken, role, visibility: "disabled" }), permission);
    expect(seen("owner", readRun)).toBe(false);
    expect(seen("developer", manage)).toBe(false);
    expect(seen("maintainer", manage)).toBe(true);
  });

  test("of nobody in particular reads, and does nothing else", () => {
    const access: Access = {
      principal: { kind: "anonymous" },
      project: { id: 7n, visibility: "public", archived: false },
      role: "guest",
    };
    expect(() => requirePermission(access, readRun, "aCall")).not.toThrow();
    expect(() => requirePermission(access, writeRun, "aCall")).toThrow("needs a token");
    for (const permission of [
      { resource: "server", action: "admin" },
      { resource: "member", action: "read" },
      { resource: "audit", action: "read" },
    ] as const)
      expect(() => requirePermission(access, permission, "aCall")).toThrow("needs a token");
  });

  test("of the local principal may be anything, but for changing what is archived", () => {
    const access: Access = {
      principal: { kind: "local" },
      project: { id: 7n, visibility: "members", archived: false },
      role: "owner",
    };
    for (const action of ["read", "write", "purge", "manage", "own", "admin"] as const)
      expect(() => requirePermission(access, { resource: "run", action }, "aCall")).not.toThrow();
    const archived: Access = { ...access, project: { id: 7n, visibility: "members", archived: true } };
    expect(() => requirePermission(archived, writeRun, "aCall")).toThrow("archived");
  });
});
