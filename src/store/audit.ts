import { type RawBuilder, type Selectable, sql } from "kysely";
import type { AuditEvents } from "../../gen/db.ts";
import type { Database } from "./database.ts";

/** The audit log (security.md §3): rows are added, and never changed or removed. None of them may hold a secret. */

/** Who does something, and from where. */
export interface Trail {
  /** A username, `token <name>` for a token of no user, or a name with a space, which no user has. */
  actor: string;
  /** The token with which they do it. */
  tokenId?: bigint;
  /** The network address of the client; "" when there is none. */
  address: string;
  /** "" when there is none. */
  requestId: string;
}

export interface NewEvent extends Trail {
  /** 0 for what concerns the whole server. */
  project: bigint;
  /** `<what>.<done to it>`, such as `member.set`. */
  action: string;
  /** What it was done to, as a person names it. */
  object: string;
  /** `ok`, or why it was not done. */
  result: string;
  details?: Details;
}

export type Details = Readonly<Record<string, string | number | boolean>>;

/** An event as it is stored. */
export interface AuditEvent extends Trail {
  id: bigint;
  project: bigint;
  at: Date;
  action: string;
  object: string;
  result: string;
  details: Details;
}

/** Adds an event; to be called in the transaction of what it tells of, so that neither is there without the other. */
export async function recordEvent(db: Database, event: NewEvent): Promise<void> {
  const { project, actor, tokenId, action, object, result, address, requestId, details } = event;
  await db
    .insertInto("audit_events")
    .values({
      project_id: project,
      actor,
      token_id: tokenId ?? null,
      action,
      object,
      result,
      address,
      request_id: requestId,
      details: details === undefined ? null : JSON.stringify(details),
    })
    .execute();
}

export interface EventFilter {
  actor?: string;
  /** An action, or `member.*` for all that begin with `member.`. */
  action?: string;
  from?: Date;
  /** Not included. */
  until?: Date;
}

export interface EventPage {
  /** 0 for the events of the whole server; undefined for all there are. */
  project: bigint | undefined;
  filter: EventFilter;
  /** The id of the last event of the page before. */
  before?: bigint;
  /** Events at most. */
  limit: number;
}

/** The newest events first. */
export async function findEvents(
  db: Database,
  { project, filter, before, limit }: EventPage,
): Promise<AuditEvent[]> {
  const wanted = sql`${matching(filter)} ${before === undefined ? sql`` : sql`and event_id < ${before}`}`;
  const newest = (of: Sql) => sql`
    select * from audit_events where project_id = ${of} ${wanted} order by event_id desc limit ${limit}`;
  if (project !== undefined)
    return (await sql<Row>`${newest(sql`${project}`)}`.execute(db)).rows.map(toEvent);
  // The newest of each project and then of all, as the index has them: it is not for reading everything.
  const { rows } = await sql<Row>`
    with recursive each(id) as (
      select min(project_id) from audit_events
      union all
      select (select min(project_id) from audit_events where project_id > each.id) from each where each.id is not null
    )
    select event.* from each cross join lateral (${newest(sql`each.id`)}) event
    order by event_id desc limit ${limit}`.execute(db);
  return rows.map(toEvent);
}

export interface EventStream {
  /** 0 for the events of the whole server; undefined for all there are. */
  project: bigint | undefined;
  filter: EventFilter;
  /** Events that are held at a time. */
  chunk: number;
}

/** The oldest events first, up to the last one there is when it begins, in chunks. */
export async function* streamEvents(
  db: Database,
  { project, filter, chunk }: EventStream,
): AsyncGenerator<AuditEvent[]> {
  const { rows: ends } = await sql<{ last: bigint | null }>`
    select max(event_id) as last from audit_events ${project === undefined ? sql`` : sql`where project_id = ${project}`}`.execute(
    db,
  );
  const last = ends[0]?.last ?? 0n;
  const place: Sql = project === undefined ? sql`project_id, event_id` : sql`event_id`;
  let after: { project: bigint; id: bigint } | undefined;
  while (true) {
    const beyond =
      after === undefined
        ? sql``
        : project === undefined
          ? sql`and (project_id, event_id) > (${after.project}, ${after.id})`
          : sql`and event_id > ${after.id}`;
    const { rows } = await sql<Row>`
      select * from audit_events
      where event_id <= ${last} ${project === undefined ? sql`` : sql`and project_id = ${project}`}
        ${matching(filter)} ${beyond}
      order by ${place} limit ${chunk}`.execute(db);
    if (rows.length > 0) yield rows.map(toEvent);
    const end = rows.at(-1);
    if (rows.length < chunk || end === undefined) return;
    after = { project: end.project_id, id: end.event_id };
  }
}

type Sql = RawBuilder<unknown>;
type Row = Selectable<AuditEvents>;

/** That an event is one of `filter`'s, as what follows another condition. */
function matching({ actor, action, from, until }: EventFilter): Sql {
  const family = action?.endsWith(".*") ? action.slice(0, -1) : undefined;
  return sql.join(
    [
      actor === undefined ? sql`` : sql`and actor = ${actor}`,
      action === undefined
        ? sql``
        : family === undefined
          ? sql`and action = ${action}`
          : sql`and starts_with(action, ${family})`,
      from === undefined ? sql`` : sql`and at >= ${from}`,
      until === undefined ? sql`` : sql`and at < ${until}`,
    ],
    sql` `,
  );
}

const toEvent = (row: Row): AuditEvent => ({
  id: row.event_id,
  project: row.project_id,
  at: row.at,
  actor: row.actor,
  ...(row.token_id !== null && { tokenId: row.token_id }),
  action: row.action,
  object: row.object,
  result: row.result,
  address: row.address,
  requestId: row.request_id,
  details: (row.details ?? {}) as Details,
});
