/* plan each time */
  select (
    select count(*) from (
      select from runs r
      where r.project_id = $1 and r.experiment_id = $2
      limit $3
    ) x
  ) as runs,
    coalesce((select max(r.run_key) from runs r where r.project_id = $4), 0) as most;

/* plan each time */
  select s.*
  from (
    (
    select r.run_key, r.run_id, r.has_inputs, "o0"."settled_value" as "k0", "r"."start_time" as "k_start_time", "r"."run_id" as "k_run_id"
    from "latest_metrics" as "o0"
    cross join lateral (
      select r.* from runs r where r.project_id = $1 and r.run_key = "o0".run_key limit 1
    ) r
    where "o0".project_id = $2 and "o0".experiment_id = $3 and "o0"."key" = $4 and "o0"."settled_value" < 'NaN' and "o0"."settled_value" > $5 and "o0"."settled_value" < 'NaN' and r.lifecycle_stage = $6
    order by "o0"."settled_value", "r"."start_time" desc, "r"."run_id" limit $7) union all (
    select r.run_key, r.run_id, r.has_inputs, "o0"."value" as "k0", "r"."start_time" as "k_start_time", "r"."run_id" as "k_run_id"
    from "latest_metrics" as "o0"
    cross join lateral (
      select r.* from runs r where r.project_id = $8 and r.run_key = "o0".run_key limit 1
    ) r
    where "o0".project_id = $9 and "o0".experiment_id = $10 and "o0"."key" = $11 and "o0"."settled_value" is null and "o0"."value" < 'NaN' and "o0"."value" > $12 and "o0"."value" < 'NaN' and r.lifecycle_stage = $13
    order by "o0"."value", "r"."start_time" desc, "r"."run_id" limit $14)
  ) s
  order by "k0" nulls last, "k_start_time" desc, "k_run_id" limit $15
