import { setImmediate as turn } from "node:timers/promises";
import { sql } from "kysely";
import { afterAll, describe, expect, inject, test } from "vitest";
import { type Database, transaction } from "../../src/store/database.ts";
import { groupCommit } from "../../src/store/group-commit.ts";
import { sqlState } from "../../src/store/postgres-errors.ts";
import { currentScope, inProjects, keepingScope, type Scope } from "../../src/store/scope.ts";
import { testDatabase } from "../support/database.ts";
import { poolerGreeting } from "../support/pooler-greeting.ts";

const { another, name } = await testDatabase();
const { host, user } = inject("cluster");
const pooler = await poolerGreeting(`${host}/.s.PGSQL.5432`);
afterAll(() => pooler.close());
const one = { poolSize: 1, projects: undefined };
const through = `postgres://${user}@127.0.0.1:${pooler.port}/${name}`;
const direct = another({ ...one, namedStatements: true });
const pooled = another({ ...one, namedStatements: true, connection: { connectionString: through } });
const pools: [string, Database][] = [
  ["a connection that prepares statements", direct],
  ["a connection that prepares statements, through a pooler", pooled],
  ["a connection that prepares none", another({ ...one, namedStatements: false })],
];

const stateOf = (work: Promise<unknown>) => work.then(() => undefined, sqlState);

describe.each(pools)("%s", (_, db) => {
  const setting = async (from = db) => {
    const { rows } = await sql<{ value: string | null }>`
      select nullif(current_setting('app.projects', true), '') as value`.execute(from);
    return rows[0]?.value;
  };
  /** The same, by a statement with a value. */
  const settingBesides = async (value: string) => {
    const { rows } = await sql`select ${value}::text as value, current_setting('app.projects', true)`.execute(
      db,
    );
    return rows[0];
  };

  test("has the scope of the work that asks, and nothing of it afterwards", async () => {
    expect(await setting()).toBeNull();
    expect(await inProjects([5n], setting)).toBe("{5}");
    expect(await setting()).toBeNull();
    expect(await inProjects([5n, 7n], setting)).toBe("{5,7}");
    expect(await inProjects("all", setting)).toBe("all");
    expect(await inProjects([], setting)).toBe("{}");
    expect(await setting()).toBeNull();
  });

  test("tells the answer of a statement from that of the scope", async () => {
    const ask = (value: string) => inProjects([5n], () => settingBesides(value));
    for (let round = 0; round < 3; round++)
      expect(await ask(`v${round}`)).toEqual({ value: `v${round}`, current_setting: "{5}" });
    const { rows, numAffectedRows } = await inProjects([5n], () =>
      sql`select n from generate_series(1, 1000) n where n % ${2}::int = 0`.execute(db),
    );
    expect([rows.length, numAffectedRows]).toEqual([500, undefined]);
    const none = await inProjects([5n], () => sql`update users set name = ${"x"} where false`.execute(db));
    expect([none.rows, none.numAffectedRows]).toEqual([[], 0n]);
  });

  test("keeps one scope for a whole transaction, and none of it beyond", async () => {
    const seen = await inProjects([5n], () =>
      transaction(db, async (tx) => [await setting(tx), await setting(tx)]),
    );
    expect(seen).toEqual(["{5}", "{5}"]);
    const isolated = inProjects([6n], () =>
      db
        .transaction()
        .setIsolationLevel("repeatable read")
        .execute((tx) => setting(tx)),
    );
    expect(await isolated).toBe("{6}");
    expect(await setting()).toBeNull();
  });

  test("is as good as new after a statement that failed, whenever it did", async () => {
    const failing = [
      () => sql`select nonsense from nowhere`.execute(db),
      () => sql`select * from nowhere where ${1}::int = 1`.execute(db),
      () => sql`select 1 / ${0}::int`.execute(db),
      () => sql`select ${"x"}::int`.execute(db),
      () => sql`begin nonsense`.execute(db),
      () => transaction(db, (tx) => sql`select 1 / ${0}::int`.execute(tx)),
    ];
    for (const fail of failing)
      for (let round = 0; round < 2; round++) {
        expect(await stateOf(inProjects([5n], fail))).toMatch(/^(42|22)/);
        expect(await setting()).toBeNull();
        expect(await inProjects([6n], setting)).toBe("{6}");
        expect(await inProjects([6n], () => settingBesides("v"))).toMatchObject({ value: "v" });
      }
  });

  test("serves concurrent work each in its own scope", async () => {
    const scopes = Array.from({ length: 50 }, (_, i) => BigInt(i + 1));
    const seen = await Promise.all(scopes.map((project) => inProjects([project], setting)));
    expect(seen).toEqual(scopes.map((project) => `{${project}}`));
  });
});

/** How often a connection has set its scope. */
const settings = async (db: Database) => {
  const { rows } = await sql<{ count: bigint }>`
    select generic_plans + custom_plans as count from pg_prepared_statements where name = 'scope'`.execute(
    db,
  );
  return Number(rows[0]?.count);
};

test("a direct connection sets its scope when another is wanted; through a pooler, each statement does", async () => {
  const timesSet = async (db: Database) => {
    const before = await inProjects([5n], () => settings(db));
    await inProjects([5n], () => sql`select 1`.execute(db));
    await inProjects([5n], () => transaction(db, (tx) => sql`select 1`.execute(tx)));
    const same = await inProjects([5n], () => settings(db));
    await inProjects([6n], () => sql`select 1`.execute(db));
    const other = await inProjects([5n], () => settings(db));
    return [same - before, other - same];
  };
  expect(await timesSet(direct)).toEqual([0, 2]);
  expect(await timesSet(pooled)).toEqual([2, 2]);
});

test("a scope goes with the work through awaits, timers and what it starts", async () => {
  const seen = await inProjects([1n], async () => {
    await turn();
    const inner = inProjects([2n], async () => {
      await turn();
      return currentScope();
    });
    await turn();
    return [currentScope(), await inner, currentScope()];
  });
  expect(seen).toEqual([[1n], [2n], [1n]]);
  expect(currentScope()).toBeUndefined();
});

test("a generator that is read outside of its scope still runs in it, to its end", async () => {
  const seen: (Scope | undefined)[] = [];
  async function* items() {
    try {
      for (let i = 0; ; i++) {
        await turn();
        seen.push(currentScope());
        yield i;
      }
    } finally {
      seen.push(currentScope());
    }
  }
  const kept = inProjects([1n], () => keepingScope(items()));
  for await (const item of kept) if (item === 1) break;
  expect(seen).toEqual([[1n], [1n], [1n]]);
});

test("a group is written in the scope of all its requests, and alone in its own", async () => {
  const scopes: (Scope | undefined)[] = [];
  const commit = groupCommit<number, number>({
    weight: () => 1,
    execute: async (group) => {
      scopes.push(currentScope());
      if (group.length > 1) throw new Error("only one by one");
      return group;
    },
  });
  await Promise.all([1n, 2n, 2n].map((project) => inProjects([project], () => commit(Number(project)))));
  expect(scopes).toEqual([[1n, 2n], [1n], [2n], [2n]]);
  scopes.length = 0;
  await Promise.all([inProjects([1n], () => commit(1)), inProjects("all", () => commit(2))]);
  expect(scopes[0]).toBe("all");
  scopes.length = 0;
  await commit(1);
  expect(scopes).toEqual([undefined]);
});
