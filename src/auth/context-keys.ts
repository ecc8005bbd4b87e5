import { createContextKey } from "@connectrpc/connect";

/** What the interceptors learn about a call and the handlers need. */

/** The project the call is about. */
export const projectKey = createContextKey<bigint>(0n, { description: "project id" });

/** Identifies the call in the log and in the answer of an internal error. */
export const requestIdKey = createContextKey<string>("", { description: "request id" });

/** Whether the caller takes a JsonText (services/json-text.ts) in place of a message. */
export const acceptsJsonText = createContextKey<boolean>(false, { description: "accepts JSON text" });

/** The project as the caller names it: a numeric id or a path; undefined means the default project. */
export const projectReferenceKey = createContextKey<string | undefined>(undefined, {
  description: "project reference",
});

/** How the call arrived: rest, connect, grpc or grpc-web; for the log. */
export const protocolKey = createContextKey<string>("", { description: "protocol" });
