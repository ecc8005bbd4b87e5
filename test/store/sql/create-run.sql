with entry as materialized (
    select wanted.*, experiment_stage,
      regexp_replace(substring(artifact_location from '^[^?#]*'), '/$', '')
        || '/' || replace(run_id::text, '-', '') || '/artifacts'
        || coalesce(substring(artifact_location from '[?#].*$'), '') as artifact_uri
    from unnest(
      $1::bigint[],
      $2::bigint[],
      $3::uuid[],
      $4::text[],
      $5::bigint[]
    ) with ordinality as wanted (project_id, experiment_id, run_id, user_id, start_time, n)
    cross join lateral (
      select lifecycle_stage as experiment_stage, artifact_location
      from experiments
      where experiments.project_id = wanted.project_id and experiments.experiment_id = wanted.experiment_id
      limit 1
      for share
    ) as experiment
  ),
  ready as materialized (
    select *, row_number() over (partition by project_id order by n) as place
    from entry
    where experiment_stage = 'active'
  ),
  share as materialized (
    select project_id, count(*) as runs from ready group by project_id
  ),
  locked as materialized (
    select project_id, runs
    from (select * from share order by project_id) as ordered
    cross join lateral (
      select from counters where counters.project_id = ordered.project_id and name = 'run' for update
    ) as counter
  ),
  counter as (
    update counters
    set value = counters.value + locked.runs
    from locked
    where counters.project_id = locked.project_id and counters.name = 'run'
    returning counters.project_id, counters.value - locked.runs as before
  ),
  numbered as materialized (
    select ready.*, before + place as run_key from ready join counter using (project_id)
  ),
  new_run as (
    insert into runs (project_id, run_key, run_id, experiment_id, user_id, status, start_time, artifact_uri)
    select project_id, run_key, run_id, experiment_id, user_id, 'RUNNING', start_time, artifact_uri
    from numbered
    order by project_id, run_key
    returning *
  ),
  new_tag as (
    insert into tags (project_id, run_key, key, experiment_id, value)
    select project_id, run_key, key, experiment_id, value
    from unnest(
      $6::bigint[],
      $7::text[],
      $8::text[]
    ) as given (n, key, value)
    join numbered using (n)
  ),
  
  noted as (
    insert into written_runs (project_id, experiment_id, noted_at, run)
    select distinct project_id, experiment_id, statement_timestamp(), run_key from numbered
    on conflict do nothing
  )
  select entry.n, entry.experiment_stage, new_run.*
  from entry
  left join new_run on new_run.project_id = entry.project_id and new_run.run_id = entry.run_id