with 
  entry as materialized (
    select n, run.*
    from unnest(
      $1::bigint[],
      $2::uuid[]
    ) with ordinality as wanted (project_id, run_id, n)
    cross join lateral (
      select runs.project_id, run_key, experiment_id, lifecycle_stage, false as is_unwritten
      from runs
      where runs.project_id = wanted.project_id and runs.run_id = wanted.run_id
      limit 1
    ) as run
  ), writable as (select * from entry where lifecycle_stage = 'active' and not is_unwritten), 
  point as materialized (
    select project_id, run_key, experiment_id, key collate "C" as key, step, "timestamp", value
    from unnest(
      $3::int[],
      $4::text[],
      $5::bigint[],
      $6::bigint[],
      $7::float8[]
    ) as given (n, key, step, "timestamp", value)
    join writable using (n)
  ), 
  history as (
    insert into metrics (project_id, run_key, key, step, "timestamp", value)
    select project_id, run_key, key, step, "timestamp", value
    from point
    order by project_id, run_key, key, step, "timestamp", value
    on conflict do nothing
  ), 
  latest as (
    insert into latest_metrics (project_id, run_key, key, experiment_id, step, "timestamp", value, settled_value)
    select distinct on (project_id, run_key, key)
      project_id, run_key, key, experiment_id, step, "timestamp", value, value
    from point
    order by project_id, run_key, key, step desc, "timestamp" desc, value desc
    on conflict (project_id, run_key, key) do update
    set step = excluded.step, "timestamp" = excluded."timestamp", value = excluded.value, settled_value = null
    where (excluded.step, excluded."timestamp", excluded.value)
      > (latest_metrics.step, latest_metrics."timestamp", latest_metrics.value)
  ), 
  late as (
    insert into late_metrics (project_id, run_key, key, first_step, last_step)
    select project_id, run_key, key, first_step, least(last_step, announced - 1)
    from (
      select project_id, run_key, key, min(step) as first_step, max(step) as last_step
      from point
      group by project_id, run_key, key
    ) as series
    cross join lateral (
      select announced
      from metric_rollups
      where metric_rollups.project_id = series.project_id and metric_rollups.run_key = series.run_key
        and metric_rollups.key = series.key
      limit 1
    ) as rollup
    where first_step < announced
  ) 
  select n, lifecycle_stage, is_unwritten, null::json as stored from entry