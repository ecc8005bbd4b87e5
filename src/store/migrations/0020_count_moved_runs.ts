import { type Kysely, sql } from "kysely";

/** The trigger of 0015_pages.ts without joins: a plan that a connection had made for one run took the square of many. */
export async function up(db: Kysely<unknown>): Promise<void> {
  const now = sql`(extract(epoch from now()) * 1000)::bigint`;
  await sql`
    create or replace function count_moved_runs() returns trigger language plpgsql as $$
    begin
      update experiment_activity as known
      set active_runs = known.active_runs + moved.change, deleted_runs = known.deleted_runs - moved.change,
        last_activity = ${now}
      from (
        select project_id, experiment_id, sum(change) as change
        from (
          select project_id, experiment_id, case lifecycle_stage when 'active' then 1 else 0 end as change
          from new_runs
          union all
          select project_id, experiment_id, case lifecycle_stage when 'active' then -1 else 0 end
          from old_runs
        ) as each_run
        group by project_id, experiment_id
        having sum(change) <> 0
      ) as moved
      where known.project_id = moved.project_id and known.experiment_id = moved.experiment_id;
      if not found then
        update experiment_activity as known
        set last_activity = ${now}
        from (
          select distinct project_id, experiment_id
          from (
            select project_id, experiment_id, run_key, status, end_time from new_runs
            except
            select project_id, experiment_id, run_key, status, end_time from old_runs
          ) as changed_run
        ) as changed
        where known.project_id = changed.project_id and known.experiment_id = changed.experiment_id
          and known.last_activity < ${now} - 10000;
      end if;
      return null;
    end $$`.execute(db);
}
