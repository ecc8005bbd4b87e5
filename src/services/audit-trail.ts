import type { HandlerContext } from "@connectrpc/connect";
import { addressKey, principalKey, requestIdKey } from "../auth/context-keys.ts";
import { recordEvent, type Trail } from "../store/audit.ts";
import { type Database, transaction } from "../store/database.ts";
import { project } from "./context.ts";

/** Who makes a call and from where, as the audit log has it. Names with a space are no user's. */
export function audited({ values }: HandlerContext): Trail {
  const principal = values.get(principalKey);
  return {
    actor:
      principal?.kind === "token"
        ? principal.name
        : principal?.kind === "local"
          ? "local mode"
          : "no one known",
    ...(principal?.kind === "token" && { tokenId: principal.tokenId }),
    address: values.get(addressKey),
    requestId: values.get(requestIdKey),
  };
}

/**
 * Does what is to stand in the audit log of the call's project, and records it by the same commit.
 * @param object what it is done to, of which what `act` answers may decide.
 * @param act answers whether there was anything to do; if not, nothing is recorded.
 */
export const recorded = <T>(
  db: Database,
  ctx: HandlerContext,
  { action, object }: { action: string; object: string | ((done: NonNullable<T>) => string) },
  act: (tx: Database) => Promise<T>,
): Promise<T> =>
  transaction(db, async (tx) => {
    const done = await act(tx);
    if (done)
      await recordEvent(tx, {
        ...audited(ctx),
        project: project(ctx),
        action,
        object: typeof object === "string" ? object : object(done),
        result: "ok",
      });
    return done;
  });
