/** The Postgres role as which the server reads and writes: it owns no table, so that row-level security binds it. */
import { sql } from "kysely";
import type { Database } from "./database.ts";
import { sqlState } from "./postgres-errors.ts";

export const appRole = "loggia_app";

/**
 * Sees to it that the role exists and that the user of this connection may take it. Roles belong to the whole cluster, so
 * it may be there already, and another database's migration may be making it at this moment.
 * @throws Error with a sentence that says what an administrator has to run.
 */
export async function ensureAppRole(owner: Database, name = appRole): Promise<void> {
  const role = sql.raw(name);
  try {
    await sql`
      do $$
      declare
        is_member boolean;
      begin
        if not exists (select from pg_roles where rolname = '${role}') then
          begin
            create role ${role} nologin;
          exception when duplicate_object or unique_violation then null;
          end;
        end if;
        if current_setting('server_version_num')::int >= 160000 then
          is_member := pg_has_role(current_user, '${role}', 'set');
        else
          is_member := pg_has_role(current_user, '${role}', 'member');
        end if;
        if not is_member then
          begin
            execute format('grant ${role} to %I', current_user);
          exception when unique_violation then null;
          end;
        end if;
      end
      $$`.execute(owner);
  } catch (error) {
    if (sqlState(error) !== "42501") throw error;
    const user = await userOf(owner);
    throw new Error(
      `the database user ${user} may not make the role ${name} or take it; run this as an administrator: create role ${name} nologin; grant ${name} to ${user};`,
      { cause: error },
    );
  }
  const { rows } = await sql<{ rolsuper: boolean; rolbypassrls: boolean }>`
    select rolsuper, rolbypassrls from pg_roles where rolname = ${name}`.execute(owner);
  if (rows[0]?.rolsuper || rows[0]?.rolbypassrls)
    throw new Error(
      `the role ${name} is above row-level security; run this as an administrator: alter role ${name} nosuperuser nobypassrls;`,
    );
}

async function userOf(owner: Database): Promise<string> {
  const { rows } = await sql<{ user: string }>`select quote_ident(current_user) as user`.execute(owner);
  return rows[0]?.user ?? "of this connection";
}
