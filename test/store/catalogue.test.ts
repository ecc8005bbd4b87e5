import { sql } from "kysely";
import { expect, test } from "vitest";
import { testDatabase } from "../support/database.ts";

const { db } = await testDatabase();

/** Tables that are not a tenant's: on Citus they are reference tables, or stay on the coordinator. */
const shared = [
  "kysely_migration",
  "kysely_migration_lock",
  "secrets",
  "server_state",
  "users",
  "members",
  "tokens",
  "ci_used_id_tokens",
  "user_identities",
];

interface Constraint {
  table: string;
  name: string;
  columns: string[];
  target: string[] | null;
}

/** Every key of every table of a tenant: primary, unique (also by index) and foreign ones, with their columns in order. */
const keys = async () => {
  const { rows } = await sql<Constraint>`
    select t.relname::text as table, i.relname::text as name,
      array(select a.attname::text from unnest(x.indkey) with ordinality k(n, o)
            join pg_attribute a on a.attrelid = t.oid and a.attnum = k.n order by k.o) as columns,
      null::text[] as target
    from pg_index x
    join pg_class i on i.oid = x.indexrelid
    join pg_class t on t.oid = x.indrelid
    join pg_namespace n on n.oid = t.relnamespace and n.nspname = 'public'
    union all
    select t.relname::text, c.conname::text,
      array(select a.attname::text from unnest(c.conkey) with ordinality k(n, o)
            join pg_attribute a on a.attrelid = c.conrelid and a.attnum = k.n order by k.o),
      array(select a.attname::text from unnest(c.confkey) with ordinality k(n, o)
            join pg_attribute a on a.attrelid = c.confrelid and a.attnum = k.n order by k.o)
    from pg_constraint c
    join pg_class t on t.oid = c.conrelid
    join pg_namespace n on n.oid = t.relnamespace and n.nspname = 'public'
    where c.contype = 'f'`.execute(db);
  return rows.filter((key) => !shared.includes(key.table));
};

test("the first column of every key and index of a tenant's table is its project", async () => {
  const all = await keys();
  expect(all.length).toBeGreaterThan(20);
  const others = all.filter(
    (key) => key.columns[0] !== "project_id" && !key.name.startsWith("projects_path"),
  );
  expect(others).toEqual([]);
});

test("no foreign key crosses projects", async () => {
  const foreign = (await keys()).filter((key) => key.target !== null);
  expect(foreign.length).toBeGreaterThan(3);
  expect(foreign.filter((key) => key.target?.[0] !== "project_id")).toEqual([]);
});

test("every table of a tenant has a primary key", async () => {
  const { rows } = await sql<{ table: string }>`
    select t.relname::text as table from pg_class t
    join pg_namespace n on n.oid = t.relnamespace and n.nspname = 'public'
    where t.relkind = 'r' and not exists (select from pg_index x where x.indrelid = t.oid and x.indisprimary)`.execute(
    db,
  );
  expect(rows).toEqual([]);
});

test("text that callers send is compared by code point, whatever the database's locale", async () => {
  const { rows } = await sql<{ column: string }>`
    select t.relname || '.' || a.attname as column
    from pg_index x
    join pg_class t on t.oid = x.indrelid
    join pg_namespace n on n.oid = t.relnamespace and n.nspname = 'public'
    join pg_attribute a on a.attrelid = t.oid and a.attnum = any(x.indkey)
    join pg_collation c on c.oid = a.attcollation
    where a.atttypid = 'text'::regtype and c.collname <> 'C' and t.relname <> all(${shared})`.execute(db);
  expect(rows).toEqual([]);
});
