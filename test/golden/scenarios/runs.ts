import { scenario } from "../scenario.ts";

export default scenario("runs", (s) => {
  s.experiment("e");
  s.post(
    "create",
    "runs/create",
    { experiment_id: "{{e}}", user_id: "anna", start_time: 1660000000000 },
    { r: "run.info.run_id" },
  );
  s.get("get", "runs/get", { run_id: "{{r}}" });
  s.get("get by run_uuid", "runs/get", { run_uuid: "{{r}}" });
  s.get("get by both", "runs/get", { run_id: "{{r}}", run_uuid: "nonsense" });
  s.raw("get with a body", {
    method: "GET",
    path: "runs/get",
    raw: '{"run_id": "{{r}}"}',
    contentType: "application/json",
  });
  s.post(
    "create with everything",
    "runs/create",
    {
      experiment_id: "{{e}}",
      user_id: "bo",
      start_time: 5,
      tags: [
        { key: "mlflow.runName", value: "first" },
        { key: "mlflow.user", value: "bo" },
        { key: "größe", value: '日本 🍷\n"quoted" \\ back' },
        { key: "none" },
      ],
    },
    { full: "run.info.run_id" },
  );
  s.get("get everything", "runs/get", { run_id: "{{full}}" });
  s.post(
    "create without a start time",
    "runs/create",
    { experiment_id: "{{e}}" },
    { bare: "run.info.run_id" },
  );
  s.post(
    "create with a negative start time",
    "runs/create",
    { experiment_id: "{{e}}", start_time: -5 },
    { neg: "run.info.run_id" },
  );
  s.post(
    "create with the largest start time",
    "runs/create",
    { experiment_id: "{{e}}", start_time: "9223372036854775807" },
    { max: "run.info.run_id" },
  );
  s.get("get the largest start time", "runs/get", { run_id: "{{max}}" });
  s.post(
    "create in the default experiment",
    "runs/create",
    { experiment_id: "0", start_time: 1 },
    { zero: "run.info.run_id" },
  );
  s.raw(
    "create with a number as the experiment",
    { method: "POST", path: "runs/create", raw: '{"experiment_id": {{e}}, "start_time": "7"}' },
    { num: "run.info.run_id" },
  );
  s.post("create in unknown", "runs/create", { experiment_id: "99999", start_time: 1 });
  s.post("create in text", "runs/create", { experiment_id: "abc", start_time: 1 });
  s.post("create without an experiment", "runs/create", { start_time: 1 });
  s.post(
    "user_id of 256",
    "runs/create",
    { experiment_id: "{{e}}", user_id: "{{u*256}}", start_time: 1 },
    { u256: "run.info.run_id" },
  );
  s.post("user_id of 257", "runs/create", { experiment_id: "{{e}}", user_id: "{{u*257}}", start_time: 1 });
  s.post("repeated tag key", "runs/create", {
    experiment_id: "{{e}}",
    start_time: 1,
    tags: [
      { key: "k", value: "1" },
      { key: "k", value: "2" },
    ],
  });
  for (const [title, tag] of Object.entries({
    "a tag key of 251": { key: "{{k*251}}", value: "v" },
    "a tag value of 5001": { key: "k", value: "{{v*5001}}" },
  }))
    s.post(`create with ${title}`, "runs/create", { experiment_id: "{{e}}", start_time: 1, tags: [tag] });
  // MLflow looks at no tag here; what it makes is captured, so that it can be told from other runs.
  for (const [title, key] of Object.entries({ "a bad tag key": "a//b", "an empty tag key": "" }))
    s.post(
      `create with ${title}`,
      "runs/create",
      { experiment_id: "{{e}}", start_time: 1, tags: [{ key, value: "v" }] },
      { [title]: "run.info.run_id" },
    );
  s.post(
    "create with a tag at its limits",
    "runs/create",
    { experiment_id: "{{e}}", start_time: 1, tags: [{ key: "{{k*250}}", value: "{{v*5000}}" }] },
    { lim: "run.info.run_id" },
  );
  s.post(
    "create with fields of other versions",
    "runs/create",
    {
      experiment_id: "{{e}}",
      start_time: 1,
      source_name: "x",
      source_type: "LOCAL",
      entry_point_name: "main",
      nonsense: { a: [1] },
    },
    { odd: "run.info.run_id" },
  );

  s.get("get unknown", "runs/get", { run_id: "nobody" });
  s.get("get an id of the right length", "runs/get", { run_id: "0123456789abcdef0123456789abcdef" });
  s.get("get in upper case", "runs/get", { run_id: "ABCDEF6789ABCDEF0123456789ABCDEF" });
  s.get("get with a space", "runs/get", { run_id: " " });

  // Every state after every other.
  for (const status of ["FINISHED", "FAILED", "KILLED", "SCHEDULED", "RUNNING", 3, "4"])
    s.post(`update to ${status}`, "runs/update", { run_id: "{{r}}", status, end_time: 1660000000999 });
  s.get("get updated", "runs/get", { run_id: "{{r}}" });
  s.post("update by run_uuid", "runs/update", { run_uuid: "{{r}}", status: "FINISHED", end_time: 20 });
  s.post("update the status alone", "runs/update", { run_id: "{{full}}", status: "FAILED" });
  s.post("update the end alone", "runs/update", { run_id: "{{full}}", end_time: 30 });
  s.post("update nothing", "runs/update", { run_id: "{{full}}" });
  s.post("update to the end 0", "runs/update", { run_id: "{{full}}", status: "FINISHED", end_time: 0 });
  s.post("update to a negative end", "runs/update", { run_id: "{{full}}", status: "FINISHED", end_time: -1 });
  s.post("update to the largest end", "runs/update", {
    run_id: "{{full}}",
    status: "FINISHED",
    end_time: "9223372036854775807",
  });
  s.post("update to an end beyond int64", "runs/update", {
    run_id: "{{full}}",
    status: "FINISHED",
    end_time: "9223372036854775808",
  });
  s.post("update unknown", "runs/update", { run_id: "nobody", status: "FINISHED" });
  s.post("update to an unknown status", "runs/update", { run_id: "{{neg}}", status: "BOGUS" });
  s.post("update to a status in lower case", "runs/update", { run_id: "{{neg}}", status: "finished" });
  s.get("get after the unknown status", "runs/get", { run_id: "{{neg}}" });

  s.post("log before deleting", "runs/log-batch", {
    run_id: "{{r}}",
    metrics: [{ key: "m", value: 1.5, timestamp: 3, step: 0 }],
    params: [{ key: "p", value: "1" }],
    tags: [{ key: "t", value: "1" }],
  });
  s.post("delete", "runs/delete", { run_id: "{{r}}" });
  s.get("get deleted", "runs/get", { run_id: "{{r}}" });
  s.post("delete again", "runs/delete", { run_id: "{{r}}" });
  s.post("delete unknown", "runs/delete", { run_id: "nobody" });
  s.post("delete by run_uuid", "runs/delete", { run_uuid: "{{bare}}" });
  s.post("update deleted", "runs/update", { run_id: "{{r}}", status: "FINISHED" });
  s.post("log-metric to deleted", "runs/log-metric", { run_id: "{{r}}", key: "m", value: 1, timestamp: 1 });
  s.post("log-parameter to deleted", "runs/log-parameter", { run_id: "{{r}}", key: "q", value: "1" });
  s.post("set-tag of deleted", "runs/set-tag", { run_id: "{{r}}", key: "t", value: "1" });
  s.post("delete-tag of deleted", "runs/delete-tag", { run_id: "{{r}}", key: "t" });
  s.post("log-batch to deleted", "runs/log-batch", { run_id: "{{r}}", params: [{ key: "q", value: "1" }] });
  s.post("empty log-batch to deleted", "runs/log-batch", { run_id: "{{r}}" });
  s.post("log-model to deleted", "runs/log-model", {
    run_id: "{{r}}",
    model_json: '{"run_id": "x", "artifact_path": "m", "utc_time_created": "2022", "flavors": {}}',
  });
  s.get("history of deleted", "metrics/get-history", { run_id: "{{r}}", metric_key: "m" });
  s.get("artifacts of deleted", "artifacts/list", { run_id: "{{r}}" });
  s.post("search active", "runs/search", { experiment_ids: ["{{e}}"], filter: "metrics.m > 1" });
  s.post("search deleted", "runs/search", {
    experiment_ids: ["{{e}}"],
    filter: "metrics.m > 1",
    run_view_type: "DELETED_ONLY",
  });
  s.post("restore", "runs/restore", { run_id: "{{r}}" });
  s.get("get restored", "runs/get", { run_id: "{{r}}" });
  s.post("restore again", "runs/restore", { run_id: "{{r}}" });
  s.post("restore unknown", "runs/restore", { run_id: "nobody" });
  s.post("restore by run_uuid", "runs/restore", { run_uuid: "{{bare}}" });
});
