import { createContextKey } from "@connectrpc/connect";
import type { Access } from "./access.ts";
import type { Principal } from "./principal.ts";
import type { Role } from "./roles.ts";

/** What the interceptors learn about a call and the handlers need. */

/** Who makes the call; undefined until the authenticate interceptor knows. */
export const principalKey = createContextKey<Principal | undefined>(undefined, { description: "principal" });

/** All that decides what the caller may do; undefined until the authenticate interceptor knows. */
export const accessKey = createContextKey<Access | undefined>(undefined, { description: "access" });

/** The caller's role in the project the call is about; undefined when they have none, and for calls about no project. */
export const roleKey = createContextKey<Role | undefined>(undefined, { description: "role" });

/** The project the call is about; 0 for a call that is about none. */
export const projectKey = createContextKey<bigint>(0n, { description: "project id" });

/** The token as the caller sent it, unproven: a secret. undefined when there was none. */
export const credentialKey = createContextKey<string | undefined>(undefined, { description: "credential" });

/** The network address of the client; "" when it is not known. */
export const addressKey = createContextKey<string>("", { description: "client address" });

/** Identifies the call in the log and in the answer of an internal error. */
export const requestIdKey = createContextKey<string>("", { description: "request id" });

/** The header Idempotency-Key: what a caller says again when it repeats a request. undefined when there was none. */
export const idempotencyKey = createContextKey<string | undefined>(undefined, {
  description: "idempotency key",
});

/** Whether the caller takes a JsonText (services/json-text.ts) in place of a message. */
export const acceptsJsonText = createContextKey<boolean>(false, { description: "accepts JSON text" });

/** The project as the caller names it: a numeric id or a path; undefined means the default project. */
export const projectReferenceKey = createContextKey<string | undefined>(undefined, {
  description: "project reference",
});

/** The headers of the answer, where an answer that is an error has them apart from its error (Connect, gRPC, gRPC-Web). */
export const responseHeaderKey = createContextKey<Headers | undefined>(undefined, {
  description: "response header",
});

/** How the call arrived: rest, connect, grpc or grpc-web; for the log. */
export const protocolKey = createContextKey<string>("", { description: "protocol" });

/**
 * Aborted when a stream has to end before its time, with the reason its caller is told: the caller lost the right to it, the
 * server stops, the deadline has passed. undefined for calls that are no streams.
 */
export const endingKey = createContextKey<AbortSignal | undefined>(undefined, { description: "ending" });

/** Aborted once the server has begun to stop. undefined where nothing needs to know. */
export const stoppingKey = createContextKey<AbortSignal | undefined>(undefined, { description: "stopping" });

/** Cuts a call off whose reader does not read; undefined where it need not be. */
export const cutKey = createContextKey<(() => void) | undefined>(undefined, { description: "cut" });

/** Whether the caller's connection is TLS all the way, as far as a trusted proxy says. */
export const secureKey = createContextKey<boolean>(false, { description: "arrived by TLS" });
