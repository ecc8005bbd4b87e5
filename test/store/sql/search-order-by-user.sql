/* plan each time */
    select r.user_id from runs r
    where r.project_id = $1 and r.experiment_id = $2
    order by r.user_id desc limit 1;

/* plan each time */
    select r.run_key, r.run_id, r.has_inputs, "r"."user_id" as "k_user_id", "r"."start_time" as "k_start_time", "r"."run_id" as "k_run_id"
    from runs as r
    where "r".project_id = $1 and "r".experiment_id = $2 and r.user_id = $3 and r.lifecycle_stage = $4
    order by "r"."start_time" desc, "r"."run_id" limit $5
