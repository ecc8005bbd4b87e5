import * as client from "openid-client";
import { isLoopback } from "../auth/address.ts";
import { LoggiaError } from "../errors.ts";

/** The OpenID provider with which people sign in. */
export interface OidcSettings {
  /** Its address, as it stands in `iss`. */
  issuer: string;
  clientId: string;
  /** Absent for a public client, whom PKCE alone proves. */
  clientSecret?: string | undefined;
  /** What the button says. */
  label: string;
  /** With `openid` among them. */
  scopes: string;
  /** The claim whose value is the username, up to an `@`. */
  usernameClaim: string;
  /** Whether somebody who signs in for the first time becomes the user who has their name already, whoever that is. */
  linksUsers: boolean;
}

/** What is remembered of a sign-in that was begun, by the browser alone. */
export interface Attempt {
  state: string;
  nonce: string;
  verifier: string;
}

/** The claims of a verified id-token. */
export type Claims = Readonly<Record<string, unknown>> & { sub: string };

export interface OidcProvider {
  settings: OidcSettings;
  /** Where the browser is to be sent. @throws TEMPORARILY_UNAVAILABLE when the provider cannot be asked */
  begin(redirectUri: string): Promise<{ url: URL; attempt: Attempt }>;
  /**
   * Redeems what the browser brings back.
   * @param url as the browser asked for it, at the redirect URI.
   * @throws CUSTOMER_UNAUTHORIZED for whatever is not the provider's answer to this attempt; TEMPORARILY_UNAVAILABLE
   */
  finish(url: URL, attempt: Attempt): Promise<Claims>;
}

/** Seconds for an answer of the provider. */
const patience = 5;

/** Milliseconds after which what the provider says of itself is read anew. */
const fresh = 3_600_000;

/** Bytes of an answer of the provider, at most. */
const mostBytes = 256 * 2 ** 10;

/** Nothing is asked before it is needed, and no host but the issuer's. */
export function oidcProvider(settings: OidcSettings): OidcProvider {
  const issuer = new URL(settings.issuer);
  const isLocal = issuer.hostname === "localhost" || isLoopback(issuer.hostname.replace(/^\[(.*)\]$/, "$1"));
  let discovered: { configuration: Promise<client.Configuration>; until: number } | undefined;

  const ask: client.CustomFetch = async (address, { body, ...options }) => {
    const url = new URL(address);
    if (url.origin !== issuer.origin) throw new Unreachable(`${url.origin} is not the issuer's host`);
    const response = await fetch(url, {
      ...options,
      redirect: "manual",
      ...(body != null && { body: body as NonNullable<RequestInit["body"]> }),
    });
    return limited(response, url);
  };

  const discover = () => {
    const now = performance.now();
    if (discovered !== undefined && discovered.until > now) return discovered.configuration;
    const configuration = client.discovery(
      issuer,
      settings.clientId,
      undefined,
      settings.clientSecret === undefined ? client.None() : client.ClientSecretBasic(settings.clientSecret),
      {
        timeout: patience,
        // By default the signature is not looked at, since the id-token comes from the provider itself.
        execute: [client.enableNonRepudiationChecks, ...(isLocal ? [client.allowInsecureRequests] : [])],
        [client.customFetch]: ask,
      },
    );
    const known = { configuration, until: now + fresh };
    discovered = known;
    configuration.catch(() => {
      if (discovered === known) discovered = undefined;
    });
    return configuration;
  };

  const configured = () =>
    discover().catch((cause: unknown) => {
      throw unavailable(cause);
    });

  return {
    settings,

    async begin(redirectUri) {
      const configuration = await configured();
      const attempt = {
        state: client.randomState(),
        nonce: client.randomNonce(),
        verifier: client.randomPKCECodeVerifier(),
      };
      const url = client.buildAuthorizationUrl(configuration, {
        redirect_uri: redirectUri,
        scope: settings.scopes,
        state: attempt.state,
        nonce: attempt.nonce,
        code_challenge: await client.calculatePKCECodeChallenge(attempt.verifier),
        code_challenge_method: "S256",
      });
      // The browser goes there, not this server; still it must be the provider and not a stranger whom it names.
      if (url.protocol !== "https:" && !isLocal)
        throw unavailable(new Error("the provider signs in over http"));
      return { url, attempt };
    },

    async finish(url, { state, nonce, verifier }) {
      const configuration = await configured();
      try {
        const answer = await client.authorizationCodeGrant(configuration, url, {
          expectedState: state,
          expectedNonce: nonce,
          pkceCodeVerifier: verifier,
          idTokenExpected: true,
        });
        const claims = answer.claims();
        if (claims === undefined) throw new Error("the provider gave no id-token");
        return claims;
      } catch (cause) {
        if (isUnreachable(cause)) throw unavailable(cause);
        throw new LoggiaError("CUSTOMER_UNAUTHORIZED", "The OpenID provider did not confirm the sign-in.", {
          cause,
        });
      }
    },
  };
}

const unavailable = (cause: unknown) =>
  new LoggiaError("TEMPORARILY_UNAVAILABLE", "The OpenID provider could not be asked. Try again.", {
    cause,
    retryAfter: 10,
  });

/** What keeps this server from asking the provider. */
class Unreachable extends Error {}

/** Whether an error, or one that caused it, is that there was no answer. */
const isUnreachable = (error: unknown): boolean =>
  error instanceof Error &&
  (error instanceof Unreachable ||
    error.message === "fetch failed" ||
    error.name === "TimeoutError" ||
    isUnreachable(error.cause));

async function limited(response: Response, url: URL): Promise<Response> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of response.body ?? []) {
    size += chunk.length;
    if (size > mostBytes)
      throw new Unreachable(`${url.origin}${url.pathname} answered with more than ${mostBytes} bytes`);
    chunks.push(chunk);
  }
  const { status, headers } = response;
  return new Response(Buffer.concat(chunks), { status, headers });
}
