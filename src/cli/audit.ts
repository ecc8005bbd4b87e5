/** `loggia audit …`: who did what. */
import { SettingError } from "../config.ts";
import { eventFilter } from "../services/audit-filter.ts";
import { toLine } from "../services/audit-messages.ts";
import { findEvents, recordEvent, streamEvents } from "../store/audit.ts";
import type { Database } from "../store/database.ts";
import type { Action, Given } from "./action.ts";
import { addressed } from "./project-named.ts";
import { pastMoment } from "./times.ts";
import { trail } from "./trail.ts";

export const list: Action = (given) => {
  const limit = limitOf(given.values.limit ?? "50");
  const filter = filterOf(given);
  return async ({ db, out }) => {
    const project = await projectOf(db, given);
    const events = await findEvents(db, { project, filter, limit });
    if (given.switches.has("json")) {
      const lines = events.map((event) => toLine(event).trimEnd());
      return out.line(lines.length === 0 ? "[]" : `[\n${lines.join(",\n")}\n]`);
    }
    out.rows(
      events.map((event) => ({
        at: event.at,
        ...(project === undefined && { project: event.project === 0n ? "server" : String(event.project) }),
        actor: event.actor,
        action: event.action,
        object: event.object,
        result: event.result,
        address: event.address,
        details: Object.entries(event.details).map(([name, value]) => `${name}=${value}`),
      })),
      "There are no events.",
    );
  };
};

/** All events, as the API's export has them, which is itself an event. */
export const exportAll: Action = (given) => {
  const filter = filterOf(given);
  return async ({ db, out }) => {
    const project = await projectOf(db, given);
    const about = { project: project ?? 0n, action: "audit.export", object: "audit log", result: "ok" };
    await recordEvent(db, { ...trail, ...about });
    for await (const events of streamEvents(db, { project, filter, chunk: 1_000 })) {
      for (const event of events) out.line(toLine(event).trimEnd());
      // A slow reader of the pipe is waited for, rather than all events held in memory.
      if (process.stdout.writableNeedDrain) await drained();
    }
  };
};

const drained = () =>
  new Promise<void>((resolve) => {
    for (const event of ["drain", "close", "error"]) process.stdout.once(event, () => resolve());
  });

const projectOf = async (db: Database, { values }: Given) =>
  values.project === undefined ? undefined : (await addressed(db, values.project)).project_id;

function filterOf({ values: { actor = "", action = "", from, until } }: Given) {
  const milliseconds = (flag: string, text: string | undefined) =>
    text === undefined ? undefined : BigInt(pastMoment(flag, text).getTime());
  return eventFilter({
    actor,
    action,
    from: milliseconds("from", from),
    until: milliseconds("until", until),
  });
}

function limitOf(text: string): number {
  const number = /^\d{1,6}$/.test(text) ? Number(text) : 0;
  if (number < 1)
    throw new SettingError(`--limit must be a whole number from 1, got ${JSON.stringify(text)}`);
  return number;
}
