select n, run.run_key, run.has_inputs, concat(
      '{"run_uuid":"', run.id, '","experiment_id":"', run.experiment_id, '"', ',"run_name":' || to_json(tag.name),
      ',"user_id":', to_json(run.user_id), ',"status":"', run.status, '","start_time":', run.start_time,
      case when run.end_time <> 0 then ',"end_time":' || run.end_time end,
      case when run.artifact_uri <> '' then ',"artifact_uri":' || to_json(run.artifact_uri) end,
      ',"lifecycle_stage":"', run.lifecycle_stage, '","run_id":"', run.id, '"}'
    ) as info, concat(
      '{',
      concat_ws(
        ',', '"metrics":[' || metric.items || ']', '"params":[' || param.items || ']', '"tags":[' || tag.items || ']'
      ),
      '}'
    ) as data
  from 
  unnest(
    $1::bigint[],
    $2::uuid[]
  ) with ordinality as wanted (project_id, run_id, n)
  cross join lateral (
    select *, replace(run_id::text, '-', '') as id
    from runs
    where runs.project_id = wanted.project_id and runs.run_id = wanted.run_id
    limit 1
  ) as run
  cross join lateral (
    select string_agg(concat(
          '{"key":', '"' || key || '"', case when abs(value) < 'Infinity' then ',"value":' else ',"value":"' end, value,
          case when abs(value) < 'Infinity' then ',"timestamp":' else '","timestamp":' end, "timestamp", ',"step":', step, '}'
        ), ',' order by key) as items
    from latest_metrics
    where project_id = run.project_id and run_key = run.run_key
  ) as metric
  cross join lateral (
    select string_agg(concat('{"key":"', key, '","value":', to_json(value), '}'), ',' order by key) as items
    from params
    where project_id = run.project_id and run_key = run.run_key
  ) as param
  cross join lateral (
    select string_agg(concat('{"key":"', key, '","value":', to_json(value), '}'), ',' order by key) as items,
      max(value) filter (where key = 'mlflow.runName') as name
    from tags
    where project_id = run.project_id and run_key = run.run_key
  ) as tag