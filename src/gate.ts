/** Puts together what stands before every call: the rules, what is stored, and news of its changes. */
import type { AddressedProject, TokenFacts, Visibility } from "./auth/access.ts";
import type { TokenKind } from "./auth/token.ts";
import type { Gatekeeper } from "./interceptors/authenticate.ts";
import type { FailedLogins } from "./interceptors/failed-logins.ts";
import { localGate } from "./interceptors/local-gate.ts";
import type { Log } from "./interceptors/log.ts";
import { type RefusedLogin, tokenGate } from "./interceptors/token-gate.ts";
import { findAccess, findAddressedProject, recordUse } from "./store/access.ts";
import { type NewEvent, recordEvent } from "./store/audit.ts";
import type { Database } from "./store/database.ts";
import type { Listening } from "./store/notifications.ts";
import { defaultProjectPath } from "./store/projects.ts";
import { inProjects } from "./store/scope.ts";

export interface GateOptions {
  /** Whether everyone who reaches the server may do everything (local mode). */
  open: boolean;
  /** Whether public projects are read without a token. */
  anonymousReads: boolean;
  /** Listens to store/access.ts's channel. Without it, what is remembered ends with its time alone. */
  listenToAccess: ((changed: () => void) => Listening) | undefined;
  logins: FailedLogins;
}

export interface Gate extends Gatekeeper {
  /** Waits for what it does in the background. */
  close(): Promise<void>;
}

export function makeGate(db: Database, log: Log, options: GateOptions): Gate {
  const { open, anonymousReads, listenToAccess, logins } = options;
  const background = new Set<Promise<void>>();
  const inBackground = (work: Promise<void>, failure: string) => {
    const done = work
      .catch((error: unknown) => log.warn({ err: error }, failure))
      .finally(() => background.delete(done));
    background.add(done);
  };

  const findProject = (reference: string) => everywhere(() => addressed(db, reference));
  const gate = open
    ? localGate(findProject, defaultProjectPath)
    : tokenGate({
        findToken: (hash, reference) =>
          everywhere(async () => {
            const found = await findAccess(db, hash, reference, defaultProjectPath);
            return found && ({ ...found, kind: found.kind as TokenKind } satisfies TokenFacts);
          }),
        findProject,
        defaultProject: defaultProjectPath,
        anonymousReads,
        logins,
        used: (token, address) =>
          inBackground(
            everywhere(() => recordUse(db, token, address)),
            "could not note the use of a token",
          ),
        refused: (login) =>
          inBackground(
            everywhere(() => recordEvent(db, eventOf(login))),
            "could not record a refused login",
          ),
      });
  const listening = listenToAccess?.(gate.forget);
  return {
    find: gate.find,
    projectName: gate.projectName,
    async close() {
      await listening?.close();
      await Promise.all(background);
    },
  };
}

/** Before it is known in which project a call is, none may be left out. */
const everywhere = <T>(work: () => Promise<T>) => inProjects("all", work);

async function addressed(db: Database, reference: string): Promise<AddressedProject | undefined> {
  const found = await findAddressedProject(db, reference);
  return (
    found && {
      id: found.project_id,
      visibility: found.visibility as Visibility,
      archived: found.archived_at !== null,
    }
  );
}

/** In the log of the project that the token is bound to, if it is known and bound to one; else in the server's. */
const eventOf = ({ reason, hint, token, address, requestId }: RefusedLogin): NewEvent => ({
  project: token?.bound_to ?? 0n,
  actor: token === undefined ? "unknown caller" : (token.username ?? `token ${token.name}`),
  ...(token !== undefined && { tokenId: token.token_id }),
  action: "login.refuse",
  object: hint === "" ? "no token" : `token …${hint}`,
  result: reason,
  address,
  requestId,
});
