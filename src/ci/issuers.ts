import { createRemoteJWKSet, customFetch, type JWTVerifyGetKey } from "jose";
import { LoggiaError } from "../errors.ts";
import { fetchJson } from "./fetch-json.ts";

/** Times are milliseconds. */
export interface KeyFetching {
  /** For an answer of an issuer. */
  timeout: number;
  /** Between two questions for keys that a token names and the issuer did not have. */
  cooldown: number;
  /** After which known keys are fetched anew. */
  maxAge: number;
  /** After a failure, until the issuer is asked again. */
  pause: number;
}

export const keyFetching: KeyFetching = { timeout: 5_000, cooldown: 30_000, maxAge: 600_000, pause: 10_000 };

/** The largest answer of an issuer. GitLab's key set has 2 kB. */
const mostBytes = 256 * 2 ** 10;

/** Gives the key that a token of `issuer` was signed with. */
export type KeysOf = (issuer: string) => JWTVerifyGetKey;

/**
 * The keys of the issuers that the settings trust: discovered once, then cached. No other host is asked, whatever a token or
 * an answer says. An issuer that could not be reached is left alone for a while, and so is one that was asked for a key it
 * does not have: tokens with made-up keys cannot make this server call others often.
 * @returns a function that throws TEMPORARILY_UNAVAILABLE from within when an issuer cannot be asked.
 */
export function issuerKeys(issuers: readonly string[], options: Partial<KeyFetching> = {}): KeysOf {
  const { timeout, cooldown, maxAge, pause } = { ...keyFetching, ...options };
  const keys = new Map(issuers.map((issuer) => [issuer, keysOfOne(issuer)]));

  function keysOfOne(issuer: string): JWTVerifyGetKey {
    let discovering: Promise<JWTVerifyGetKey> | undefined;
    let failed: { until: number; error: unknown } | undefined;

    const ask = async (url: URL): Promise<unknown> => {
      if (failed !== undefined && failed.until > performance.now()) throw unreachable(issuer, failed.error);
      try {
        const answer = await fetchJson(url, { timeout, most: mostBytes });
        failed = undefined;
        return answer;
      } catch (error) {
        failed = { until: performance.now() + pause, error };
        throw unreachable(issuer, error);
      }
    };

    const discover = async (): Promise<JWTVerifyGetKey> => {
      const found = await ask(new URL(`${issuer.replace(/\/$/, "")}/.well-known/openid-configuration`));
      const url = keyAddress(issuer, found);
      return createRemoteJWKSet(url, {
        // What is asked has a timeout of its own.
        timeoutDuration: timeout * 2,
        cooldownDuration: cooldown,
        cacheMaxAge: maxAge,
        [customFetch]: async () => Response.json(await ask(url)),
      });
    };

    return async (header, token) => {
      discovering ??= discover();
      const current = discovering;
      try {
        return await (await current)(header, token);
      } catch (error) {
        // jose remembers keys; only a discovery that failed has to be made again.
        current.catch(() => {
          if (discovering === current) discovering = undefined;
        });
        throw error;
      }
    };
  }

  return (issuer) => {
    const found = keys.get(issuer);
    if (found === undefined) throw new Error("the keys of an issuer that is not trusted were asked for");
    return found;
  };
}

/** @throws LoggiaError when the document is another issuer's, or names keys that lie elsewhere. */
function keyAddress(issuer: string, found: unknown): URL {
  const { issuer: name, jwks_uri: keys } = (found ?? {}) as { issuer?: unknown; jwks_uri?: unknown };
  if (name !== issuer)
    throw unreachable(issuer, new Error("its discovery document is that of another issuer"));
  if (typeof keys !== "string" || !URL.canParse(keys) || new URL(keys).origin !== new URL(issuer).origin)
    throw unreachable(issuer, new Error("its discovery document names keys on another host"));
  return new URL(keys);
}

const unreachable = (issuer: string, cause: unknown) =>
  cause instanceof LoggiaError
    ? cause
    : new LoggiaError(
        "TEMPORARILY_UNAVAILABLE",
        `The keys of the issuer ${issuer} could not be read. Try again.`,
        { cause, retryAfter: 10 },
      );
