import { type ContextValues, createContextValues } from "@connectrpc/connect";
import type { FastifyRequest } from "fastify";
import {
  addressKey,
  credentialKey,
  idempotencyKey,
  projectReferenceKey,
  requestIdKey,
  secureKey,
} from "../auth/context-keys.ts";
import { clientAddress } from "./client-address.ts";
import { credentialOf } from "./credential.ts";
import { projectReference } from "./project-path.ts";

/** What interceptors and handlers are told of a request, whatever its protocol. */
export function valuesOf(request: FastifyRequest): ContextValues {
  return createContextValues()
    .set(requestIdKey, request.id)
    .set(projectReferenceKey, projectReference(request.raw))
    .set(credentialKey, credentialOf(request))
    .set(addressKey, clientAddress(request))
    .set(secureKey, request.protocol === "https")
    .set(idempotencyKey, request.headers["idempotency-key"]?.toString());
}
