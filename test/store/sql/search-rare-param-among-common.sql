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
        and x.key = $11 and "x"."settled_value" is null and "x"."value" > $12 and "x"."value" < 'NaN' limit $13) x) as "c0",
    (select count(*) from (
      select x.run_key from "params" as "x"
      where x.project_id = $14 and x.experiment_id = $15
        and x.key = $16 and octet_length("x"."value") <= 1000 and "x"."value" = $17 limit $18) x) as "c1",
    (select count(*) from (
      select x.run_key from "params" as "x"
      where x.project_id = $19 and x.experiment_id = $20
        and x.key = $21 and octet_length("x"."value") <= 1000 and "x"."value" = $22 limit $23) x) as "c2";

/* plan each time */
  select r.run_key, r.run_id, r.has_inputs, "r"."start_time" as "k_start_time", "r"."run_id" as "k_run_id"
  from runs r
  where r.project_id = $1 and r.run_key = any(array((
      select x.run_key from "params" as "x"
      where x.project_id = $2 and x.experiment_id = $3
        and x.key = $4 and octet_length("x"."value") <= 1000 and "x"."value" = $5)
    )) and r.lifecycle_stage = $6 and (
      select true from "params" as "x"
      where x.project_id = $7 and x.run_key = "r".run_key and x.key = $8 and x.experiment_id = $9 and octet_length("x"."value") <= 1000 and "x"."value" = $10) and (
      select "x"."value" > $11 and "x"."value" < 'NaN' from "latest_metrics" as "x"
      where x.project_id = $12 and x.run_key = "r".run_key and x.key = $13)
  order by "r"."start_time" desc, "r"."run_id" limit $14
