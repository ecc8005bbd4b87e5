import { hkdfSync } from "node:crypto";
import { EncryptJWT, jwtDecrypt } from "jose";
import type { Attempt } from "./provider.ts";

/**
 * A sign-in that was begun, as the browser keeps it in a cookie until the provider sends it back: sealed, so that any
 * server of the database can open it and nobody else can read or make one.
 */
export interface Begun extends Attempt {
  /** The path at which the person is to arrive. */
  returnTo: string;
}

/** Seconds that somebody has to sign in at the provider. */
export const attemptLifetime = 600;

const audience = "loggia:sign-in";

/** A key of its own from the secret of all servers of the database. */
const keyOf = (secret: Uint8Array) =>
  new Uint8Array(hkdfSync("sha256", secret, new Uint8Array(), "loggia sign-in", 32));

export const seal = (secret: Uint8Array, { state, nonce, verifier, returnTo }: Begun): Promise<string> =>
  new EncryptJWT({ state, nonce, verifier, returnTo })
    .setProtectedHeader({ alg: "dir", enc: "A256GCM" })
    .setAudience(audience)
    .setExpirationTime(`${attemptLifetime}s`)
    .encrypt(keyOf(secret));

/** undefined for what is none of ours, or too old. */
export async function unseal(secret: Uint8Array, sealed: string): Promise<Begun | undefined> {
  try {
    const { payload } = await jwtDecrypt<Record<keyof Begun, string>>(sealed, keyOf(secret), {
      audience,
      keyManagementAlgorithms: ["dir"],
      contentEncryptionAlgorithms: ["A256GCM"],
    });
    const { state, nonce, verifier, returnTo } = payload;
    return { state, nonce, verifier, returnTo };
  } catch {
    return undefined;
  }
}
