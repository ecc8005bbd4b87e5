import type { HandlerContext } from "@connectrpc/connect";
import { type Rights, requireGrantable } from "../auth/grants.ts";
import { isRole, type Role } from "../auth/roles.ts";
import { isScope } from "../auth/scopes.ts";
import { hashOf, hintOf, newToken } from "../auth/token.ts";
import { invalid, notFound } from "../errors.ts";
import type { Database } from "../store/database.ts";
import * as store from "../store/tokens.ts";
import { audited } from "./audit-trail.ts";
import { caller } from "./caller.ts";
import { missing } from "./context.ts";
import { toToken } from "./token-messages.ts";
import { expiryOf, type GivenExpiry, renewedExpiry } from "./token-terms.ts";

/** What is done to a token, be it a project's or a user's. */

/** @param most the role that the caller may give at most; undefined when nothing limits it. */
export async function makeToken(
  db: Database,
  ctx: HandlerContext,
  most: Role | undefined,
  wanted: Rights & GivenExpiry & { kind: "personal" | "project"; name: string; username?: string },
) {
  const { kind, name, username, scopes, role, project } = wanted;
  requireGrantable(caller(ctx).principal, most, wanted);
  const expiresAt = expiryOf(ctx, wanted);
  const { secret, fingerprint } = newSecret(kind);
  const token = {
    ...fingerprint,
    kind,
    name,
    scopes,
    ...(username !== undefined && { username }),
    ...(role !== undefined && { role }),
    ...(project !== undefined && { project }),
    ...(expiresAt !== undefined && { expiresAt }),
  };
  return { token: toToken(await store.createToken(db, token, audited(ctx))), secret };
}

/** @throws RESOURCE_DOES_NOT_EXIST */
export async function revokeToken(
  db: Database,
  ctx: HandlerContext,
  holder: store.TokenHolder,
  tokenId: bigint,
): Promise<void> {
  const revoked = await store.revokeToken(db, holder, requiredId(tokenId), audited(ctx));
  if (revoked === undefined) throw absent(tokenId);
}

/**
 * The caller learns the new secret, so the old token must not be able to do more than what they may give.
 * @param most the role that the caller may give at most; undefined when nothing limits it.
 * @throws RESOURCE_DOES_NOT_EXIST, PERMISSION_DENIED, INVALID_PARAMETER_VALUE
 */
export async function rotateToken(
  db: Database,
  ctx: HandlerContext,
  most: Role | undefined,
  holder: store.TokenHolder,
  { tokenId, expiresAt }: { tokenId: bigint; expiresAt?: bigint | undefined },
) {
  let secret = "";
  const renew: store.Renewal = (old) => {
    requireGrantable(caller(ctx).principal, most, rightsOf(old));
    if (old.kind !== "project" && old.kind !== "personal")
      throw invalid(`The token ${tokenId} cannot be rotated: it is of the kind '${old.kind}'.`);
    if (old.revoked_at !== null) throw invalid(`The token ${tokenId} cannot be rotated: it was revoked.`);
    if (old.expires_at !== null && old.expires_at.getTime() <= Date.now())
      throw invalid(`The token ${tokenId} cannot be rotated: it has expired.`);
    const made = newSecret(old.kind);
    secret = made.secret;
    const until = expiresAt === undefined ? renewedExpiry(ctx, old) : expiryOf(ctx, { expiresAt });
    return { ...made.fingerprint, expiresAt: until };
  };
  const token = await store.rotateToken(db, holder, requiredId(tokenId), renew, audited(ctx));
  if (token === undefined) throw absent(tokenId);
  return { token: toToken(token), secret };
}

const rightsOf = ({ scopes, role, project_id }: store.TokenRow): Rights => ({
  scopes: scopes.filter(isScope),
  role: role !== null && isRole(role) ? role : undefined,
  project: project_id ?? undefined,
});

/** A new secret, and what is kept of it. */
function newSecret(kind: "personal" | "project"): { secret: string; fingerprint: store.Fingerprint } {
  const secret = newToken(kind);
  return { secret, fingerprint: { hash: hashOf(secret), hint: hintOf(secret) } };
}

function requiredId(tokenId: bigint): bigint {
  if (tokenId === 0n) throw missing("token_id");
  return tokenId;
}

const absent = (tokenId: bigint) => notFound(`Token with id=${tokenId} not found`);
