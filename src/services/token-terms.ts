import type { HandlerContext } from "@connectrpc/connect";
import { isScope, type Scope, scopes } from "../auth/scopes.ts";
import { invalid } from "../errors.ts";
import { isAdministrator, requireAdministrator } from "./caller.ts";

const day = 86_400_000;
const usualLifetime = 30 * day;
const longestLifetime = 365 * day;

export interface GivenExpiry {
  /** Milliseconds since the epoch. */
  expiresAt?: bigint | undefined;
  neverExpires?: boolean;
}

/**
 * When a token is to end; undefined: when it is revoked.
 * @throws INVALID_PARAMETER_VALUE, PERMISSION_DENIED
 */
export function expiryOf(ctx: HandlerContext, { expiresAt, neverExpires }: GivenExpiry): Date | undefined {
  if (neverExpires) {
    requireAdministrator(ctx, "Making a token that never expires");
    if (expiresAt !== undefined)
      throw invalid("The parameters 'expires_at' and 'never_expires' exclude each other.");
    return undefined;
  }
  const now = Date.now();
  if (expiresAt === undefined) return new Date(now + usualLifetime);
  if (expiresAt <= now || expiresAt > now + longestLifetime)
    throw invalid(
      `Invalid value for parameter 'expires_at': it must be in the next ${longestLifetime / day} days, but is ${expiresAt}.`,
    );
  return new Date(Number(expiresAt));
}

/**
 * When the token ends that follows on `old`, if nobody says so: as long from now as the old one lived. One that never ended
 * is followed by such a one for administrators alone.
 */
export function renewedExpiry(
  ctx: HandlerContext,
  old: { created_at: Date; expires_at: Date | null },
): Date | undefined {
  if (old.expires_at === null) return expiryOf(ctx, { neverExpires: isAdministrator(ctx) });
  const lifetime = old.expires_at.getTime() - old.created_at.getTime();
  return new Date(Date.now() + Math.min(lifetime, longestLifetime));
}

/** The scopes that the parameter `scopes` names, each once; `api` when it names none. @throws INVALID_PARAMETER_VALUE */
export function scopesOf(names: readonly string[]): Scope[] {
  if (names.length === 0) return ["api"];
  const unknown = names.find((name) => !isScope(name));
  if (unknown !== undefined)
    throw invalid(
      `Invalid value '${unknown.slice(0, 100)}' for parameter 'scopes': they must be among ${scopes.join(", ")}.`,
    );
  return [...new Set(names.filter(isScope))];
}
