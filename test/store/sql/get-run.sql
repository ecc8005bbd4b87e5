select n, run.*, metric.items as metrics, param.items as params, tag.items as tags, tag.name
  from unnest(
    $1::bigint[],
    $2::uuid[]
  ) with ordinality as wanted (project_id, run_id, n)
  cross join lateral (
    select *
    from runs
    where runs.project_id = wanted.project_id and runs.run_id = wanted.run_id
    limit 1
  ) as run
  cross join lateral (
    select string_agg(
        '{"key":' || to_json(key)
          || ',"value":' || case when abs(value) < 'Infinity' then value::text else '"' || value || '"' end
          || ',"timestamp":' || "timestamp" || ',"step":' || step || '}',
        ',' order by key) as items
    from latest_metrics
    where project_id = run.project_id and run_key = run.run_key
  ) as metric
  cross join lateral (
    select string_agg(
        '{"key":' || to_json(key) || ',"value":' || to_json(value) || '}',
        ',' order by key) as items
    from params
    where project_id = run.project_id and run_key = run.run_key
  ) as param
  cross join lateral (
    select string_agg(
        '{"key":' || to_json(key) || ',"value":' || to_json(value) || '}',
        ',' order by key) as items, max(value) filter (where key = 'mlflow.runName') as name
    from tags
    where project_id = run.project_id and run_key = run.run_key
  ) as tag