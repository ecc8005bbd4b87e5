import { atLeast, type Role } from "../auth/roles.ts";
import { isScope, type Scope } from "../auth/scopes.ts";
import { hashOf, hintOf, newToken } from "../auth/token.ts";
import { factsOf, keptClaims, repositoryOf } from "../ci/claims.ts";
import { meets } from "../ci/conditions.ts";
import type { CiConnection } from "../ci/connection.ts";
import { type IdClaims, RefusedIdToken, verifyIdToken } from "../ci/id-token.ts";
import { progressOf } from "../ci/job.ts";
import { expectedAudience, trustedIssuers } from "../ci/settings.ts";
import { invalid, LoggiaError } from "../errors.ts";
import { recordEvent } from "../store/audit.ts";
import { exchange } from "../store/ci-tokens.ts";
import { findProjectByReference, findTrusts } from "../store/ci-trusts.ts";
import type { Database } from "../store/database.ts";
import { inProjects } from "../store/scope.ts";

export interface ExchangeRequest {
  idToken: string;
  /** The project that the token is for: a numeric id or a path. undefined: the one with the path of the job's repository. */
  project: string | undefined;
  /** Scopes with spaces between them; `api` when undefined. */
  scope: string | undefined;
  /** For the audit log. */
  address: string;
  requestId: string;
}

export interface Exchanged {
  token: string;
  /** Seconds. */
  expiresIn: number;
  scopes: readonly Scope[];
  role: Role;
  project: { id: bigint; path: string };
}

export type CiExchange = (request: ExchangeRequest) => Promise<Exchanged>;

/**
 * Gives a CI job a token of a project for the id-token that its CI system made for it (RFC 8693): no secret is kept there.
 * The project decides whose jobs it trusts; while it says nothing of the GitLab beside which this server stands, it trusts
 * the project of its own path there, as a developer.
 * @returns a function that throws INVALID_PARAMETER_VALUE; RefusedIdToken; PERMISSION_DENIED for an id-token that the project
 * does not trust, or when there is none; TEMPORARILY_UNAVAILABLE.
 */
export const ciExchange =
  ({ db, ci }: { db: Database; ci: CiConnection }): CiExchange =>
  async ({ idToken, project: reference, scope, address, requestId }) => {
    const { settings, keysOf } = ci;
    const scopes = scopesOf(scope);
    const issuers = trustedIssuers(settings);
    const audience = expectedAudience(settings);
    if (audience === undefined || issuers.length === 0)
      throw invalid("This server takes no id-tokens: an administrator has to set public-url and ci-issuers.");
    const claims = await verifyIdToken(idToken, { issuers, audience, keysOf });
    const job = factsOf(claims);
    const name = job === undefined ? "ci job" : `job ${job.jobId}`;
    const object = `${name} of ${repositoryOf(claims) ?? claims.iss}`;
    const audited = (project: bigint, result: string) => ({
      project,
      actor: object,
      action: "token.exchange",
      object,
      result,
      address,
      requestId,
    });
    return inProjects("all", async () => {
      const { project, role } = await trusting(claims, reference ?? repositoryOf(claims));
      const token = newToken("ci");
      const given = await exchange(db, {
        project: project.id,
        hash: hashOf(token),
        hint: hintOf(token),
        name,
        role,
        scopes,
        claims: keptClaims(claims),
        createdBy: claims.iss,
        expiresAt: new Date(Date.now() + settings.tokenLifetime),
        idToken: { issuer: claims.iss, jti: claims.jti, expiresAt: new Date(claims.exp * 1000) },
        job: job && { ...job, progress: progressOf(job.status), from: "id-token" },
        event: audited(project.id, "ok"),
      });
      if (given === undefined) {
        await recordEvent(db, audited(project.id, "the id-token was used before"));
        throw new RefusedIdToken("The id-token was used before: each can be exchanged once.");
      }
      return { token, expiresIn: Math.floor(settings.tokenLifetime / 1000), scopes, role, project };
    });

    async function trusting(claims: IdClaims, reference: string | undefined) {
      if (reference === undefined)
        throw invalid("Missing value for required parameter 'project': the id-token names no repository.");
      const project = await findProjectByReference(db, reference);
      const role = project === undefined ? undefined : await roleFor(claims, project);
      if (project === undefined || role === undefined) {
        if (project !== undefined) await recordEvent(db, audited(project.id, "not trusted"));
        // Whether there is such a project is nothing for strangers.
        throw new LoggiaError(
          "PERMISSION_DENIED",
          `No project '${reference.slice(0, 300)}' trusts jobs of ${repositoryOf(claims) ?? claims.iss}${onRef(claims)}.`,
          { status: 400 },
        );
      }
      return { project, role };
    }

    async function roleFor(claims: IdClaims, { id, path }: Exchanged["project"]): Promise<Role | undefined> {
      const trusts = await findTrusts(db, id, claims.iss);
      if (trusts.length === 0)
        return claims.iss === settings.gitlabUrl && isSamePath(claims.project_path, path)
          ? "developer"
          : undefined;
      let role: Role | undefined;
      for (const trust of trusts)
        if (meets(claims, trust.conditions) && !atLeast(role, trust.role)) role = trust.role;
      return role;
    }
  };

/** GitLab's paths, and ours, are unique whatever their case. */
const isSamePath = (one: unknown, other: string) =>
  typeof one === "string" && one.toLowerCase() === other.toLowerCase();

const onRef = ({ ref }: IdClaims) => (typeof ref === "string" ? ` on ${ref.slice(0, 200)}` : "");

/** @throws INVALID_PARAMETER_VALUE */
function scopesOf(text: string | undefined): Scope[] {
  const named = [...new Set((text ?? "").split(" ").filter((scope) => scope !== ""))];
  if (named.length === 0) return ["api"];
  return named.map((scope) => {
    if (!isScope(scope))
      throw invalid(`Invalid value for parameter 'scope': there is no scope '${scope.slice(0, 100)}'.`);
    return scope;
  });
}
