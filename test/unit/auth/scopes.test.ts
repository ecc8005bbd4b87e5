import { describe, expect, test } from "vitest";
import type { Action, Resource } from "../../../src/auth/permissions.ts";
import { atLeast, isRole, lesser, roles } from "../../../src/auth/roles.ts";
import { allows, isScope, type Scope, scopes } from "../../../src/auth/scopes.ts";

const resources: Resource[] = [
  "experiment",
  "run",
  "artifact",
  "model",
  "registry",
  "project",
  "member",
  "token",
  "audit",
];
const actions: Action[] = ["read", "write", "purge", "manage", "own", "admin"];

/** All that a scope allows, as `resource.action`. */
const allowed = (...held: Scope[]) =>
  resources.flatMap((resource) =>
    actions
      .filter((action) => allows(new Set(held), resource, action))
      .map((action) => `${resource}.${action}`),
  );

describe("scopes", () => {
  test("api allows everything", () => {
    expect(allowed("api")).toHaveLength(resources.length * actions.length);
  });

  test("read_api allows every read and nothing else", () => {
    expect(allowed("read_api")).toEqual(resources.map((resource) => `${resource}.read`));
  });

  test("write_runs logs experiments, runs and models, and neither purges nor touches artifacts", () => {
    expect(allowed("write_runs")).toEqual([
      "experiment.read",
      "experiment.write",
      "run.read",
      "run.write",
      "model.read",
      "model.write",
    ]);
  });

  test("the artifact scopes differ in writing artifacts, and change nothing else", () => {
    const reads = ["experiment.read", "run.read", "artifact.read", "model.read", "registry.read"];
    expect(allowed("read_artifacts")).toEqual(reads);
    expect(allowed("write_artifacts").filter((one) => !reads.includes(one))).toEqual(["artifact.write"]);
  });

  test("admin_project governs a project and sees nothing of what it holds", () => {
    const held = new Set(allowed("admin_project").map((one) => one.split(".")[0]));
    expect([...held]).toEqual(["project", "member", "token", "audit"]);
  });

  test("every scope lets a token read about the server, and only api administers it", () => {
    for (const scope of scopes) {
      expect(allows(new Set([scope]), "server", "read")).toBe(true);
      expect(allows(new Set([scope]), "server", "admin")).toBe(scope === "api");
      expect(allows(new Set([scope]), "server", "write")).toBe(scope === "api");
    }
  });

  test("no scope allows nothing, not even to read about the server", () => {
    expect(allowed()).toEqual([]);
    expect(allows(new Set(), "server", "read")).toBe(false);
  });

  test("several scopes allow what one of them does", () => {
    expect(allowed("write_runs", "write_artifacts")).toContain("artifact.write");
    expect(allowed("write_runs", "write_artifacts")).toContain("run.write");
  });

  test("a name of Object's is no scope and no role", () => {
    for (const name of ["constructor", "toString", "__proto__", ""]) {
      expect(isScope(name)).toBe(false);
      expect(isRole(name)).toBe(false);
    }
  });
});

describe("roles", () => {
  test("each role may do what those before it may", () => {
    for (const [i, role] of roles.entries())
      for (const [j, needed] of roles.entries()) expect(atLeast(role, needed)).toBe(i >= j);
  });

  test("without a role nothing is allowed", () => {
    for (const needed of roles) expect(atLeast(undefined, needed)).toBe(false);
  });

  test("the lesser of two roles is the same whichever comes first", () => {
    expect(lesser("guest", "owner")).toBe("guest");
    expect(lesser("owner", "guest")).toBe("guest");
    expect(lesser("developer", "developer")).toBe("developer");
  });
});
