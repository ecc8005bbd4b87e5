import { createContextKey } from "@connectrpc/connect";

/** Who makes a call. In local mode there is one principal, who may do all. */
export type Principal = { kind: "local" };

export const local: Principal = { kind: "local" };

/** Who makes the call; set by the authenticate interceptor. */
export const principalKey = createContextKey<Principal | undefined>(undefined, { description: "principal" });
