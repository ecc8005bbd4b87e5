import { hashOf, hintOf, newToken } from "../auth/token.ts";
import { LoggiaError } from "../errors.ts";
import type { Claims, OidcProvider } from "../oidc/provider.ts";
import { type Begun, seal, unseal } from "../oidc/sealed.ts";
import { recordEvent } from "../store/audit.ts";
import type { Database } from "../store/database.ts";
import { inProjects } from "../store/scope.ts";
import { pageTokenSecret } from "../store/secrets.ts";
import { beginSession } from "../store/sessions.ts";
import { userOfIdentity } from "../store/user-identities.ts";
import { checkUsername } from "./account-names.ts";

/** Why nobody was signed in, as the page of signing in is told. */
export type SignInFailure = "expired" | "refused" | "unavailable" | "no_name" | "name_taken" | "blocked";

export type SignInOutcome =
  | { returnTo: string; session: string; ends: Date }
  | { failure: SignInFailure; cause?: unknown };

export interface CallOrigin {
  address: string;
  requestId: string;
}

/** Signing in with an OpenID provider: what the two routes of it do (http/oidc-sign-in.ts). */
export type OidcSignIn = ReturnType<typeof oidcSignIn>;

export function oidcSignIn(
  { db, sessionLifetime }: { db: Database; sessionLifetime: number },
  provider: OidcProvider,
) {
  const { issuer, usernameClaim, linksUsers } = provider.settings;

  async function enter(claims: Claims, begun: Begun, origin: CallOrigin): Promise<SignInOutcome> {
    const username = usernameOf(claims, usernameClaim);
    if (username === undefined) return { failure: "no_name" };
    const user = await userOfIdentity(db, { issuer, subject: claims.sub, username }, linksUsers, origin);
    if (user === undefined) return { failure: "name_taken" };
    const session = newToken("session");
    const ends = await beginSession(
      db,
      {
        hash: hashOf(session),
        hint: hintOf(session),
        start: { user: user.user_id },
        lifetime: sessionLifetime,
      },
      { ...origin, actor: user.username },
    );
    return ends === undefined ? { failure: "blocked" } : { returnTo: begun.returnTo, session, ends };
  }

  async function attempt(url: URL, sealed: string, origin: CallOrigin): Promise<SignInOutcome> {
    const begun = await unseal(await pageTokenSecret(db), sealed);
    if (begun === undefined) return { failure: "expired" };
    try {
      return await enter(await provider.finish(url, begun), begun, origin);
    } catch (cause) {
      if (!(cause instanceof LoggiaError)) throw cause;
      return { failure: cause.code === "CUSTOMER_UNAUTHORIZED" ? "refused" : "unavailable", cause };
    }
  }

  return {
    /** Where to send the browser, and what it has to bring back. @throws TEMPORARILY_UNAVAILABLE */
    async begin(redirectUri: string, returnTo: string): Promise<{ url: URL; sealed: string }> {
      const { url, attempt } = await provider.begin(redirectUri);
      return { url, sealed: await seal(await pageTokenSecret(db), { ...attempt, returnTo }) };
    },

    /** Begins a session for whom the provider confirms. What failed is recorded. */
    finish: (url: URL, sealed: string, origin: CallOrigin): Promise<SignInOutcome> =>
      inProjects("all", async () => {
        const outcome = await attempt(url, sealed, origin);
        if ("failure" in outcome && outcome.failure !== "unavailable")
          await recordEvent(db, {
            ...origin,
            project: 0n,
            actor: "unknown caller",
            action: "login.refuse",
            object: `sign-in with ${issuer}`,
            result: outcome.failure,
          });
        return outcome;
      }),
  };
}

/** The username that the provider vouches for: the claim, or a verified address, each up to its `@`. */
function usernameOf(claims: Claims, claim: string): string | undefined {
  const email = claims.email_verified === true ? claims.email : undefined;
  for (const value of [claims[claim], email]) {
    if (typeof value !== "string") continue;
    const [username = ""] = value.split("@");
    try {
      checkUsername(claim, username);
      return username;
    } catch {}
  }
  return undefined;
}
