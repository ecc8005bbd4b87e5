import { sql } from "kysely";
import { recordEvent, type Trail } from "./audit.ts";
import { type Database, transaction } from "./database.ts";

/** The secret with which GitLab's job events for a project have to come, of which only a hash is kept. */
export interface Webhook {
  hash: Buffer;
  createdAt: Date;
  lastEventAt: Date | undefined;
}

export async function findWebhook(db: Database, project: bigint): Promise<Webhook | undefined> {
  const row = await db
    .selectFrom("ci_webhooks")
    .select(["hash", "created_at", "last_event_at"])
    .where("project_id", "=", project)
    .executeTakeFirst();
  if (row === undefined) return undefined;
  return { hash: row.hash, createdAt: row.created_at, lastEventAt: row.last_event_at ?? undefined };
}

/** Puts a secret in place of the one before, if there was any. */
export function replaceWebhook(db: Database, project: bigint, hash: Buffer, trail: Trail): Promise<void> {
  return transaction(db, async (tx) => {
    await tx
      .insertInto("ci_webhooks")
      .values({ project_id: project, hash, created_by: trail.actor })
      .onConflict((conflict) =>
        conflict.column("project_id").doUpdateSet({
          hash,
          created_by: trail.actor,
          created_at: sql<Date>`now()`,
          last_event_at: null,
        }),
      )
      .execute();
    await recordEvent(tx, { ...trail, ...ofSecret, project, action: "ci_webhook.rotate" });
  });
}

/** Takes the secret away, if there is one. */
export function deleteWebhook(db: Database, project: bigint, trail: Trail): Promise<void> {
  return transaction(db, async (tx) => {
    const { numDeletedRows } = await tx
      .deleteFrom("ci_webhooks")
      .where("project_id", "=", project)
      .executeTakeFirst();
    if (numDeletedRows > 0n)
      await recordEvent(tx, { ...trail, ...ofSecret, project, action: "ci_webhook.delete" });
  });
}

const ofSecret = { object: "webhook secret", result: "ok" };

/** Notes that a job event came, at most once a minute. */
export async function noteJobEvent(db: Database, project: bigint): Promise<void> {
  await db
    .updateTable("ci_webhooks")
    .set({ last_event_at: sql<Date>`now()` })
    .where("project_id", "=", project)
    .where((eb) =>
      eb.or([
        eb("last_event_at", "is", null),
        eb("last_event_at", "<", sql<Date>`now() - interval '1 minute'`),
      ]),
    )
    .execute();
}
