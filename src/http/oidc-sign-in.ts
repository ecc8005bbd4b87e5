import { hash } from "node:crypto";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { setSessionCookie } from "../auth/session-cookie.ts";
import type { FailedLogins } from "../interceptors/failed-logins.ts";
import { attemptLifetime } from "../oidc/sealed.ts";
import type { OidcSignIn } from "../services/oidc-sign-in.ts";
import { clientAddress } from "./client-address.ts";
import { describedRedirect } from "./described-route.ts";

/**
 * Signing in with an OpenID provider: `/-/sign-in/oidc` sends the browser there, and `/-/sign-in/oidc/callback` is where it
 * comes back to. Both answer with a redirect; one that failed leads to the page of signing in with the parameter `error`.
 */
export interface OidcSignInOptions {
  signIn: OidcSignIn;
  logins: FailedLogins;
  /** Where browsers reach this server, without a slash at its end; where the request was sent, when absent. */
  publicUrl: string | undefined;
}

export const oidcSignInPath = "/-/sign-in/oidc";
const callbackPath = `${oidcSignInPath}/callback`;
const attemptCookie = "loggia_sign_in";

/** The routes, as OpenAPI describes them; they are there where the server is told of a provider. */
export const oidcSignInPaths = {
  ...describedRedirect(oidcSignInPath, {
    operationId: "OidcSignIn",
    tag: "SessionService",
    description: "Sends a browser to the OpenID provider with which people sign in, if there is one.",
    query: [{ name: "return_to", description: "A path of this server to come back to; / when absent." }],
  }),
  ...describedRedirect(callbackPath, {
    operationId: "OidcSignInCallback",
    tag: "SessionService",
    description: "Where the OpenID provider sends the browser back to; begins a session.",
    query: ["code", "state", "iss", "error"].map((name) => ({ name })),
  }),
};

export async function oidcSignInRoutes(app: FastifyInstance, options: OidcSignInOptions): Promise<void> {
  const { signIn, logins, publicUrl } = options;
  const callback = (request: FastifyRequest) =>
    `${publicUrl ?? `${request.protocol}://${request.host}`}${callbackPath}`;

  app.get(oidcSignInPath, { exposeHeadRoute: false }, async (request, reply) => {
    const { return_to: returnTo } = request.query as { return_to?: unknown };
    const { url, sealed } = await signIn.begin(callback(request), ownPath(returnTo));
    // Lax: it has to come back with a navigation that begins at the provider.
    reply.header("set-cookie", cookie(sealed, attemptLifetime, request));
    return redirect(reply, url.href);
  });

  app.get(callbackPath, { exposeHeadRoute: false }, async (request, reply) => {
    const url = new URL(callback(request));
    url.search = new URL(request.originalUrl, "http://localhost").search;
    const address = clientAddress(request);
    const credential = hash("sha256", url.search, "hex");
    logins.admit(address, credential);
    const outcome = await signIn.finish(url, attemptOf(request), { address, requestId: request.id });
    const cookies = [cookie("", 0, request)];
    if ("failure" in outcome) {
      const { failure, cause } = outcome;
      request.log.info({ failure, address, err: cause }, "nobody was signed in");
      reply.header("set-cookie", cookies);
      if (failure === "refused") logins.failed(address, credential);
      return redirect(reply, `/-/sign-in?error=${failure}`);
    }
    cookies.push(setSessionCookie(outcome.session, outcome.ends, request.protocol === "https"));
    reply.header("set-cookie", cookies);
    return redirect(reply, outcome.returnTo);
  });
}

const redirect = (reply: FastifyReply, to: string) =>
  reply.header("cache-control", "no-store").redirect(to, 303);

/** A path of this server; anything else would send people elsewhere in our name. */
function ownPath(given: unknown): string {
  if (typeof given !== "string" || !URL.canParse(given, "http://loggia.invalid")) return "/";
  const { origin, pathname, search, hash } = new URL(given, "http://loggia.invalid");
  const path = `${pathname}${search}${hash}`;
  return origin === "http://loggia.invalid" && given.startsWith("/") && !path.startsWith("//") ? path : "/";
}

const cookie = (value: string, seconds: number, { protocol }: FastifyRequest) =>
  `${attemptCookie}=${value}; Path=${callbackPath}; Max-Age=${seconds}; HttpOnly; SameSite=Lax${protocol === "https" ? "; Secure" : ""}`;

const attemptOf = ({ headers }: FastifyRequest): string =>
  new RegExp(`(?:^|;\\s*)${attemptCookie}=([^;]*)`).exec(headers.cookie ?? "")?.[1] ?? "";
