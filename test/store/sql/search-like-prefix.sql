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
      select x.run_key from "tags" as "x"
      where x.project_id = $5 and x.experiment_id = $6
        and x.key = $7 and octet_length("x"."value") <= 1000 and ("x"."value" ^@ $8 and "x"."value" like $9) union all
      select x.run_key from "tags" as "x"
      where x.project_id = $10 and x.experiment_id = $11
        and x.key = $12 and octet_length("x"."value") > 1000 and ("x"."value" ^@ $13 and "x"."value" like $14) limit $15) x) as "c0";

/* plan each time */
  with candidates as materialized ((
      select x.run_key from "tags" as "x"
      where x.project_id = $1 and x.experiment_id = $2
        and x.key = $3 and octet_length("x"."value") <= 1000 and ("x"."value" ^@ $4 and "x"."value" like $5) union all
      select x.run_key from "tags" as "x"
      where x.project_id = $6 and x.experiment_id = $7
        and x.key = $8 and octet_length("x"."value") > 1000 and ("x"."value" ^@ $9 and "x"."value" like $10))
  )
  select r.run_key, r.run_id, r.has_inputs, "r"."start_time" as "k_start_time", "r"."run_id" as "k_run_id"
  from candidates c
  join runs r on r.project_id = $11 and r.run_key = c.run_key
  where r.lifecycle_stage = $12
  order by "r"."start_time" desc, "r"."run_id" limit $13
