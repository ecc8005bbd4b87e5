select runs.*,
    (
      select coalesce(json_agg(json_build_array(key, value, "timestamp"::text, step::text) order by key), '[]')
      from latest_metrics
      where project_id = runs.project_id and run_key = runs.run_key
    ) as metrics,
    (
      select coalesce(json_agg(json_build_array(key, value) order by key), '[]')
      from params
      where project_id = runs.project_id and run_key = runs.run_key
    ) as params,
    (
      select coalesce(json_agg(json_build_array(key, value) order by key), '[]')
      from tags
      where project_id = runs.project_id and run_key = runs.run_key
    ) as tags
  from runs
  where project_id = $1 and run_id = $2