import { scenario } from "../scenario.ts";

/** How a request is read: JSON dialect, query strings, aliases, routes (behaviour.md §1, §3). */
export default scenario("requests", (s) => {
  s.experiment("e", { tags: [{ key: "k", value: "v" }] });
  s.run("r", "e");
  const raw = (
    title: string,
    path: string,
    text: string,
    contentType?: string,
    capture?: Record<string, string>,
  ) =>
    s.raw(
      title,
      { method: "POST", path, raw: text, ...(contentType === undefined ? {} : { contentType }) },
      capture,
    );
  const json = "application/json";

  raw("text/plain", "runs/set-tag", '{"run_id": "{{r}}", "key": "a", "value": "1"}', "text/plain");
  raw(
    "a form's type",
    "runs/set-tag",
    '{"run_id": "{{r}}", "key": "b", "value": "1"}',
    "application/x-www-form-urlencoded",
  );
  raw("no type", "runs/set-tag", '{"run_id": "{{r}}", "key": "c", "value": "1"}');
  raw("a form", "runs/set-tag", "run_id={{r}}&key=d&value=1", "application/x-www-form-urlencoded");
  raw(
    "JSON in JSON",
    "runs/set-tag",
    '"{\\"run_id\\": \\"{{r}}\\", \\"key\\": \\"e\\", \\"value\\": \\"1\\"}"',
  );
  raw("an empty body", "runs/set-tag", "");
  raw("not JSON", "runs/set-tag", "{nonsense");
  raw("cut JSON", "runs/set-tag", '{"run_id": "{{r}}", "key": "f"');
  raw("a list", "runs/set-tag", "[]");
  raw("a number", "runs/set-tag", "5");
  raw("a text", "runs/set-tag", '"x"');
  raw("null", "runs/set-tag", "null");
  raw(
    "unknown fields",
    "runs/set-tag",
    '{"run_id": "{{r}}", "key": "g", "value": "1", "x": {"y": [1, {"z": null}]}}',
  );
  raw("a field twice", "runs/set-tag", '{"run_id": "{{r}}", "key": "h", "key": "i", "value": "1"}');
  raw("spaces and lines", "runs/set-tag", ' {\n\t"run_id" : "{{r}}" , "key" : "j" }\r\n');
  raw(
    "escapes",
    "runs/set-tag",
    '{"run_id": "{{r}}", "key": "\\u00e9", "value": "\\ud83c\\udf77\\n\\u0041"}',
  );
  raw("camel case of a required field", "runs/set-tag", '{"runId": "{{r}}", "key": "l", "value": "1"}');
  raw(
    "camel case of others",
    "runs/create",
    '{"experiment_id": "{{e}}", "startTime": 5, "userId": "u"}',
    json,
    { camel: "run.info.run_id" },
  );
  raw(
    "camel case in search",
    "runs/search",
    '{"experimentIds": ["{{e}}"], "maxResults": 1, "runViewType": "ALL", "filter": "params.p = \'x\'"}',
  );
  raw(
    "null for a field",
    "runs/create",
    '{"experiment_id": "{{e}}", "start_time": null, "user_id": null}',
    json,
    { nulls: "run.info.run_id" },
  );
  raw("null in a list", "runs/search", '{"experiment_ids": ["{{e}}", null]}');
  raw("experiment_ids as text", "runs/search", '{"experiment_ids": "0"}');
  raw(
    "a whole float as an integer",
    "runs/update",
    '{"run_id": "{{r}}", "end_time": 123.0, "status": "FINISHED"}',
  );
  raw(
    "an exponent as an integer",
    "runs/update",
    '{"run_id": "{{r}}", "end_time": 1.5e3, "status": "FINISHED"}',
  );
  raw(
    "exponent text as an integer",
    "runs/update",
    '{"run_id": "{{r}}", "end_time": "1e3", "status": "FINISHED"}',
  );
  raw(
    "a fraction as an integer",
    "runs/update",
    '{"run_id": "{{r}}", "end_time": 123.5, "status": "FINISHED"}',
  );
  raw("a bool as an integer", "runs/update", '{"run_id": "{{r}}", "end_time": true, "status": "FINISHED"}');
  raw("an integer as an enum", "runs/update", '{"run_id": "{{r}}", "end_time": 1, "status": 99}');
  raw("a bare NaN", "runs/log-metric", '{"run_id": "{{r}}", "key": "bare", "value": NaN, "timestamp": 1}');
  raw(
    "a bare Infinity",
    "runs/log-metric",
    '{"run_id": "{{r}}", "key": "bare", "value": Infinity, "timestamp": 1}',
  );
  raw(
    "nan in lower case",
    "runs/log-metric",
    '{"run_id": "{{r}}", "key": "nan", "value": "nan", "timestamp": 1}',
  );
  for (const text of ["inf", "-inf", "+Infinity", "infinity"])
    raw(
      `the value ${text}`,
      "runs/log-metric",
      `{"run_id": "{{r}}", "key": "v${text}", "value": "${text}", "timestamp": 1}`,
    );
  raw(
    "true as a value",
    "runs/log-metric",
    '{"run_id": "{{r}}", "key": "yes", "value": true, "timestamp": 1}',
  );
  raw("a NUL", "runs/set-tag", '{"run_id": "{{r}}", "key": "nul", "value": "a\\u0000b"}');
  raw("a lone surrogate", "runs/set-tag", '{"run_id": "{{r}}", "key": "lone", "value": "a\\ud800b"}');
  raw("query strings of a POST count for nothing", "runs/set-tag?run_id={{r}}&key=q", "{}");
  s.get("what was stored", "runs/get", { run_id: "{{r}}" });

  const get = (title: string, path: string) => s.raw(title, { method: "GET", path });
  get("a query without what is required", "runs/get?foo=1");
  get("no query", "runs/get");
  get("an empty value", "runs/get?run_id=");
  get("an experiment without what is required", "experiments/get?foo=1");
  get("an empty experiment", "experiments/get?experiment_id=");
  get("by-name without what is required", "experiments/get-by-name?x=1");
  get("by-name with a plus", "experiments/get-by-name?experiment_name=a+b");
  get("by-name with %20", "experiments/get-by-name?experiment_name=a%20b");
  get("by-name with a number", "experiments/get-by-name?experiment_name=123");
  get("by-name in unicode", "experiments/get-by-name?experiment_name=%E6%97%A5%E6%9C%AC");
  get("a model with an empty name", "registered-models/get?name=");
  get("an enum by its number", "experiments/list?view_type=3&max_results=1000");
  get("an unknown enum", "experiments/list?view_type=BOGUS");
  get("a float as an integer", "experiments/list?max_results=1.0");
  get("text as an integer", "experiments/list?max_results=abc");
  get("a field given twice", "experiments/get?experiment_id=0&experiment_id=1");
  get("a field without a sign", "runs/get?run_id");
  const search = "/api/2.0/preview/mlflow/runs/search";
  get("a list of one", `${search}?experiment_ids={{e}}`);
  get("a list by repeating", `${search}?experiment_ids={{e}}&experiment_ids=0`);
  get("a list by brackets with numbers", `${search}?experiment_ids%5B0%5D={{e}}&experiment_ids%5B1%5D=0`);
  get("a list by empty brackets", `${search}?experiment_ids%5B%5D={{e}}`);
  get("a list by commas", `${search}?experiment_ids=0%2C1`);
  s.raw("a GET with a body and a query", {
    method: "GET",
    path: "runs/get?run_id={{r}}",
    raw: '{"run_id": "nobody"}',
  });
  s.raw("a GET with a body", { method: "GET", path: "experiments/get", raw: '{"experiment_id": "{{e}}"}' });

  // Every alias of a route.
  for (const prefix of ["/ajax-api/2.0/mlflow", "/api/2.0/preview/mlflow", "/ajax-api/2.0/preview/mlflow"]) {
    get(`get by ${prefix}`, `${prefix}/runs/get?run_id={{r}}`);
    s.post(`search by ${prefix}`, `${prefix}/runs/search`, { experiment_ids: ["0"] });
    get(`list models by ${prefix}`, `${prefix}/registered-models/list`);
  }
  s.post("latest versions on preview", "/api/2.0/preview/mlflow/registered-models/get-latest-versions", {
    name: "nobody",
  });
  get("an unknown route", "nothing/here");
  get("a route of newer versions", "traces");
  s.post("a wrong method", "runs/get", { run_id: "{{r}}" });
  get("another wrong method", "runs/create");
  get("a slash at the end", "experiments/list/");
  get("health", "/health");
});
