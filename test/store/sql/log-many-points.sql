with 
  entry as materialized (
    select n, run.*
    from unnest(
      $1::bigint[],
      $2::uuid[]
    ) with ordinality as wanted (project_id, run_id, n)
    cross join lateral (
      select runs.project_id, run_key, experiment_id, lifecycle_stage, has_rollups as is_unwritten
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
  known as materialized (
    select series.*, last_step, last_timestamp, last_value
    from (select distinct project_id, run_key, key from point) as series
    left join lateral (
      select step as last_step, "timestamp" as last_timestamp, value as last_value
      from latest_metrics
      where latest_metrics.project_id = series.project_id and latest_metrics.run_key = series.run_key
        and latest_metrics.key = series.key
      limit 1
    ) as latest on true
  ), 
  history as (
    insert into metrics (project_id, run_key, key, step, "timestamp", value)
    select distinct project_id, run_key, key, step, "timestamp", value
    from point
    join known using (project_id, run_key, key)
    where (step, "timestamp", value) > (last_step, last_timestamp, last_value)
      or (
        select true
        from metrics
        where metrics.project_id = point.project_id and metrics.run_key = point.run_key and metrics.key = point.key
          and metrics.step = point.step and metrics."timestamp" = point."timestamp" and metrics.value = point.value
      ) is null
    order by project_id, run_key, key, step, "timestamp", value
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
  ) 
  select n, lifecycle_stage, is_unwritten, null::json as stored from entry