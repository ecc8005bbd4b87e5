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
  ), 
  param as materialized (
    select n, project_id, run_key, experiment_id, key collate "C" as key, value
    from unnest(
      $3::bigint[],
      $4::text[],
      $5::text[]
    ) as given (n, key, value)
    join entry using (n)
    where lifecycle_stage = 'active'
  ),
  stored_param as materialized (
    select param.n, param.key, params.value, params.value <> param.value as differs
    from param
    join params using (project_id, run_key, key)
  ),
  changed as materialized (
    select n, json_object_agg(key, value) as stored
    from stored_param
    group by n
    having bool_or(differs)
  ),
  writable as materialized (
    select *
    from entry
    where lifecycle_stage = 'active' and not is_unwritten and n not in (select n from changed)
  ),
  due_param as materialized (
    select distinct project_id, run_key, key, experiment_id, value
    from param
    where n in (select n from writable)
      and not exists (select from stored_param where stored_param.n = param.n and stored_param.key = param.key)
  ),
  new_param as (
    insert into params (project_id, run_key, key, experiment_id, value)
    select project_id, run_key, key, experiment_id, value
    from due_param
    order by project_id, run_key, key
    on conflict do nothing
    returning 1
  ), 
  point as materialized (
    select project_id, run_key, experiment_id, key collate "C" as key, step, "timestamp", value
    from unnest(
      $6::int[],
      $7::text[],
      $8::bigint[],
      $9::bigint[],
      $10::float8[]
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
  new_tag as (
    insert into tags (project_id, run_key, key, experiment_id, value)
    select distinct on (project_id, run_key, key collate "C")
      project_id, run_key, key, experiment_id, value
    from unnest(
      $11::bigint[],
      $12::text[],
      $13::text[]
    ) with ordinality as given (n, key, value, place)
    join writable using (n)
    order by project_id, run_key, key collate "C", place desc
    on conflict (project_id, run_key, key) do update
    set value = excluded.value
    where tags.value <> excluded.value
  ) 
  select n, lifecycle_stage, is_unwritten, stored,
    1 / ((select count(*) from new_param) = (select count(*) from due_param))::int as complete
  from entry
  left join changed using (n)