import { randomUUID } from "node:crypto";
import { sql } from "kysely";
import { expect, test } from "vitest";
import { transaction } from "../../src/store/database.ts";
import { type Identity, userOfIdentity } from "../../src/store/user-identities.ts";
import { testDatabase } from "../support/database.ts";
import { until } from "../support/until.ts";

const { db, owner } = await testDatabase();
const origin = { address: "192.0.2.1", requestId: "r" };

/** Begins with `second` while the work for `first` is done and not committed. */
async function atOnce(first: Identity, second: Identity, links = false) {
  let waiting: Promise<unknown> | undefined;
  const winner = await transaction(db, async (tx) => {
    const user = await userOfIdentity(tx, first, links, origin);
    waiting = userOfIdentity(db, second, links, origin);
    await until("the second waits for the first", async () => {
      const { rows } = await sql`
        select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`.execute(
        owner,
      );
      return rows.length > 0;
    });
    return user;
  });
  return [winner, await waiting];
}

const identity = (username: string): Identity => ({
  issuer: "https://id.example",
  subject: randomUUID(),
  username,
});

test("of two identities that come with one new name at once, one gets it and the other nothing", async () => {
  for (const links of [false, true]) {
    const name = `ada-${links}`;
    const [winner, other] = await atOnce(identity(name), identity(name), links);
    expect(winner).toMatchObject({ username: name });
    expect(other).toBeUndefined();
  }
});

test("an identity that is seen for the first time twice at once is one user", async () => {
  const grace = identity("grace");
  const [one, other] = await atOnce(grace, grace);
  expect(one).toMatchObject({ username: "grace" });
  expect(other).toEqual(one);
});
