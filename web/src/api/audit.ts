import { infiniteQueryOptions } from "@tanstack/react-query";
import { AuditService, type Event } from "../../../gen/loggia/v1/audit_pb.js";
import { client } from "./transport.ts";

export type { Event };

export interface AuditFilter {
  actor: string;
  /** `member.*` stands for all that begin with `member.`. */
  action: string;
  /** Milliseconds since the epoch; the first is within, the second is not. */
  from: number | undefined;
  until: number | undefined;
}

const asked = ({ actor, action, from, until }: AuditFilter) => ({
  actor,
  action,
  ...(from === undefined ? {} : { from: BigInt(from) }),
  ...(until === undefined ? {} : { until: BigInt(until) }),
});

interface EventsPage {
  events: Event[];
  nextPageToken?: string | undefined;
}

const rowsPerPage = 100;

/** Who did what, the newest first. @param project none: the whole server, for its administrators. */
export const eventsQuery = (project: string | undefined, filter: AuditFilter) =>
  infiniteQueryOptions({
    queryKey: ["audit", project ?? "", filter],
    initialPageParam: "",
    getNextPageParam: (page: EventsPage) => page.nextPageToken,
    async queryFn({ signal, pageParam }): Promise<EventsPage> {
      const request = { ...asked(filter), maxResults: rowsPerPage, pageToken: pageParam };
      return project === undefined
        ? client(AuditService).listServerEvents(request, { signal })
        : client(AuditService, project).listEvents(request, { signal });
    },
  });

/** Where all of these events can be downloaded as NDJSON, the oldest first. */
export function exportAddress(project: string, filter: AuditFilter): string {
  const search = new URLSearchParams();
  for (const [key, value] of Object.entries(asked(filter))) if (value !== "") search.set(key, String(value));
  const query = search.size === 0 ? "" : `?${search}`;
  return `/api/v4/projects/${encodeURIComponent(project)}/ml/mlflow/api/1.0/loggia/audit/export${query}`;
}
