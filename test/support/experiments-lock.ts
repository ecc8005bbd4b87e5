import { sql } from "kysely";
import type { TestServer } from "./server.ts";

export interface ExperimentsLock {
  /** How many statements wait for a lock. */
  waiting(): Promise<number>;
  unlock(): Promise<void>;
}

/** Holds a lock for which every read of experiments has to wait. */
export async function lockExperiments({ db, owner }: TestServer): Promise<ExperimentsLock> {
  const release = Promise.withResolvers<void>();
  const held = Promise.withResolvers<void>();
  const holder = db.transaction().execute(async (tx) => {
    await sql`lock table experiments in access exclusive mode`.execute(tx);
    held.resolve();
    await release.promise;
  });
  await held.promise;
  return {
    async waiting() {
      const { rows } = await sql`
        select from pg_stat_activity
        where datname = current_database() and wait_event_type = 'Lock'`.execute(owner);
      return rows.length;
    },
    async unlock() {
      release.resolve();
      await holder;
    },
  };
}
