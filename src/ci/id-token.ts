import { decodeJwt, errors as jose, jwtVerify } from "jose";
import { LoggiaError } from "../errors.ts";
import type { KeysOf } from "./issuers.ts";

/** The claims of an id-token, proven to be its issuer's. */
export type IdClaims = Readonly<Record<string, unknown>> & {
  iss: string;
  jti: string;
  /** Seconds since the epoch. */
  exp: number;
};

/** What GitLab and GitHub sign with. A token does not choose: neither `none`, nor a secret that is a public key, gets in. */
const algorithms = ["RS256", "ES256"];

/** Seconds that the clocks of two machines may differ. */
const skew = 60;

/** Seconds that a token may be valid from now on; GitLab's longest job lasts a month. More would have to be remembered. */
const longest = 60 * 86_400;

const longestToken = 16_384;
const longestId = 255;

/** An id-token that is not taken. The message says why, since whoever holds the token can read it all the same. */
export class RefusedIdToken extends LoggiaError {
  /** Whether it is no token of a trusted issuer's at all, as in an attack, and not merely a wrong one. */
  readonly isForged: boolean;

  constructor(message: string, { isForged = false, cause }: { isForged?: boolean; cause?: unknown } = {}) {
    super("CUSTOMER_UNAUTHORIZED", message, { cause, status: 400 }); // RFC 8693 §2.2.2
    this.isForged = isForged;
  }
}

/**
 * Proves that `token` was made by one of `issuers` for `audience` and is valid now. Whether it was used before is not
 * known here.
 * @throws RefusedIdToken; LoggiaError TEMPORARILY_UNAVAILABLE when the issuer's keys cannot be had.
 */
export async function verifyIdToken(
  token: string,
  { issuers, audience, keysOf }: { issuers: readonly string[]; audience: string; keysOf: KeysOf },
): Promise<IdClaims> {
  const issuer = claimedIssuer(token);
  if (!issuers.includes(issuer))
    throw new RefusedIdToken(`This server trusts no issuer '${issuer.slice(0, 200)}'.`, { isForged: true });
  const { payload } = await jwtVerify(token, keysOf(issuer), {
    issuer,
    audience,
    algorithms,
    clockTolerance: skew,
    requiredClaims: ["exp", "iat", "jti", "aud"],
  }).catch((error: unknown) => {
    throw refusal(error, audience);
  });
  const { aud, iat, exp, jti } = payload;
  const now = Math.floor(Date.now() / 1000);
  // A token that is good elsewhere too could be replayed here by whoever runs that other service.
  if (Array.isArray(aud) && aud.length !== 1)
    throw new RefusedIdToken("The id-token has more than one audience; it must be for this server alone.");
  if (iat === undefined || iat > now + skew)
    throw new RefusedIdToken("The id-token claims to be made in the future (iat).");
  if (exp === undefined || exp > now + longest)
    throw new RefusedIdToken("The id-token is valid for too long (exp).");
  if (typeof jti !== "string" || jti === "" || jti.length > longestId || jti.includes("\0"))
    throw new RefusedIdToken(`The id-token's jti must be a text of 1 to ${longestId} characters.`);
  return { ...payload, iss: issuer, jti: jti.toWellFormed(), exp };
}

/** What the token says of its issuer, unproven: it decides whose keys it must be signed with. */
function claimedIssuer(token: string): string {
  if (token.length > longestToken) throw new RefusedIdToken("The id-token is too long.", { isForged: true });
  try {
    const { iss } = decodeJwt(token);
    if (typeof iss === "string" && iss !== "") return iss;
  } catch (cause) {
    throw new RefusedIdToken("The id-token is not a JWT.", { isForged: true, cause });
  }
  throw new RefusedIdToken("The id-token names no issuer (iss).", { isForged: true });
}

function refusal(error: unknown, audience: string): unknown {
  const refused = (message: string, isForged = false) =>
    new RefusedIdToken(message, { isForged, cause: error });
  if (error instanceof jose.JWTExpired) return refused("The id-token has expired (exp).");
  if (error instanceof jose.JWTClaimValidationFailed) {
    const { claim, reason } = error;
    if (reason === "missing") return refused(`The id-token lacks the claim '${claim}'.`);
    if (claim === "aud") return refused(`The id-token is for another audience; it must be '${audience}'.`);
    if (claim === "nbf") return refused("The id-token is not valid yet (nbf).");
    return refused(`The id-token's claim '${claim}' is not valid.`);
  }
  if (error instanceof jose.JOSEAlgNotAllowed)
    return refused(`The id-token must be signed with ${algorithms.join(" or ")}.`, true);
  if (error instanceof jose.JWKSNoMatchingKey || error instanceof jose.JWKSMultipleMatchingKeys)
    return refused("The id-token is signed with a key that its issuer does not have (kid).", true);
  if (error instanceof jose.JOSEError) return refused("The id-token's signature is not valid.", true);
  return error;
}
