import type { MessageInitShape } from "@bufbuild/protobuf";
import type { HandlerContext, ServiceImpl } from "@connectrpc/connect";
import type { CiService, Condition, TrustSchema } from "../../gen/loggia/v1/ci_pb.js";
import { requireGrantable } from "../auth/grants.ts";
import { checkConditions } from "../ci/conditions.ts";
import type { CiConnection } from "../ci/connection.ts";
import { trustedIssuers } from "../ci/settings.ts";
import { invalid, notFound } from "../errors.ts";
import * as store from "../store/ci-trusts.ts";
import { audited } from "./audit-trail.ts";
import { caller } from "./caller.ts";
import { missing, project, required } from "./context.ts";
import type { Deps } from "./deps.ts";

const mostTrusts = 100;

const roles: readonly store.TrustRole[] = ["guest", "reporter", "developer", "maintainer"];

/** Whose id-tokens a project takes. Docs/ci.md. */
export const ciTrusts = ({ db, ci }: Pick<Deps, "db" | "ci">) =>
  ({
    async listTrusts(_req, ctx) {
      return { trusts: (await store.findTrusts(db, project(ctx))).map(toTrust) };
    },

    async createTrust(req, ctx) {
      const issuer = trusted(ci, required(req, "issuer"));
      requireGiver(ctx);
      const trust = await store.createTrust(
        db,
        project(ctx),
        {
          issuer,
          conditions: conditionsOf(req.conditions),
          role: req.role === "" ? "developer" : roleOf(req.role),
          createdBy: audited(ctx).actor,
        },
        mostTrusts,
        audited(ctx),
      );
      if (trust === undefined) throw invalid(`A project can have at most ${mostTrusts} trusts.`);
      return { trust: toTrust(trust) };
    },

    async updateTrust(req, ctx) {
      requireGiver(ctx);
      const changes = {
        ...(req.conditions.length > 0 && { conditions: conditionsOf(req.conditions) }),
        ...(req.role !== "" && { role: roleOf(req.role) }),
      };
      const trust = await store.updateTrust(db, project(ctx), idOf(req.trustId), changes, audited(ctx));
      if (trust === undefined) throw noTrust(req.trustId);
      return { trust: toTrust(trust) };
    },

    async deleteTrust(req, ctx) {
      if (!(await store.deleteTrust(db, project(ctx), idOf(req.trustId), audited(ctx))))
        throw noTrust(req.trustId);
      return {};
    },
  }) satisfies Partial<ServiceImpl<typeof CiService>>;

/**
 * Whom a project trusts gets tokens for all that it holds, so a token that may not touch that must not give it away.
 * @throws PERMISSION_DENIED
 */
function requireGiver(ctx: HandlerContext): void {
  const { principal, role } = caller(ctx);
  requireGrantable(principal, role, { scopes: ["api"], role, project: project(ctx) });
}

/** Owners choose among the issuers of the settings: this server asks no host that its administrator did not name. */
function trusted(ci: CiConnection | undefined, issuer: string): string {
  const issuers = ci === undefined ? [] : trustedIssuers(ci.settings);
  if (!issuers.includes(issuer))
    throw invalid(
      `Invalid value for parameter 'issuer': it must be one of those that this server trusts (${issuers.join(", ") || "none; see its setting ci-issuers"}).`,
    );
  return issuer;
}

function conditionsOf(given: readonly Pick<Condition, "claim" | "patterns">[]): Record<string, string[]> {
  const conditions: Record<string, string[]> = {};
  for (const { claim, patterns } of given) {
    if (Object.hasOwn(conditions, claim))
      throw invalid(`Invalid value for parameter 'conditions': the claim '${claim}' is named twice.`);
    Object.defineProperty(conditions, claim, { value: [...patterns], enumerable: true });
  }
  checkConditions(conditions);
  return conditions;
}

function roleOf(text: string): store.TrustRole {
  const role = roles.find((one) => one === text);
  if (role === undefined)
    throw invalid(`Invalid value for parameter 'role': it must be one of ${roles.join(", ")}.`);
  return role;
}

function idOf(id: bigint): bigint {
  if (id === 0n) throw missing("trust_id");
  return id;
}

const noTrust = (id: bigint) => notFound(`Trust with id=${id} not found`);

const toTrust = ({ id, issuer, conditions, role, createdAt, createdBy }: store.Trust) =>
  ({
    trustId: id,
    issuer,
    conditions: Object.entries(conditions).map(([claim, patterns]) => ({ claim, patterns })),
    role,
    createdAt: BigInt(createdAt.getTime()),
    createdBy,
  }) satisfies MessageInitShape<typeof TrustSchema>;
