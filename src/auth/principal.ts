import type { Scope } from "./scopes.ts";
import type { TokenKind } from "./token.ts";

/** What the issuer of a CI job's identity said of it, verified: the claims of its id-token, by their names there. */
export type CiClaims = Readonly<Record<string, unknown>>;

export interface TokenPrincipal {
  kind: "token";
  tokenId: bigint;
  tokenKind: TokenKind;
  /** Who acts, for the audit log: the username, or `token <name>` for a token that is no user's. */
  name: string;
  userId?: bigint;
  /** Whether the holder administers the whole server. */
  isAdmin: boolean;
  /** The only project in which the token is of use, if it is bound to one. */
  projectId?: bigint;
  scopes: ReadonlySet<Scope>;
  claims?: CiClaims;
}

/**
 * Who makes a call. `local`: everyone who reaches a server that is open, who may do all. `anonymous`: someone without a
 * credential, where a server lets them read public projects.
 */
export type Principal = { kind: "local" } | { kind: "anonymous" } | TokenPrincipal;

export const local: Principal = { kind: "local" };
export const anonymous: Principal = { kind: "anonymous" };
