import { scenario } from "../scenario.ts";

const model = (more: object = {}) =>
  JSON.stringify({
    run_id: "r",
    artifact_path: "model",
    utc_time_created: "2022-08-29 10:00:00.000000",
    flavors: { python_function: { loader_module: "mlflow.sklearn", python_version: "3.9.1" }, sklearn: {} },
    ...more,
  });

export default scenario("log-model", (s) => {
  s.experiment("e");
  s.run("r", "e");
  const log = (title: string, model_json: string) =>
    s.post(title, "runs/log-model", { run_id: "{{r}}", model_json });
  log("log", model());
  s.get("history of one", "runs/get", { run_id: "{{r}}" });
  log(
    "log with everything",
    model({ model_uuid: "u", signature: { inputs: "[]" }, mlflow_version: "1.28.0", unknown: [1, 2.5, "é"] }),
  );
  s.get("history of two", "runs/get", { run_id: "{{r}}" });
  log("not JSON", "{not json");
  log("a list", "[]");
  log("a number", "5");
  log("nothing in it", "{}");
  log("two members missing", '{"artifact_path": "m", "utc_time_created": "x"}');
  log("one member missing", '{"artifact_path": "m", "utc_time_created": "x", "flavors": {}}');
  log("too long for a tag", model({ unknown: "{{x*5000}}" }));
  s.get("history still of two", "runs/get", { run_id: "{{r}}" });
  s.post("unknown run", "runs/log-model", { run_id: "nobody", model_json: model() });
  s.post("by run_uuid", "runs/log-model", { run_uuid: "{{r}}", model_json: model() });
});
