import { join } from "node:path";
import { sql } from "kysely";
import { expect, inject, test } from "vitest";
import { cancelledWith } from "../../src/store/cancellation.ts";
import { testDatabase } from "../support/database.ts";
import { faultyLink } from "../support/faulty-link.ts";
import { until } from "../support/until.ts";

const { owner, name, another } = await testDatabase();

test("a query whose cancellation gets through to nobody is over when it ends, and the next one is well", async () => {
  const { host, user } = inject("cluster");
  const link = await faultyLink(join(host, ".s.PGSQL.5432"));
  const db = another({
    connection: { connectionString: `postgres://${user}@127.0.0.1:${link.port}/${name}` },
    poolSize: 1,
    statementTimeout: 3_000,
  });
  const process = async () =>
    (await sql<{ pid: number }>`select pg_backend_pid() as pid`.execute(db)).rows[0];
  const before = await process();
  link.freeze("new");
  const leaving = new AbortController();
  const call = cancelledWith(leaving, () => sql`select pg_sleep(60)`.execute(db));
  const outcome = expect(call).rejects.toMatchObject({ code: "TEMPORARILY_UNAVAILABLE" });
  await until("the query runs", async () => {
    const { rows } = await sql`
      select from pg_stat_activity
      where datname = current_database() and state = 'active' and wait_event = 'PgSleep'`.execute(owner);
    return rows.length > 0;
  });
  leaving.abort();
  await outcome;
  await link.heal();
  // Not on the connection that a late cancellation would hit.
  expect((await process())?.pid).not.toBe(before?.pid);
  await db.destroy();
  await link.close();
}, 20_000);
