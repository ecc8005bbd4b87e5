/* plan each time */
    select r.run_key, r.run_id, r.has_inputs, "r"."start_time" as "k_start_time", "r"."run_id" as "k_run_id"
    from (
      select * from runs as r
      where "r".project_id = $1 and "r".experiment_id = $2
      order by "r"."start_time" desc fetch first ($3) rows with ties
    ) as "r"
    where r.lifecycle_stage = $4 and (
      select "x"."value" like $5 from "tags" as "x"
      where x.project_id = $6 and x.run_key = "r".run_key and x.key = $7)
    order by "r"."start_time" desc, "r"."run_id" limit $8
