/* plan each time */
    select r.run_key, r.run_id, r.has_inputs, "r"."end_time" as "k_end_time", "r"."start_time" as "k_start_time", "r"."run_id" as "k_run_id"
    from runs as r
    where "r".project_id = $1 and "r".experiment_id = $2 and "r"."end_time" is not null and r.lifecycle_stage = $3
    order by "r"."end_time" desc, "r"."start_time" desc, "r"."run_id" limit $4
