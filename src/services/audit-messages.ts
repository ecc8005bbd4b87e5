import type { AuditEvent } from "../store/audit.ts";

export const toEvent = (event: AuditEvent) => ({
  eventId: event.id,
  projectId: event.project,
  at: BigInt(event.at.getTime()),
  actor: event.actor,
  ...(event.tokenId !== undefined && { tokenId: event.tokenId }),
  action: event.action,
  object: event.object,
  result: event.result,
  address: event.address,
  requestId: event.requestId,
  details: Object.entries(event.details).map(([key, value]) => ({ key, value: String(value) })),
});

/** An event as one line of NDJSON: as in the API, but for `details`, which is an object, and `at`, which is text. */
export function toLine({ id, project, tokenId, requestId, ...event }: AuditEvent): string {
  const rest = JSON.stringify({ ...event, request_id: requestId });
  // JSON.stringify takes no bigint.
  return `{"event_id":${id},"project_id":${project},"token_id":${tokenId ?? null},${rest.slice(1)}\n`;
}
