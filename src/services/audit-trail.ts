import type { HandlerContext } from "@connectrpc/connect";
import { addressKey, principalKey, requestIdKey } from "../auth/context-keys.ts";
import type { Trail } from "../store/audit.ts";

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
