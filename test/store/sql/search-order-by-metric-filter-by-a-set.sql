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
        and x.key = $16 and octet_length("x"."value") <= 1000 and "x"."value" = $17 limit $18) x) as "c1";

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
    where r.lifecycle_stage = $6 and case when "o0".run_key in (
      select x.run_key from "latest_metrics" as "x"
      where x.project_id = $7 and x.experiment_id = $8
        and x.key = $9 and "x"."settled_value" > $10 and "x"."settled_value" < 'NaN' union all
      select x.run_key from "latest_metrics" as "x"
      where x.project_id = $11 and x.experiment_id = $12
        and x.key = $13 and "x"."settled_value" is null and "x"."value" > $14 and "x"."value" < 'NaN') then (
      select true from "params" as "x"
      where x.project_id = $15 and x.run_key = "o0".run_key and x.key = $16 and x.experiment_id = $17 and octet_length("x"."value") <= 1000 and "x"."value" = $18) else false end
    order by "o0"."settled_value" desc, "r"."start_time" desc, "r"."run_id" limit $19) union all (
    select r.run_key, r.run_id, r.has_inputs, -"o0"."value" as "k0", "r"."start_time" as "k_start_time", "r"."run_id" as "k_run_id"
    from "latest_metrics" as "o0"
    cross join lateral (
      select r.* from runs r where r.project_id = $20 and r.run_key = "o0".run_key limit 1
    ) r
    where "o0".project_id = $21 and "o0".experiment_id = $22 and "o0"."key" = $23 and "o0"."settled_value" is null and "o0"."value" < 'NaN' and r.lifecycle_stage = $24 and (
      select "x"."value" > $25 and "x"."value" < 'NaN' from "latest_metrics" as "x"
      where x.project_id = $26 and x.run_key = "o0".run_key and x.key = $27) and (
      select true from "params" as "x"
      where x.project_id = $28 and x.run_key = "o0".run_key and x.key = $29 and x.experiment_id = $30 and octet_length("x"."value") <= 1000 and "x"."value" = $31) and coalesce("o0"."value" >= (
      select "o0"."settled_value" from "latest_metrics" as "o0"
      where "o0".project_id = $32 and "o0".experiment_id = $33 and "o0"."key" = $34 and "o0"."settled_value" < 'NaN'
      order by "o0"."settled_value" desc limit 1 offset $35
    ), true)
    order by "o0"."value" desc, "r"."start_time" desc, "r"."run_id" limit $36)
  ) s
  order by "k0" nulls last, "k_start_time" desc, "k_run_id" limit $37
