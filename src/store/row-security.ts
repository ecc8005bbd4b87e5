/** Row-level security: the second wall between tenants, which holds when a query forgets its project (store/scope.ts). */
import { type QueryExecutorProvider, type RawBuilder, sql } from "kysely";
import { appRole } from "./app-role.ts";

/**
 * Secures every table with a column `project_id` that is not secured yet: for everyone but superusers, the owner of the table
 * included, there are only the rows of the projects in the setting `app.projects`: `{1,2}`, an array of ids, or `all`.
 * Without the setting, or with an empty one, there are none. To be called at the end of each migration that makes a table.
 *
 * Applied migrations call it, so what it does to a table never changes; a new rule is a new function.
 */
export async function secureTables(db: QueryExecutorProvider): Promise<void> {
  const { rows } = await sql<{ name: string; nullable: boolean }>`
    select c.relname::text as name, not a.attnotnull as nullable
    from pg_class c
    join pg_namespace n on n.oid = c.relnamespace and n.nspname = current_schema()
    join pg_attribute a on a.attrelid = c.oid and a.attname = 'project_id' and not a.attisdropped
    where c.relkind in ('r', 'p') and not c.relrowsecurity
    order by c.relname`.execute(db);
  for (const { name, nullable } of rows) {
    // What is no project's is the server's, whose number is 0; a null must not pass for `all` below.
    const project = nullable ? sql`coalesce(project_id, 0)` : sql`project_id`;
    await sql`
      create policy in_scope on ${sql.table(name)} using (${inScope(project)})`.execute(db);
    await sql`
      alter table ${sql.table(name)} enable row level security, force row level security`.execute(db);
  }
}

/**
 * Lets new rows of a secured table in unchecked; what is there is read, changed and deleted within the scope as before. For a table
 * whose rows come by one statement, which has their project from rows that it has read in its scope.
 */
export async function trustInserts(db: QueryExecutorProvider, name: string): Promise<void> {
  const table = sql.table(name);
  await sql`drop policy in_scope on ${table}`.execute(db);
  for (const command of ["select", "update", "delete"])
    await sql`
      create policy ${sql.id(`${command}_in_scope`)} on ${table} for ${sql.raw(command)}
      using (${inScope(sql`project_id`)})`.execute(db);
  await sql`create policy insert_all on ${table} for insert with check (true)`.execute(db);
}

/**
 * The subquery does not depend on the row, so it is evaluated once for each statement and table; it is null for `all`. A
 * row then costs a comparison. The rule is no condition that an index could answer, and Postgres takes it to hold for every
 * second row: the plan is made from the project that the query itself names (test/store/plans.test.ts).
 */
const inScope = (project: RawBuilder<unknown>) => sql`
  coalesce(
    ${project} = any ((
      select nullif(coalesce(nullif(current_setting('app.projects', true), ''), '{}'), 'all')::bigint[]
    )::bigint[]),
    true
  )`;

/**
 * What the server's role may do: read and write rows, now and in tables that this user makes later. It makes, changes and
 * empties no table, and what is written down in the audit log stays as it is.
 */
export async function grantRights(db: QueryExecutorProvider): Promise<void> {
  const role = sql.id(appRole);
  const { rows } = await sql<{ schema: string }>`select current_schema() as schema`.execute(db);
  const schema = sql.id(rows[0]?.schema ?? "public");
  const rights = sql`select, insert, update, delete`;
  await sql`revoke all on schema ${schema} from public`.execute(db);
  await sql`grant usage on schema ${schema} to ${role}`.execute(db);
  await sql`grant ${rights} on all tables in schema ${schema} to ${role}`.execute(db);
  await sql`alter default privileges in schema ${schema} grant ${rights} on tables to ${role}`.execute(db);
  await sql`revoke update, delete on audit_events from ${role}`.execute(db);
  await sql`revoke insert, update, delete on secrets from ${role}`.execute(db);
  await sql`revoke all on kysely_migration, kysely_migration_lock from ${role}`.execute(db);
}

/** Whether the server's role has its rights; not so in a copy of a database that was made without them. */
export async function hasRights(owner: QueryExecutorProvider): Promise<boolean> {
  const { rows } = await sql<{ yes: boolean }>`
    select has_table_privilege(${appRole}, 'runs', 'select') as yes`.execute(owner);
  return rows[0]?.yes ?? false;
}

/** Whether Postgres holds what is asked through `db` against the scope: not for a superuser who has not taken the role. */
export async function isSecured(db: QueryExecutorProvider): Promise<boolean> {
  const { rows } = await sql<{ yes: boolean }>`select row_security_active('runs') as yes`.execute(db);
  return rows[0]?.yes ?? false;
}
