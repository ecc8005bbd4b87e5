import type { MessageShape } from "@bufbuild/protobuf";
import type { FastifyInstance } from "fastify";
import { AuditService, type ExportEventsRequestSchema } from "../../gen/loggia/v1/audit_pb.js";
import type { AuditLines } from "../services/audit.ts";
import { gather, sendText } from "./answer.ts";
import type { Surround } from "./call.ts";
import { describedRoute } from "./described-route.ts";
import { parseQuery } from "./json-query.ts";

const path = "/api/1.0/loggia/audit/export";

/** The route, as OpenAPI describes it. */
export const auditExportPath = describedRoute(path, {
  operationId: "AuditExport",
  tag: AuditService.name,
  description: "The audit log, oldest first, an event a line; the parameters are those of ExportEvents.",
  query: AuditService.method.exportEvents.input.fields.map(({ name }) => ({ name })),
  answers: ["application/x-ndjson"],
});

export interface AuditExportOptions {
  lines: AuditLines;
  surround: Surround;
}

/**
 * The audit log as NDJSON, in chunks, however long it is. REST has no streams of messages, so this is the one of
 * ExportEvents; as far as permissions go it is a call of ListEvents, which needs the same.
 */
export async function auditExportRoute(
  app: FastifyInstance,
  { lines, surround }: AuditExportOptions,
): Promise<void> {
  const { listEvents, exportEvents } = AuditService.method;
  app.route({
    method: "GET",
    url: path,
    exposeHeadRoute: false,
    async handler(request, reply) {
      const [, query = ""] = /\?(.*)/s.exec(request.originalUrl) ?? [];
      const text = await surround(
        listEvents,
        request,
        reply,
        () => parseQuery(exportEvents.input, query),
        (message, context) =>
          gather(lines(context, message as MessageShape<typeof ExportEventsRequestSchema>)),
      );
      reply.header("content-disposition", 'attachment; filename="audit.ndjson"');
      return sendText(request, reply, text, "application/x-ndjson");
    },
  });
}
