/* plan each time */
  select (
    select count(*) from (
      select from runs r
      where r.project_id = $1 and r.experiment_id = $2
      limit $3
    ) x
  ) as runs,
    coalesce((select max(r.run_key) from runs r where r.project_id = $4), 0) as most,
    (select count(*) from (
      select x.run_key from "latest_metrics" as "x"
      where x.project_id = $5 and x.experiment_id = $6
        and x.key = $7 and "x"."settled_value" > $8 and "x"."settled_value" < 'NaN' union all
      select x.run_key from "latest_metrics" as "x"
      where x.project_id = $9 and x.experiment_id = $10
        and x.key = $11 and "x"."settled_value" is null and "x"."value" > $12 and "x"."value" < 'NaN' limit $13) x) as "c0";

/* plan each time */
  select r.run_key, r.run_id, r.has_inputs, "r"."start_time" as "k_start_time", "r"."run_id" as "k_run_id"
  from runs r
  where r.project_id = $1 and r.run_key = any(array((
      select x.run_key from "latest_metrics" as "x"
      where x.project_id = $2 and x.experiment_id = $3
        and x.key = $4 and "x"."settled_value" > $5 and "x"."settled_value" < 'NaN' union all
      select x.run_key from "latest_metrics" as "x"
      where x.project_id = $6 and x.experiment_id = $7
        and x.key = $8 and "x"."settled_value" is null and "x"."value" > $9 and "x"."value" < 'NaN')
    )) and r.lifecycle_stage = $10
  order by "r"."start_time" desc, "r"."run_id" limit $11
