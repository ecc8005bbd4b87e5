import type { ContextValues } from "@connectrpc/connect";
import {
  type Access,
  type AddressedProject,
  accessOf,
  type Refusal,
  refusalOf,
  type TokenFacts,
} from "../auth/access.ts";
import { addressKey, credentialKey, projectReferenceKey, requestIdKey } from "../auth/context-keys.ts";
import { anonymous } from "../auth/principal.ts";
import { hashOf, hintOf, isWellFormed } from "../auth/token.ts";
import { LoggiaError } from "../errors.ts";
import type { Gatekeeper } from "./authenticate.ts";
import { briefCache, longestLife } from "./brief-cache.ts";
import type { FailedLogins } from "./failed-logins.ts";

/** A login that was refused, as the audit log has it: nothing of the secret but what tells tokens apart. */
export interface RefusedLogin {
  reason: "malformed" | "unknown" | Refusal;
  /** The last four characters of what has the form of a token, else "". */
  hint: string;
  /** When the token is known. */
  token: Pick<TokenFacts, "token_id" | "name" | "username" | "bound_to"> | undefined;
  address: string;
  requestId: string;
}

export interface TokenGateOptions {
  /** A token with the project addressed; undefined when there is no such token. Without a reference: its own project, or the default one. */
  findToken(hash: Buffer, reference: string | undefined): Promise<TokenFacts | undefined>;
  findProject(reference: string): Promise<AddressedProject | undefined>;
  defaultProject: string;
  /** Whether public projects are read without a token. */
  anonymousReads: boolean;
  logins: FailedLogins;
  /** Hears that a token is in use: at most once a minute when its row says so, and often until then. Must not throw. */
  used(token: bigint, address: string): void;
  /** Must not throw. */
  refused(login: RefusedLogin): void;
}

/** Milliseconds for which a use that is written down stands for later ones. */
const usesApart = 60_000;

/**
 * A server that asks for tokens. What it learns of one it remembers for five seconds at most, per project addressed; the
 * returned `forget` is for news of a change, which ends that at once.
 */
export function tokenGate(options: TokenGateOptions): Gatekeeper & { forget(): void } {
  const { findToken, findProject, defaultProject, anonymousReads, logins, used, refused } = options;
  const known = briefCache<Access & { until?: number }>(({ project, until = Infinity }) =>
    // A project that was not there may be in a moment.
    project === undefined ? 0 : Math.min(longestLife, until - Date.now()),
  );

  const knownPublic = briefCache<Access>(() => longestLife);

  const refuse = (
    call: ContextValues,
    credential: string,
    reason: RefusedLogin["reason"],
    token?: TokenFacts,
  ) => {
    const address = call.get(addressKey);
    logins.failed(address, credential);
    const hint = reason === "malformed" ? "" : hintOf(credential);
    refused({ reason, hint, token, address, requestId: call.get(requestIdKey) });
    return unauthorized(sentences[reason]);
  };

  const look = async (call: ContextValues, credential: string, reference: string | undefined) => {
    const address = call.get(addressKey);
    logins.admit(address, credential);
    if (!isWellFormed(credential)) throw refuse(call, credential, "malformed");
    const token = await findToken(hashOf(credential), reference);
    if (token === undefined) throw refuse(call, credential, "unknown");
    const now = Date.now();
    const refusal = refusalOf(token, now);
    if (refusal !== undefined) throw refuse(call, credential, refusal, token);
    logins.succeeded(credential);
    if (token.last_used_at === null || token.last_used_at.getTime() < now - usesApart)
      used(token.token_id, address);
    return { ...accessOf(token), ...(token.expires_at !== null && { until: token.expires_at.getTime() }) };
  };

  /** Without a token a public project is there for readers; about every other one nothing is said but that a token is needed. */
  const lookAnonymously = async (reference: string): Promise<Access> => {
    const project = anonymousReads ? await findProject(reference) : undefined;
    if (project?.visibility !== "public") throw unauthorized(sentences.missing);
    return { principal: anonymous, project, role: "guest" };
  };

  return {
    find(call, aboutProject) {
      const credential = call.get(credentialKey);
      const reference = aboutProject ? call.get(projectReferenceKey) : undefined;
      if (credential === undefined) {
        if (!anonymousReads || !aboutProject) throw unauthorized(sentences.missing);
        const key = reference ?? defaultProject;
        return knownPublic.get(key) ?? knownPublic.fill(key, lookAnonymously(key));
      }
      // Another case of a path names the same project; it must not put others out.
      const part = reference?.toLowerCase();
      return known.get(credential, part) ?? known.fill(credential, look(call, credential, reference), part);
    },
    projectName: (call) => call.get(projectReferenceKey) ?? defaultProject,
    forget() {
      known.drop();
      knownPublic.drop();
    },
  };
}

const sentences: Record<RefusedLogin["reason"] | "missing", string> = {
  missing: "This server asks for a token: set MLFLOW_TRACKING_TOKEN, or send it as 'Authorization: Bearer'.",
  malformed: "The token is not valid: it does not have the form of one.",
  unknown: "The token is not valid.",
  revoked: "The token was revoked.",
  expired: "The token has expired.",
  blocked: "The user of this token is blocked.",
};

const unauthorized = (message: string) => new LoggiaError("CUSTOMER_UNAUTHORIZED", message);
