select runs.*, metric.items as metrics, param.items as params, tag.items as tags, tag.name
  from runs
  cross join lateral (
    select string_agg(
        '{"key":' || to_json(key)
          || ',"value":' || case when abs(value) < 'Infinity' then value::text else '"' || value || '"' end
          || ',"timestamp":' || "timestamp" || ',"step":' || step || '}',
        ',' order by key) as items
    from latest_metrics
    where project_id = runs.project_id and run_key = runs.run_key
  ) as metric
  cross join lateral (
    select string_agg(
        '{"key":' || to_json(key) || ',"value":' || to_json(value) || '}',
        ',' order by key) as items
    from params
    where project_id = runs.project_id and run_key = runs.run_key
  ) as param
  cross join lateral (
    select string_agg(
        '{"key":' || to_json(key) || ',"value":' || to_json(value) || '}',
        ',' order by key) as items, max(value) filter (where key = 'mlflow.runName') as name
    from tags
    where project_id = runs.project_id and run_key = runs.run_key
  ) as tag
  where runs.project_id = $1 and run_id = $2