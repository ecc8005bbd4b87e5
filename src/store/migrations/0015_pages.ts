import { type Kysely, sql } from "kysely";
import { secureTables } from "../row-security.ts";

/**
 * What pages ask for that would otherwise be counted at every look (docs/architecture.md, "Pages").
 *
 * - `experiment_activity`: how many runs an experiment has, and when something last happened in it. Kept by triggers, so
 *   that no statement that makes, moves or removes runs can forget it. Not columns of `experiments`, whose row is shared by
 *   everyone who makes a run. `last_activity` is written at most every ten seconds, so that runs that end do not wait for
 *   each other.
 * - `runs_by_start_time` holds all that decides which runs a table shows: to leave out half a million of them, only the
 *   index is read.
 * - `tokens.parent_id`: the token with which a session began, and with which it ends.
 * - `user_identities`: who an OpenID provider says somebody is, by what it never gives to another: issuer and subject.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`alter table experiments add column created_by text collate "C" not null default ''`.execute(db);
  await activity(db);

  await sql`
    create index runs_in_order on runs (project_id, experiment_id, start_time desc, run_id)
    include (lifecycle_stage)`.execute(db);
  await sql`drop index runs_by_start_time`.execute(db);
  await sql`alter index runs_in_order rename to runs_by_start_time`.execute(db);

  await sql`alter table tokens add column parent_id bigint references tokens on delete cascade`.execute(db);
  await sql`create index tokens_by_parent on tokens (parent_id) where parent_id is not null`.execute(db);
  await sql`create index tokens_sessions on tokens (expires_at) where kind = 'session'`.execute(db);
  await sql`
    create table user_identities (
      issuer text collate "C" not null,
      subject text collate "C" not null,
      user_id bigint not null references users,
      created_at timestamptz not null default now(),
      primary key (issuer, subject)
    )`.execute(db);
  await sql`create index user_identities_by_user on user_identities (user_id)`.execute(db);
  await secureTables(db);
}

const now = sql`(extract(epoch from now()) * 1000)::bigint`;

async function activity(db: Kysely<unknown>): Promise<void> {
  await sql`
    create table experiment_activity (
      project_id bigint not null,
      experiment_id bigint not null,
      active_runs bigint not null default 0,
      deleted_runs bigint not null default 0,
      last_activity bigint not null,
      primary key (project_id, experiment_id),
      foreign key (project_id, experiment_id) references experiments
    ) with (fillfactor = 50)`.execute(db);
  await sql`lock table runs in share row exclusive mode`.execute(db);
  await sql`
    insert into experiment_activity (project_id, experiment_id, active_runs, deleted_runs, last_activity)
    select project_id, experiment_id,
      count(*) filter (where lifecycle_stage = 'active'),
      count(*) filter (where lifecycle_stage = 'deleted'),
      max(greatest(start_time, end_time))
    from runs
    group by project_id, experiment_id`.execute(db);

  await sql`
    create function count_new_runs() returns trigger language plpgsql as $$
    begin
      insert into experiment_activity as known (project_id, experiment_id, active_runs, deleted_runs, last_activity)
      select project_id, experiment_id,
        count(*) filter (where lifecycle_stage = 'active'),
        count(*) filter (where lifecycle_stage = 'deleted'),
        ${now}
      from new_runs
      group by project_id, experiment_id
      order by project_id, experiment_id
      on conflict (project_id, experiment_id) do update
      set active_runs = known.active_runs + excluded.active_runs,
        deleted_runs = known.deleted_runs + excluded.deleted_runs,
        last_activity = excluded.last_activity;
      return null;
    end $$`.execute(db);
  await sql`
    create trigger count_new_runs after insert on runs
    referencing new table as new_runs for each statement execute function count_new_runs()`.execute(db);

  await sql`
    create function count_moved_runs() returns trigger language plpgsql as $$
    begin
      if exists (
        select from new_runs join old_runs using (project_id, run_key)
        where new_runs.lifecycle_stage <> old_runs.lifecycle_stage
      ) then
        update experiment_activity as known
        set active_runs = known.active_runs + moved.change, deleted_runs = known.deleted_runs - moved.change,
          last_activity = ${now}
        from (
          select project_id, new_runs.experiment_id,
            sum(case new_runs.lifecycle_stage when 'active' then 1 else -1 end) as change
          from new_runs join old_runs using (project_id, run_key)
          where new_runs.lifecycle_stage <> old_runs.lifecycle_stage
          group by project_id, new_runs.experiment_id
        ) as moved
        where known.project_id = moved.project_id and known.experiment_id = moved.experiment_id;
      else
        update experiment_activity as known
        set last_activity = ${now}
        from (
          select distinct project_id, new_runs.experiment_id
          from new_runs join old_runs using (project_id, run_key)
          where new_runs.status <> old_runs.status or new_runs.end_time is distinct from old_runs.end_time
        ) as changed
        where known.project_id = changed.project_id and known.experiment_id = changed.experiment_id
          and known.last_activity < ${now} - 10000;
      end if;
      return null;
    end $$`.execute(db);
  await sql`
    create trigger count_moved_runs after update on runs
    referencing old table as old_runs new table as new_runs
    for each statement execute function count_moved_runs()`.execute(db);

  await sql`
    create function count_removed_runs() returns trigger language plpgsql as $$
    begin
      update experiment_activity as known
      set active_runs = known.active_runs - removed.active, deleted_runs = known.deleted_runs - removed.deleted
      from (
        select project_id, experiment_id,
          count(*) filter (where lifecycle_stage = 'active') as active,
          count(*) filter (where lifecycle_stage = 'deleted') as deleted
        from old_runs
        group by project_id, experiment_id
      ) as removed
      where known.project_id = removed.project_id and known.experiment_id = removed.experiment_id;
      return null;
    end $$`.execute(db);
  await sql`
    create trigger count_removed_runs after delete on runs
    referencing old table as old_runs for each statement execute function count_removed_runs()`.execute(db);
}
