import { type Kysely, sql } from "kysely";

/**
 * That there was a token once: from then on the server asks for one, also when none is left, until an administrator opens it
 * again (store/token-requirement.ts). A trigger notes it, so that no way to make a token can forget to. Tokens do not tell:
 * those of a project go with it.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    create table server_state (
      only_row boolean primary key default true check (only_row),
      tokens_required_since timestamptz
    )`.execute(db);
  await sql`
    insert into server_state (tokens_required_since)
    select min(at)
    from (
      select min(created_at) as at from tokens
      union all
      select min(at) from audit_events where action in ('token.create', 'token.exchange') and result = 'ok'
    ) as made`.execute(db);
  await sql`
    create function note_first_token() returns trigger language plpgsql as $$
    begin
      update server_state set tokens_required_since = now() where tokens_required_since is null;
      return null;
    end
    $$`.execute(db);
  await sql`
    create trigger note_first_token after insert on tokens for each statement execute function note_first_token()`.execute(
    db,
  );
}
