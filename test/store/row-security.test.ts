import { randomUUID } from "node:crypto";
import { type RawBuilder, sql } from "kysely";
import { describe, expect, test } from "vitest";
import { newRunId } from "../../src/services/ids.ts";
import { appRole } from "../../src/store/app-role.ts";
import type { Database } from "../../src/store/database.ts";
import { logBatch } from "../../src/store/log-batch.ts";
import { createRun } from "../../src/store/new-runs.ts";
import { sqlState } from "../../src/store/postgres-errors.ts";
import { inProjects, type Scope } from "../../src/store/scope.ts";
import { testDatabase, testProject } from "../support/database.ts";

const { owner, another } = await testDatabase();
const db = another({ projects: undefined });

const mine = 1_000_001n;
const theirs = 1_000_002n;

interface Column {
  name: string;
  type: string;
  /** The first of the words that a check allows. */
  word: string | null;
}

/** Every table with a project, and those of its columns that have to be given. */
const tables = (
  await sql<{ name: string; forced: boolean; policies: string[]; columns: Column[] }>`
    select c.relname::text as name, c.relrowsecurity and c.relforcerowsecurity as forced,
      array(select concat(polname, ' ', polcmd, ' ', polpermissive) from pg_policy where polrelid = c.oid) as policies,
      (
        select coalesce(json_agg(json_build_object('name', a.attname, 'type', format_type(a.atttypid, null), 'word', (
          select substring(pg_get_constraintdef(k.oid) from '\\(' || a.attname || ' = ANY \\(ARRAY\\[''([^'']+)''')
          from pg_constraint k
          where k.conrelid = c.oid and k.contype = 'c' and a.attnum = any(k.conkey)
          order by 1 limit 1
        ))), '[]')
        from pg_attribute a
        where a.attrelid = c.oid and a.attnum > 0 and a.attname <> 'project_id' and a.attnotnull
          and not a.atthasdef and a.attidentity = ''
      ) as columns
    from pg_class c
    join pg_namespace n on n.oid = c.relnamespace and n.nspname = 'public'
    join pg_attribute a on a.attrelid = c.oid and a.attname = 'project_id'
    where c.relkind in ('r', 'p')
    order by 1`.execute(owner)
).rows;

const values: Record<string, () => RawBuilder<unknown>> = {
  bigint: () => sql`1`,
  integer: () => sql`1`,
  smallint: () => sql`1`,
  boolean: () => sql`false`,
  "double precision": () => sql`0`,
  text: () => sql`${randomUUID()}`,
  uuid: () => sql`${randomUUID()}::uuid`,
  bytea: () => sql`${Buffer.from(randomUUID())}`,
  json: () => sql`'{}'`,
  jsonb: () => sql`'{}'`,
  "text[]": () => sql`'{}'`,
  "timestamp with time zone": () => sql`now()`,
};

/** Adds a row of a project. */
function insert(into: Database, name: string, project: bigint | null) {
  const columns = tables.find((table) => table.name === name)?.columns ?? [];
  const given = columns.map(({ name: column, type, word }) => {
    // A personal token would need a user.
    if (name === "tokens" && column === "kind") return sql`'session'`;
    if (word !== null) return sql`${word}`;
    const value = values[type];
    if (value === undefined) throw new Error(`this test has no value for ${name}.${column}, a ${type}`);
    return value();
  });
  return sql`
    insert into ${sql.table(name)} (${sql.join([sql.id("project_id"), ...columns.map((column) => sql.id(column.name))])})
    values (${sql.join([sql`${project}::bigint`, ...given])})`.execute(into);
}

/** As a superuser, to whom neither row-level security nor a foreign key applies. */
const above = (work: (tx: Database) => Promise<unknown>) =>
  owner.transaction().execute(async (tx) => {
    await sql`set local session_replication_role = replica`.execute(tx);
    await work(tx);
  });

/** Leaves one row of each of the two projects in the table. */
const fill = (name: string) =>
  above(async (tx) => {
    await sql`delete from ${sql.table(name)}`.execute(tx);
    for (const project of [mine, theirs]) await insert(tx, name, project);
  });

const clear = (name: string) => above((tx) => sql`delete from ${sql.table(name)}`.execute(tx));

interface Row {
  project_id: bigint | null;
}

const projectsOf = (rows: readonly Row[]) => rows.map((row) => row.project_id).sort();

const all = async (from: Database, name: string) =>
  projectsOf((await sql<Row>`select project_id from ${sql.table(name)}`.execute(from)).rows);

/** The SQLSTATE with which `work` fails; undefined when it does not. */
const stateOf = (work: Promise<unknown>) =>
  work.then(
    () => undefined,
    (error: unknown) => sqlState(error) ?? error,
  );
const insufficientPrivilege = "42501";

/** Its rows come by one statement, which has their project from `runs`; see below. */
const trusting = "metrics";

test("every table with a project has forced row-level security, by the one policy", () => {
  expect(tables.length).toBeGreaterThan(25);
  expect(tables.filter((table) => !table.forced).map((table) => table.name)).toEqual([]);
  const others = tables.filter(({ name }) => name !== trusting);
  expect(new Set(others.flatMap((table) => table.policies))).toEqual(new Set(["in_scope * t"]));
  expect(others.filter((table) => table.policies.length !== 1)).toEqual([]);
});

test("points alone are added unchecked, and read, changed and deleted by the policy of all", async () => {
  const { rows } = await sql<Record<string, string | null>>`
    select cmd, qual, with_check from pg_policies
    where tablename in (${trusting}, 'latest_metrics') order by tablename, cmd`.execute(owner);
  const [every, ...ofPoints] = rows;
  expect(every).toMatchObject({ cmd: "ALL", with_check: null });
  expect(ofPoints).toEqual([
    { cmd: "DELETE", qual: every?.qual, with_check: null },
    { cmd: "INSERT", qual: null, with_check: "true" },
    { cmd: "SELECT", qual: every?.qual, with_check: null },
    { cmd: "UPDATE", qual: every?.qual, with_check: null },
  ]);
});

describe.each(tables)("of $name, statements that name no project", ({ name }) => {
  test("see the rows of their scope, and none without one", async () => {
    await fill(name);
    const seen = (scope: Scope | undefined) => inProjects(scope, () => all(db, name));
    expect(await seen([mine])).toEqual([mine]);
    expect(await seen([theirs])).toEqual([theirs]);
    expect(await seen([mine, theirs])).toEqual([mine, theirs]);
    expect(await seen("all")).toEqual([mine, theirs]);
    expect(await seen([3n])).toEqual([]);
    expect(await seen([])).toEqual([]);
    expect(await seen(undefined)).toEqual([]);
    await clear(name);
  });

  if (name === trusting) return;

  test("cannot add a row for another project", async () => {
    const add = (scope: Scope | undefined) => stateOf(inProjects(scope, () => insert(db, name, theirs)));
    expect(await add([mine])).toBe(insufficientPrivilege);
    expect(await add([])).toBe(insufficientPrivilege);
    expect(await add(undefined)).toBe(insufficientPrivilege);
    expect(await all(owner, name)).toEqual([]);
  });
});

test("points are added to no run of another project", async () => {
  const [project, another] = [await testProject(owner), await testProject(owner)];
  const runId = newRunId();
  const run = { project: another, experiment: 0n, runId, userId: "", startTime: 0n, tags: [] };
  await inProjects([another], () => createRun(db, run));
  const metrics = [{ key: "m", value: 1, step: 0n, timestamp: 1n }];
  const log = (scope: Scope) =>
    inProjects(scope, () => logBatch(db, { project: another, runId, metrics, params: [], tags: [] }));
  expect(await log([project])).toEqual({ state: "absent" });
  expect((await sql`select from metrics where project_id = ${another}`.execute(owner)).rows).toEqual([]);
  expect(await log([another])).toEqual({ state: "logged" });
  expect((await sql`select from metrics where project_id = ${another}`.execute(owner)).rows).toHaveLength(1);
});

// Nobody changes the audit log; see below.
const changed = tables.filter((table) => table.name !== "audit_events");

describe.each(changed)("of $name, statements that name no project", ({ name }) => {
  const table = sql.table(name);

  test("change the rows of their scope alone, and take none out of it", async () => {
    await fill(name);
    const update = sql<Row>`update ${table} set project_id = project_id returning project_id`;
    const touched = async (scope: Scope | undefined) =>
      projectsOf((await inProjects(scope, () => update.execute(db))).rows);
    expect(await touched([mine])).toEqual([mine]);
    expect(await touched(undefined)).toEqual([]);
    const give = inProjects([mine], () => sql`update ${table} set project_id = ${theirs}`.execute(db));
    expect(await stateOf(give)).toBe(insufficientPrivilege);
    expect(await all(owner, name)).toEqual([mine, theirs]);
    await clear(name);
  });

  test("delete the rows of their scope alone", async () => {
    await fill(name);
    const remove = () => sql`delete from ${table}`.execute(db);
    await remove();
    expect(await all(owner, name)).toEqual([mine, theirs]);
    await inProjects([mine], remove);
    expect(await all(owner, name)).toEqual([theirs]);
    await clear(name);
  });
});

test("a token of no project is the server's: no project sees it", async () => {
  await above((tx) => insert(tx, "tokens", null));
  const seen = (scope: Scope | undefined) => inProjects(scope, () => all(db, "tokens"));
  expect(await Promise.all([[mine], [], undefined].map(seen))).toEqual([[], [], []]);
  expect(await seen("all")).toEqual([null]);
  await clear("tokens");
});

describe("the server's role", () => {
  test("is the one that every connection takes, and above nothing", async () => {
    const { rows } = await sql<Record<string, unknown>>`
      select current_user::text as name, rolsuper, rolbypassrls, rolcreaterole, rolcreatedb, rolcanlogin
      from pg_roles where rolname = current_user`.execute(db);
    expect(rows).toEqual([
      {
        name: appRole,
        rolsuper: false,
        rolbypassrls: false,
        rolcreaterole: false,
        rolcreatedb: false,
        rolcanlogin: false,
      },
    ]);
    const { rows: owned } = await sql`
      select relname from pg_class where relowner = ${appRole}::regrole`.execute(owner);
    expect(owned).toEqual([]);
  });

  test.each([
    "create table mine (id bigint)",
    "create view mine as select 1",
    "create schema mine",
    "alter table runs add column mine bigint",
    "alter table runs disable row level security",
    "alter table runs no force row level security",
    "create policy mine on runs using (true)",
    "alter policy in_scope on runs using (true)",
    "drop policy in_scope on runs",
    "drop table runs",
    "truncate runs",
    "create index on runs (user_id)",
    "create role mine",
    "select * from kysely_migration",
    "delete from kysely_migration_lock",
    "update secrets set value = ''",
    "delete from secrets",
    "update audit_events set actor = ''",
    "delete from audit_events",
    "truncate audit_events",
  ])("may not %s", async (statement) => {
    const attempt = inProjects("all", () => sql.raw(statement).execute(db));
    expect(await stateOf(attempt)).toBe(insufficientPrivilege);
  });

  test("reads and writes tables that later migrations make", async () => {
    await sql`create table later (project_id bigint)`.execute(owner);
    await sql`insert into later values (1)`.execute(db);
    expect((await sql`select * from later`.execute(db)).rows).toEqual([{ project_id: 1n }]);
    await sql`drop table later`.execute(owner);
  });
});
