import { hash } from "node:crypto";
import { addressBlock } from "../auth/address.ts";
import { LoggiaError } from "../errors.ts";

/** Times are milliseconds. */
export interface FailedLoginLimits {
  /** Failures that an address, or a prefix of tokens, has within `window` before it is refused unheard. */
  most: number;
  window: number;
  /** Addresses, credentials, prefixes and proven credentials that are remembered, each. */
  remembered: number;
}

export const failedLoginLimits: FailedLoginLimits = { most: 10, window: 60_000, remembered: 10_000 };

/** Of a credential: its kind and eight characters, so that guesses at one token count together wherever they come from. */
const prefixLength = "glmt_".length + 8;

/**
 * Limits guessing: ten wrong credentials a minute per address (of IPv6: /64), and ten failures per prefix of a credential,
 * then 429 until the minute is over (security.md §3). Successes never count, and no account is ever locked. Others behind
 * the same address are spared: a job that repeats an expired token counts once for its address, and a credential that has
 * proved good in this process is looked up whatever its neighbours do. Counts are this process's own.
 */
export interface FailedLogins {
  /** To be asked before a credential is looked up. @throws REQUEST_LIMIT_EXCEEDED */
  admit(address: string, credential: string): void;
  /** The credential is unknown, revoked or expired. @throws REQUEST_LIMIT_EXCEEDED when too many failed beside it. */
  failed(address: string, credential: string): void;
  /** The credential is good. */
  succeeded(credential: string): void;
}

export function failedLogins(limits: Partial<FailedLoginLimits> = {}): FailedLogins {
  const { most, window, remembered } = { ...failedLoginLimits, ...limits };
  const failures = new Map<string, { count: number; until: number }>();
  const proven = new Set<string>();

  /** Milliseconds until none of `keys` has `most` failures any more. */
  const waitFor = (keys: readonly string[], most: number) => {
    const now = performance.now();
    let until = now;
    for (const key of keys) {
      const known = failures.get(key);
      if (known !== undefined && known.count >= most) until = Math.max(until, known.until);
    }
    return until - now;
  };

  const count = (key: string) => {
    const now = performance.now();
    const known = failures.get(key);
    if (known !== undefined && known.until > now) known.count++;
    else {
      failures.delete(key);
      failures.set(key, { count: 1, until: now + window });
    }
    // In the order in which they end: what is over, and beyond that the oldest.
    for (const [oldest, { until }] of failures) {
      if (until > now && failures.size <= remembered * 3) break;
      failures.delete(oldest);
    }
  };

  return {
    admit(address, credential) {
      if (failures.size === 0) return;
      const { origin, prefix, whole } = keysOf(address, credential);
      const wait = waitFor([origin, prefix], most);
      if (wait > 0 && !proven.has(whole)) throw tooMany(wait);
    },

    failed(address, credential) {
      proven.delete(fingerprint(credential));
      const { origin, prefix, whole } = keysOf(address, credential);
      const isRepeated = waitFor([whole], 1) > 0;
      for (const key of isRepeated ? [prefix, whole] : [origin, prefix, whole]) count(key);
      const wait = waitFor([origin, prefix], most + 1);
      if (wait > 0) throw tooMany(wait);
    },

    succeeded(credential) {
      const key = fingerprint(credential);
      if (proven.has(key)) return;
      proven.add(key);
      const [oldest] = proven;
      if (proven.size > remembered && oldest !== undefined) proven.delete(oldest);
    },
  };
}

const tooMany = (milliseconds: number) =>
  new LoggiaError("REQUEST_LIMIT_EXCEEDED", "Too many failed logins. Try again later.", {
    retryAfter: Math.ceil(milliseconds / 1000),
  });

/** Hashed, so that neither a secret nor a part of one lies in memory for long. */
const fingerprint = (credential: string) => hash("sha256", credential, "base64");

const keysOf = (address: string, credential: string) => ({
  origin: addressBlock(address),
  prefix: `${fingerprint(credential.slice(0, prefixLength))}…`,
  whole: fingerprint(credential),
});
