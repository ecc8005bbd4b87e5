import { scenario } from "../scenario.ts";

/** The filter and order_by language on runs (behaviour.md §9). */
export default scenario("runs-search", (s) => {
  const path = "runs/search";
  s.experiment("e");
  s.experiment("other");
  s.experiment("closed");
  s.run("a", "e", {
    start_time: 100,
    params: { p: "1", lr: "0.1" },
    metrics: { m: 1, n: 5 },
    tags: { t: "x", "mlflow.runName": "alpha", "a b": "q" },
  });
  s.run("b", "e", {
    start_time: 200,
    params: { p: "10", lr: "0.01" },
    metrics: { m: "NaN", n: 5 },
    tags: { t: "X", "mlflow.runName": "beta" },
  });
  s.run("c", "e", {
    start_time: 300,
    params: { p: "2", "h-1": "é" },
    metrics: { m: 1e300 },
    tags: { t: "x_y", quote: "it's" },
  });
  s.run("d", "e", {
    start_time: 310,
    params: { p: "" },
    metrics: { m: -3, "val/acc": 0.5, n: 7 },
    tags: { t: "" },
  });
  s.run("f", "e", { start_time: 50 });
  s.run("g", "other", { start_time: 150, params: { p: "1" }, metrics: { m: 1 }, tags: { t: "100%" } });
  s.run("h", "closed", { start_time: 10, metrics: { m: 1 } });
  s.run("z", "e", { start_time: 400, metrics: { m: 1 }, params: { p: "1" } });
  s.post("delete z", "runs/delete", { run_id: "{{z}}" });
  s.post("delete closed", "experiments/delete", { experiment_id: "{{closed}}" });
  s.post("finish a", "runs/update", { run_id: "{{a}}", status: "FINISHED", end_time: 1000 });
  s.post("fail b", "runs/update", { run_id: "{{b}}", status: "FAILED", end_time: 900 });
  s.post("more of m on a", "runs/log-metric", { run_id: "{{a}}", key: "m", value: 2, timestamp: 2, step: 1 });

  s.post("all of one", path, { experiment_ids: ["{{e}}"] });
  s.post("all of two", path, { experiment_ids: ["{{e}}", "{{other}}"] });
  s.post("of one, twice", path, { experiment_ids: ["{{other}}", "{{other}}"] });
  s.post("of none", path, {});
  s.post("of an empty list", path, { experiment_ids: [] });
  s.post("of unknown", path, { experiment_ids: ["99999"] });
  s.post("of text", path, { experiment_ids: ["abc"] });
  s.raw("of a number", { method: "POST", path, raw: '{"experiment_ids": [{{other}}]}' });
  s.post("of a deleted experiment", path, { experiment_ids: ["{{closed}}"] });
  s.post("of a deleted experiment, deleted", path, {
    experiment_ids: ["{{closed}}"],
    run_view_type: "DELETED_ONLY",
  });
  for (const run_view_type of ["ACTIVE_ONLY", "DELETED_ONLY", "ALL", 1, 2, 3, "3"])
    s.post(`view ${JSON.stringify(run_view_type)}`, path, {
      experiment_ids: ["{{e}}"],
      run_view_type,
      order_by: ["attribute.start_time ASC"],
    });
  s.get("by GET on preview", "/api/2.0/preview/mlflow/runs/search", {
    experiment_ids: ["{{e}}", "{{other}}"],
    filter: "metrics.m > 1",
    max_results: 10,
  });
  s.get("by GET", path, { experiment_ids: ["{{e}}"] });

  const filters = [
    // Metrics
    ...["=", "!=", ">", ">=", "<", "<="].map((op) => `metrics.m ${op} 1`),
    ...["=", "!=", ">", "<"].map((op) => `metrics.m ${op} 0`),
    "metrics.m = 2",
    "metric.m > -3.5",
    "metrics.m >= -3",
    "metrics.m<2",
    "metrics.m > 1e299",
    "metrics.m > .5",
    "metrics.`val/acc` > 0.4",
    'metrics."val/acc" = 0.5',
    "metrics.absent > 0",
    "metrics.n = 5 and metrics.m > 0",
    "metrics.m > 'a'",
    "metrics.m > '1'",
    "metrics.m = NaN",
    "metrics.m LIKE 1",
    "metrics.m == 1",
    "metrics.m IN (1)",
    "metrics.val/acc > 0",
    "METRICS.m > 0",
    // Params
    "params.p = '1'",
    'params.p = "1"',
    "param.p = '1'",
    "parameter.p = '1'",
    "parameters.p != '1'",
    "params.p = ''",
    "params.p LIKE '1%'",
    "params.p like '_'",
    "params.p ILIKE '%0'",
    "params.p LiKe '1_'",
    "params.lr LIKE '0.%'",
    "params.`h-1` = 'é'",
    "params.`h-1` = 'É'",
    "params.`h-1` ILIKE 'É'",
    "params.absent != '1'",
    "params.p = 1",
    "params.p = params.q",
    "params.p > '1'",
    "params.p = '1' AND params.lr = '0.1'",
    // Tags
    "tags.t = 'x'",
    "tag.t != 'x'",
    "tags.t ILIKE 'X%'",
    "tags.t LIKE 'x%'",
    "tags.t LIKE 'x\\_y'",
    "tags.t LIKE '100\\%'",
    "tags.t = ''",
    "tags.mlflow.runName = 'alpha'",
    "tags.`mlflow.runName` LIKE '%a'",
    "tags.`a b` = 'q'",
    'tags."a b" = "q"',
    'tags.quote = "it\'s"',
    "tags.quote = 'it''s'",
    "tags.t > 'a'",
    "tags.t = 5",
    // Attributes
    "attributes.status = 'FINISHED'",
    "attribute.status = 'RUNNING'",
    "attr.status != 'RUNNING'",
    "run.status = 'FAILED'",
    "attributes.status = 'finished'",
    "attributes.status ILIKE 'f%'",
    "attributes.status LIKE 'F%'",
    "attributes.status > 'F'",
    "attributes.status = 5",
    "attributes.status = RUNNING",
    "attributes.start_time = 300",
    "attributes.start_time > 100",
    "attributes.start_time != 300 AND attributes.start_time <= 200",
    "attributes.start_time = '200'",
    "attributes.start_time LIKE 1",
    "attributes.artifact_uri LIKE 'mlflow-artifacts:/%/artifacts'",
    "attributes.artifact_uri = 'x'",
    "attributes.run_id = 'x'",
    "attributes.run_name = 'x'",
    "attributes.end_time > 1",
    "attributes.user_id = 'x'",
    "attributes.lifecycle_stage = 'active'",
    "attributes.experiment_id = '1'",
    // Joined
    "metrics.m > 0 AND params.p = '1' AND tags.t = 'x' AND attributes.status = 'FINISHED'",
    "metrics.m > 0 and params.p LIKE '%' And tags.t != 'q'",
    "metrics.m > 0 OR metrics.m < 0",
    "metrics.m > 0 or params.p = '1'",
    "NOT metrics.m > 0",
    "(metrics.m > 0)",
    "(metrics.m > 0) AND params.p = '1'",
    "metrics.m > 0, params.p = '1'",
    "metrics.m > 0;",
    "metrics.m > 0; params.p = '1'",
    "metrics.m > 0 AND",
    "AND metrics.m > 0",
    "metrics.m > 0 AND AND params.p = '1'",
    "metrics.m > 0 -- a comment",
    // Broken
    "m > 1",
    "status = 'FINISHED'",
    "foo.m > 0",
    "metrics.m >",
    "metrics.m",
    "> 1",
    "1 < metrics.m",
    "metrics. > 1",
    "metrics.m > 1 2",
    "params.p = '1",
    "params.p = 'a' 'b'",
    "metrics.m > 1 params.p = '1'",
    "metrics.`m > 1",
    "   ",
    "",
    "'a' = 'a'",
    "metrics.m.n > 1",
    "params.日本 = '1'",
  ];
  for (const filter of new Set(filters))
    s.post(`filter ${filter}`, path, {
      experiment_ids: ["{{e}}", "{{other}}"],
      filter,
      order_by: ["attribute.start_time ASC", "metrics.m ASC"],
    });

  // Run ids are random: one run of each experiment, so that the order is told by the experiment.
  for (const direction of ["ASC", "DESC"])
    s.post(`order by artifact_uri ${direction}`, path, {
      experiment_ids: ["{{e}}", "{{other}}"],
      filter: "attributes.start_time <= 150 AND attributes.status = 'RUNNING'",
      order_by: [`attributes.artifact_uri ${direction}`],
    });

  for (const order of [
    ["metrics.m"],
    ["metrics.m ASC"],
    ["metrics.m DESC"],
    ["metric.m desc"],
    ["metrics.n DESC", "metrics.m ASC"],
    ["metrics.absent"],
    ["metrics.`val/acc` DESC", "attribute.start_time ASC", "params.p"],
    ["params.p"],
    ["params.p DESC"],
    ["parameter.p ASC", "attributes.start_time"],
    ["params.`h-1`", "attributes.start_time ASC", "metrics.m"],
    ["tags.t"],
    ["tags.t DESC"],
    ["tag.`mlflow.runName` ASC", "metrics.m"],
    ["attributes.start_time", "metrics.m"],
    ["attribute.start_time DESC", "metrics.m DESC"],
    ["attr.end_time", "metrics.m"],
    ["attributes.end_time DESC", "metrics.m"],
    ["attributes.status", "metrics.m ASC"],
    ["run.status DESC", "metrics.m", "params.p"],
    ["attributes.run_id"],
    ["attributes.run_name"],
    ["foo.m"],
    ["m"],
    ["start_time"],
    ["metrics.m foo"],
    ["metrics.m DESC foo"],
    ["metrics.m, params.p"],
    ["metrics.val/acc"],
    [""],
    [" metrics.m"],
    ["metrics.m  DESC"],
    ["metrics.m", "metrics.m"],
    ["metrics.m", "metric.m DESC"],
    ["params.p", "metrics.p"],
    ["metrics.m asc", "params.p desc", "tags.t ASC"],
  ])
    s.post(`order ${JSON.stringify(order)}`, path, {
      experiment_ids: ["{{e}}", "{{other}}"],
      order_by: order,
    });
});
