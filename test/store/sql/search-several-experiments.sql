/* plan each time */
  select (
    select count(*) from (
      select from runs r
      where r.project_id = $1 and r.experiment_id = any($2::bigint[])
      limit $3
    ) x
  ) as runs,
    coalesce((select max(r.run_key) from runs r where r.project_id = $4), 0) as most;

/* plan each time */
  select s.*
  from unnest($1::bigint[]) as e (id)
  cross join lateral (
  select s.*
  from (
    (
    select r.run_key, r.run_id, r.has_inputs, "o0"."settled_value" as "k0", "r"."start_time" as "k_start_time", "r"."run_id" as "k_run_id"
    from "latest_metrics" as "o0"
    cross join lateral (
      select r.* from runs r where r.project_id = $2 and r.run_key = "o0".run_key limit 1
    ) r
    where "o0".project_id = $3 and "o0".experiment_id = e.id and "o0"."key" = $4 and "o0"."settled_value" < 'NaN' and r.lifecycle_stage = $5
    order by "o0"."settled_value", "r"."start_time" desc, "r"."run_id" limit $6) union all (
    select r.run_key, r.run_id, r.has_inputs, "o0"."value" as "k0", "r"."start_time" as "k_start_time", "r"."run_id" as "k_run_id"
    from "latest_metrics" as "o0"
    cross join lateral (
      select r.* from runs r where r.project_id = $7 and r.run_key = "o0".run_key limit 1
    ) r
    where "o0".project_id = $8 and "o0".experiment_id = e.id and "o0"."key" = $9 and "o0"."settled_value" is null and "o0"."value" < 'NaN' and r.lifecycle_stage = $10
    order by "o0"."value", "r"."start_time" desc, "r"."run_id" limit $11)
  ) s
  order by "k0" nulls last, "k_start_time" desc, "k_run_id" limit $12
  ) s
  order by "k0" nulls last, "k_start_time" desc, "k_run_id" limit $13
