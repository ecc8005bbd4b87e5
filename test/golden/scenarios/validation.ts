import { exact } from "../exact-json.ts";
import { scenario } from "../scenario.ts";

/** What MLflow checks before it looks at its store (behaviour.md §2): per endpoint, which fields and how. */
const checks: {
  method: string;
  path: string;
  valid: Record<string, unknown>;
  fields: Record<string, Check>;
}[] = [
  endpoint("POST", "experiments/create", { name: "x" }, { name: "Rs", artifact_location: "s", tags: "a" }),
  endpoint("GET", "experiments/get", { experiment_id: "0" }, { experiment_id: "R" }),
  endpoint("GET", "experiments/get-by-name", { experiment_name: "Default" }, { experiment_name: "Rs" }),
  endpoint("POST", "experiments/delete", { experiment_id: "0" }, { experiment_id: "R" }),
  endpoint("POST", "experiments/restore", { experiment_id: "0" }, { experiment_id: "R" }),
  endpoint(
    "POST",
    "experiments/update",
    { experiment_id: "0", new_name: "y" },
    { experiment_id: "R", new_name: "Rs" },
  ),
  endpoint("GET", "experiments/list", {}, { max_results: "i", page_token: "s" }),
  endpoint(
    "POST",
    "experiments/search",
    { max_results: 10 },
    { max_results: "i", order_by: "a", filter: "s", page_token: "s" },
  ),
  endpoint(
    "POST",
    "experiments/set-experiment-tag",
    { experiment_id: "0", key: "k", value: "v" },
    { experiment_id: "R", key: "R", value: "s" },
  ),
  endpoint("POST", "runs/create", { experiment_id: "0" }, { start_time: "i" }),
  endpoint("POST", "runs/update", { run_id: "{{r}}" }, { run_id: "Rs", end_time: "i", status: "t" }),
  endpoint("POST", "runs/delete", { run_id: "{{r}}" }, { run_id: "Rs" }),
  endpoint("POST", "runs/restore", { run_id: "{{r}}" }, { run_id: "Rs" }),
  endpoint("GET", "runs/get", { run_id: "{{r}}" }, { run_id: "Rs" }),
  endpoint(
    "POST",
    "runs/log-metric",
    { run_id: "{{r}}", key: "m", value: 1, timestamp: 1 },
    { run_id: "R", key: "R", value: "Rf", timestamp: "Ri", step: "i" },
  ),
  endpoint(
    "POST",
    "runs/log-parameter",
    { run_id: "{{r}}", key: "p", value: "1" },
    { run_id: "R", key: "R", value: "s" },
  ),
  endpoint(
    "POST",
    "runs/set-tag",
    { run_id: "{{r}}", key: "t", value: "1" },
    { run_id: "R", key: "R", value: "s" },
  ),
  endpoint("POST", "runs/delete-tag", { run_id: "{{r}}", key: "t" }, { run_id: "R", key: "R" }),
  endpoint(
    "POST",
    "runs/search",
    { experiment_ids: ["0"] },
    { filter: "s", max_results: "j", order_by: "b" },
  ),
  endpoint(
    "POST",
    "runs/log-batch",
    { run_id: "{{r}}" },
    { run_id: "Rs", metrics: "a", params: "a", tags: "a" },
  ),
  endpoint("POST", "runs/log-model", { run_id: "{{r}}", model_json: "{}" }, { run_id: "R", model_json: "R" }),
  endpoint("GET", "artifacts/list", { run_id: "{{r}}" }, { run_id: "Rs", path: "s", page_token: "s" }),
  endpoint(
    "GET",
    "metrics/get-history",
    { run_id: "{{r}}", metric_key: "m" },
    { run_id: "R", metric_key: "R" },
  ),
  endpoint("POST", "registered-models/create", { name: "m2" }, { name: "R", tags: "a", description: "s" }),
  endpoint("GET", "registered-models/get", { name: "m" }, { name: "R" }),
  endpoint("DELETE", "registered-models/delete", { name: "m" }, { name: "R" }),
  endpoint("PATCH", "registered-models/update", { name: "m" }, { name: "R", description: "s" }),
  endpoint("POST", "registered-models/rename", { name: "m", new_name: "n" }, { name: "R", new_name: "R" }),
  endpoint("GET", "registered-models/list", {}, { max_results: "i", page_token: "s" }),
  endpoint(
    "GET",
    "registered-models/search",
    {},
    { filter: "s", max_results: "i", order_by: "b", page_token: "s" },
  ),
  endpoint("POST", "registered-models/get-latest-versions", { name: "m" }, { name: "R", stages: "b" }),
  endpoint(
    "POST",
    "registered-models/set-tag",
    { name: "m", key: "k", value: "v" },
    { name: "R", key: "R", value: "s" },
  ),
  endpoint("DELETE", "registered-models/delete-tag", { name: "m", key: "k" }, { name: "R", key: "R" }),
  endpoint(
    "POST",
    "model-versions/create",
    { name: "m", source: "s" },
    { name: "R", source: "R", run_id: "s", tags: "a", run_link: "s", description: "s" },
  ),
  endpoint("GET", "model-versions/get", { name: "m", version: "1" }, { name: "R", version: "Rs" }),
  endpoint("DELETE", "model-versions/delete", { name: "m", version: "1" }, { name: "R", version: "Rs" }),
  endpoint(
    "PATCH",
    "model-versions/update",
    { name: "m", version: "1" },
    { name: "R", version: "R", description: "s" },
  ),
  endpoint(
    "POST",
    "model-versions/transition-stage",
    { name: "m", version: "1", stage: "Staging" },
    { name: "R", version: "R", stage: "R", archive_existing_versions: "o" },
  ),
  endpoint(
    "POST",
    "model-versions/set-tag",
    { name: "m", version: "1", key: "k", value: "v" },
    { name: "R", version: "R", key: "R", value: "s" },
  ),
  endpoint(
    "DELETE",
    "model-versions/delete-tag",
    { name: "m", version: "1", key: "k" },
    { name: "R", version: "R", key: "R" },
  ),
];

/** R = required; then s string, i like an integer, j the same and limited, f like a number, a list, b list of strings, o bool, t status. */
type Check = string;

function endpoint(
  method: string,
  path: string,
  valid: Record<string, unknown>,
  fields: Record<string, Check>,
) {
  return { method, path, valid, fields };
}

const wrong: Record<string, unknown[]> = {
  s: [5, ["a"]],
  i: ["abc", [1]],
  j: ["abc"],
  f: ["abc", [1.5]],
  a: ["x", { a: 1 }],
  b: ["x", [1]],
  o: ["true", 1],
  t: [["a"]],
};

export default scenario("validation", (s) => {
  s.experiment("e");
  s.run("r", "e");
  s.post("model", "registered-models/create", { name: "m" });
  s.post("version", "model-versions/create", { name: "m", source: "s" });
  for (const { method, path, valid, fields } of checks) {
    for (const [field, check] of Object.entries(fields)) {
      const ask = (title: string, body: unknown) => {
        s.raw(`${path}: ${field} ${title}`, { method, path, body: exact(body) });
      };
      if (check.startsWith("R")) {
        const { [field]: _, ...without } = valid;
        ask("absent", without);
        ask("null", { ...valid, [field]: null });
        ask("empty", { ...valid, [field]: "" });
      }
      for (const value of wrong[check.at(-1) ?? ""] ?? [])
        ask(`= ${JSON.stringify(value)}`, { ...valid, [field]: value });
    }
  }
  s.post("runs/search: max_results over the limit", "runs/search", {
    experiment_ids: ["0"],
    max_results: 50001,
  });
  s.post("runs/search: max_results at the limit", "runs/search", { experiment_ids: [], max_results: 50000 });
  for (const path of ["registered-models/list", "registered-models/search"]) {
    s.get(`${path}: max_results at the limit`, path, { max_results: 1000 });
    s.get(`${path}: max_results over the limit`, path, { max_results: 1001 });
  }
  s.get("nothing was changed: run", "runs/get", { run_id: "{{r}}" });
  s.get("nothing was changed: model", "registered-models/get", { name: "m" });
  s.get("nothing was changed: experiment", "experiments/get", { experiment_id: "0" });
});
