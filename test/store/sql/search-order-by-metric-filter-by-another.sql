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
      select x.run_key from "params" as "x"
      where x.project_id = $5 and x.experiment_id = $6
        and x.key = $7 and octet_length("x"."value") <= 1000 and "x"."value" = $8 limit $9) x) as "c0";

/* plan each time */
  select s.*
  from (
    (
    select r.run_key, r.run_id, r.has_inputs, -"o0"."settled_value" as "k0", "r"."start_time" as "k_start_time", "r"."run_id" as "k_run_id"
    from (
      select "o0".run_key, "o0"."settled_value" from "latest_metrics" as "o0"
      where "o0".project_id = $1 and "o0".experiment_id = $2 and "o0"."key" = $3 and "o0"."settled_value" < 'NaN'
      order by "o0"."settled_value" desc fetch first ($4) rows with ties
    ) as "o0"
    cross join lateral (
      select r.* from runs r where r.project_id = $5 and r.run_key = "o0".run_key limit 1
    ) r
    where r.lifecycle_stage = $6 and (
      select true from "params" as "x"
      where x.project_id = $7 and x.run_key = "o0".run_key and x.key = $8 and x.experiment_id = $9 and octet_length("x"."value") <= 1000 and "x"."value" = $10)
    order by "o0"."settled_value" desc, "r"."start_time" desc, "r"."run_id" limit $11) union all (
    select r.run_key, r.run_id, r.has_inputs, -"o0"."value" as "k0", "r"."start_time" as "k_start_time", "r"."run_id" as "k_run_id"
    from "latest_metrics" as "o0"
    cross join lateral (
      select r.* from runs r where r.project_id = $12 and r.run_key = "o0".run_key limit 1
    ) r
    where "o0".project_id = $13 and "o0".experiment_id = $14 and "o0"."key" = $15 and "o0"."settled_value" is null and "o0"."value" < 'NaN' and r.lifecycle_stage = $16 and (
      select true from "params" as "x"
      where x.project_id = $17 and x.run_key = "o0".run_key and x.key = $18 and x.experiment_id = $19 and octet_length("x"."value") <= 1000 and "x"."value" = $20) and coalesce("o0"."value" >= (
      select "o0"."settled_value" from "latest_metrics" as "o0"
      where "o0".project_id = $21 and "o0".experiment_id = $22 and "o0"."key" = $23 and "o0"."settled_value" < 'NaN'
      order by "o0"."settled_value" desc limit 1 offset $24
    ), true)
    order by "o0"."value" desc, "r"."start_time" desc, "r"."run_id" limit $25)
  ) s
  order by "k0" nulls last, "k_start_time" desc, "k_run_id" limit $26
