import { scenario } from "../scenario.ts";

/** What may be the name of a metric, param or tag (behaviour.md §4). */
const names = {
  good: [
    "a",
    "A_b-c.d e/f",
    "9",
    "ñandú",
    "日本",
    "Ω",
    "a/b/c",
    ".a",
    "a.b/..c",
    "mlflow.runName",
    " a ",
    "٣",
  ],
  bad: [
    "a$",
    "a:b",
    "a,b",
    "a\tb",
    "a\u0301e\u0301",
    "🍷",
    "a\\b",
    "a?b",
    "a=b",
    "a'b",
    'a"b',
    "a(b)",
    "a\nb",
  ],
  paths: ["/a", "a//b", "a/", "./a", "a/./b", "a/../b", ".", "..", "...", "../a", "/", "a/..", "//"],
};

export default scenario("names", (s) => {
  s.experiment("e");
  s.run("r", "e");
  for (const name of [...names.good, ...names.bad, ...names.paths]) {
    const title = JSON.stringify(name);
    s.post(`metric ${title}`, "runs/log-metric", { run_id: "{{r}}", key: name, value: 1, timestamp: 1 });
    s.post(`param ${title}`, "runs/log-parameter", { run_id: "{{r}}", key: name, value: "1" });
  }
  for (const name of [...names.good.slice(0, 4), ...names.bad.slice(0, 4), ...names.paths.slice(0, 6)]) {
    const title = JSON.stringify(name);
    s.post(`tag ${title}`, "runs/set-tag", { run_id: "{{r}}", key: name, value: "1" });
    s.post(`experiment tag ${title}`, "experiments/set-experiment-tag", {
      experiment_id: "{{e}}",
      key: name,
      value: "1",
    });
  }
  for (const name of ["a$", "/a", "日本"]) {
    const title = JSON.stringify(name);
    s.post(`batch metric ${title}`, "runs/log-batch", {
      run_id: "{{r}}",
      metrics: [{ key: name, value: 1, timestamp: 1, step: 0 }],
    });
    s.post(`batch param ${title}`, "runs/log-batch", {
      run_id: "{{r}}",
      params: [{ key: name, value: "1" }],
    });
    s.post(`batch tag ${title}`, "runs/log-batch", { run_id: "{{r}}", tags: [{ key: name, value: "1" }] });
  }
  s.get("what was stored", "runs/get", { run_id: "{{r}}" });
  s.get("what was stored of the experiment", "experiments/get", { experiment_id: "{{e}}" });
});
