/* plan each time */
    select r.run_key, r.run_id, r.has_inputs, "r"."status" as "k_status", "r"."start_time" as "k_start_time", "r"."run_id" as "k_run_id"
    from runs as r
    where "r".project_id = $1 and "r".experiment_id = $2 and "r"."status" = $3 and r.lifecycle_stage = $4
    order by "r"."start_time" desc, "r"."run_id" limit $5;

/* plan each time */
    select r.run_key, r.run_id, r.has_inputs, "r"."status" as "k_status", "r"."start_time" as "k_start_time", "r"."run_id" as "k_run_id"
    from runs as r
    where "r".project_id = $1 and "r".experiment_id = $2 and "r"."status" = $3 and r.lifecycle_stage = $4
    order by "r"."start_time" desc, "r"."run_id" limit $5
