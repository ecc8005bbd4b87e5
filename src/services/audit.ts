import type { HandlerContext, ServiceImpl } from "@connectrpc/connect";
import type { AuditService } from "../../gen/loggia/v1/audit_pb.js";
import { type AuditEvent, findEvents, recordEvent, streamEvents } from "../store/audit.ts";
import { inProjects, keepingScope } from "../store/scope.ts";
import { eventFilter, type GivenFilter } from "./audit-filter.ts";
import { toEvent, toLine } from "./audit-messages.ts";
import { audited } from "./audit-trail.ts";
import { project } from "./context.ts";
import type { Deps } from "./deps.ts";
import { type ListRequest, listPage } from "./listings.ts";

/** Events that an export holds at a time. */
const chunk = 1_000;

/** The audit log. */
export const audit = (deps: Deps) => {
  const { db } = deps;
  const list = async (of: bigint | undefined, req: ListRequest & GivenFilter) => {
    const filter = eventFilter(req);
    const { rows, token } = await listPage(db, req, {
      about: ["audit/list", of ?? "all", filter],
      key: (event: AuditEvent) => event.id,
      find: ({ after, limit }) =>
        findEvents(db, { project: of, filter, limit, ...(after !== undefined && { before: after }) }),
    });
    return { events: rows.map(toEvent), ...token };
  };

  return {
    listEvents: (req, ctx) => list(project(ctx), req),

    exportEvents: (req, ctx) => messagesOf(exportedEvents(deps, ctx, req)),

    listServerEvents: (req) => inProjects("all", () => list(req.projectId, req)),
  } satisfies Partial<ServiceImpl<typeof AuditService>>;
};

export type AuditLines = ReturnType<typeof auditLines>;

/** The export of the project that a call is about, as NDJSON. */
export const auditLines = (deps: Deps) => (ctx: HandlerContext, filter: GivenFilter) =>
  linesOf(exportedEvents(deps, ctx, filter));

async function* messagesOf(chunks: AsyncIterable<AuditEvent[]>) {
  for await (const events of chunks) yield { events: events.map(toEvent) };
}

async function* linesOf(chunks: AsyncIterable<AuditEvent[]>): AsyncGenerator<string> {
  for await (const events of chunks) yield events.map(toLine).join("");
}

/** All events that fit, the oldest first; the last of them tells of this export. */
const exportedEvents = (
  { db }: Deps,
  ctx: HandlerContext,
  given: GivenFilter,
): AsyncIterable<AuditEvent[]> => {
  const filter = eventFilter(given);
  const of = project(ctx);
  async function* events() {
    const about = { project: of, action: "audit.export", object: "audit log", result: "ok" };
    await recordEvent(db, { ...audited(ctx), ...about });
    yield* streamEvents(db, { project: of, filter, chunk });
  }
  return keepingScope(events());
};
