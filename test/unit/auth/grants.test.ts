import { describe, expect, test } from "vitest";
import { covers, requireGrantable } from "../../../src/auth/grants.ts";
import { local, type TokenPrincipal } from "../../../src/auth/principal.ts";
import { type Scope, scopes } from "../../../src/auth/scopes.ts";

const giver = (held: readonly Scope[], projectId?: bigint): TokenPrincipal => ({
  kind: "token",
  tokenId: 1n,
  tokenKind: "personal",
  name: "ann",
  userId: 1n,
  isAdmin: false,
  scopes: new Set(held),
  ...(projectId !== undefined && { projectId }),
});

describe("scopes that a token may give", () => {
  /** All of them, written by hand: what each may give. */
  const within: Record<Scope, Scope[]> = {
    api: [...scopes],
    read_api: ["read_api", "read_artifacts"],
    write_runs: ["write_runs"],
    read_artifacts: ["read_artifacts"],
    write_artifacts: ["write_artifacts", "read_artifacts"],
    admin_project: ["admin_project"],
  };

  test.each(scopes)("%s gives itself and what is a part of it, and no other", (held) => {
    for (const wanted of scopes)
      expect([wanted, covers(new Set([held]), [wanted])]).toEqual([wanted, within[held].includes(wanted)]);
  });

  test("several give what one of them gives, and nothing for their sum", () => {
    const held = new Set<Scope>(["admin_project", "write_artifacts", "write_runs"]);
    expect(covers(held, ["write_runs", "admin_project", "read_artifacts"])).toBe(true);
    expect(covers(held, ["read_api"])).toBe(false);
    expect(covers(held, ["write_runs", "api"])).toBe(false);
  });
});

describe("rights that a token may give", () => {
  const rights = { scopes: ["api"], role: "developer", project: 5n } as const;
  const denied = expect.objectContaining({ code: "PERMISSION_DENIED" });

  test("no role is given above the giver's, and none is not a limit", () => {
    expect(() => requireGrantable(giver(["api"]), "developer", rights)).not.toThrow();
    expect(() => requireGrantable(giver(["api"]), undefined, { ...rights, role: undefined })).not.toThrow();
    expect(() => requireGrantable(giver(["api"]), "reporter", rights)).toThrow(denied);
    expect(() => requireGrantable(giver(["api"]), "owner", { ...rights, role: undefined })).toThrow(denied);
  });

  test("a token of one project gives rights in that one alone", () => {
    expect(() => requireGrantable(giver(["api"], 5n), undefined, rights)).not.toThrow();
    expect(() => requireGrantable(giver(["api"], 6n), undefined, rights)).toThrow(denied);
    expect(() => requireGrantable(giver(["api"], 6n), undefined, { ...rights, project: undefined })).toThrow(
      denied,
    );
  });

  test("an open server gives everything, a caller without a token nothing", () => {
    expect(() => requireGrantable(local, undefined, rights)).not.toThrow();
    expect(() => requireGrantable({ kind: "anonymous" }, "owner", rights)).toThrow(denied);
  });
});
