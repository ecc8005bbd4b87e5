import { scenario } from "../scenario.ts";

const metric = (key: string, value: unknown = 1, timestamp: unknown = 1, step: unknown = 0) => ({
  key,
  value,
  timestamp,
  step,
});
const metrics = (count: number) => ({ $times: count, $item: metric("m{{n}}") });
const pairs = (letter: string, count: number) => ({
  $times: count,
  $item: { key: `${letter}{{n}}`, value: "1" },
});

export default scenario("log-batch", (s) => {
  s.experiment("e");
  let runs = 0;
  /** Logs to a run of its own and shows what is stored then. */
  const fresh = (title: string, batch: object, show = true) => {
    const run = `run${runs++}`;
    s.run(run, "e");
    s.post(title, "runs/log-batch", { run_id: `{{${run}}}`, ...batch });
    if (show) s.get(`${title}: stored`, "runs/get", { run_id: `{{${run}}}` });
    return run;
  };
  const run = fresh("all three kinds", {
    metrics: [metric("a", 1.5), metric("a", 2.5, 2, 1), metric("b", "NaN")],
    params: [{ key: "p", value: "1" }, { key: "q" }],
    tags: [
      { key: "t", value: "1" },
      { key: "größe", value: "日本" },
    ],
  });
  s.get("history of a", "metrics/get-history", { run_id: `{{${run}}}`, metric_key: "a" });
  s.post("the same batch again", "runs/log-batch", {
    run_id: `{{${run}}}`,
    metrics: [metric("a", 1.5), metric("a", 2.5, 2, 1)],
    params: [{ key: "p", value: "1" }, { key: "q" }],
    tags: [{ key: "t", value: "2" }],
  });
  s.get("history of a, again", "metrics/get-history", { run_id: `{{${run}}}`, metric_key: "a" });
  s.post("empty", "runs/log-batch", { run_id: `{{${run}}}` });
  s.post("empty lists", "runs/log-batch", { run_id: `{{${run}}}`, metrics: [], params: [], tags: [] });
  fresh("a repeated point", { metrics: [metric("a"), metric("a")] });
  fresh("a repeated tag", {
    tags: [
      { key: "t", value: "1" },
      { key: "t", value: "2" },
    ],
  });
  fresh("a repeated param", {
    params: [
      { key: "d", value: "1" },
      { key: "d", value: "2" },
    ],
  });
  fresh("a repeated param with one value", {
    params: [
      { key: "d", value: "1" },
      { key: "d", value: "1" },
    ],
  });
  s.post("old and new params", "runs/log-batch", {
    run_id: `{{${run}}}`,
    params: [
      { key: "p", value: "1" },
      { key: "new", value: "1" },
    ],
  });
  s.post("a changed param", "runs/log-batch", {
    run_id: `{{${run}}}`,
    metrics: [metric("c")],
    params: [{ key: "p", value: "2" }],
    tags: [{ key: "c", value: "1" }],
  });
  s.get("nothing of the failed batch", "runs/get", { run_id: `{{${run}}}` });

  // Limits: one below, at, and one above.
  for (const count of [999, 1000, 1001]) fresh(`${count} metrics`, { metrics: [metrics(count)] }, false);
  for (const count of [99, 100, 101]) {
    fresh(`${count} params`, { params: [pairs("p", count)] }, count === 101);
    fresh(`${count} tags`, { tags: [pairs("t", count)] }, count === 101);
  }
  for (const count of [799, 800, 801])
    fresh(
      `${count} metrics, 100 params, 100 tags`,
      { metrics: [metrics(count)], params: [pairs("p", 100)], tags: [pairs("t", 100)] },
      false,
    );
  for (const length of [249, 250, 251]) {
    fresh(`a metric key of ${length}`, { metrics: [metric(`{{k*${length}}}`)] });
    fresh(`a param key of ${length}`, { params: [{ key: `{{k*${length}}}`, value: "v" }] });
    fresh(`a tag key of ${length}`, { tags: [{ key: `{{k*${length}}}`, value: "v" }] });
  }
  for (const length of [499, 500, 501])
    fresh(`a param value of ${length}`, { params: [{ key: "p", value: `{{v*${length}}}` }] });
  for (const length of [4999, 5000, 5001])
    fresh(`a tag value of ${length}`, { tags: [{ key: "t", value: `{{v*${length}}}` }] });

  // Items that are wrong.
  for (const [title, batch] of Object.entries({
    "a metric without key": { metrics: [{ value: 1, timestamp: 1, step: 0 }] },
    "a metric with an empty key": { metrics: [metric("")] },
    "a metric without value": { metrics: [{ key: "a", timestamp: 1, step: 0 }] },
    "a metric with a null value": { metrics: [metric("a", null)] },
    "a metric without timestamp": { metrics: [{ key: "a", value: 1, step: 0 }] },
    "a metric with an empty timestamp": { metrics: [metric("a", 1, "")] },
    "a metric without step": { metrics: [{ key: "a", value: 1, timestamp: 1 }] },
    "a metric with a null step": { metrics: [metric("a", 1, 1, null)] },
    "a metric with a negative timestamp": { metrics: [metric("a", 1, -1)] },
    "a metric with text as its value": { metrics: [metric("a", "abc")] },
    "a second metric that is wrong": {
      metrics: [metric("a"), metric("a$")],
      params: [{ key: "p", value: "1" }],
    },
    "a param without key": { params: [{ value: "1" }] },
    "a param with an empty key": { params: [{ key: "", value: "1" }] },
    "a param with a null key": { params: [{ key: null, value: "1" }] },
    "a tag without key": { tags: [{ value: "1" }] },
    "a tag with an empty key": { tags: [{ key: "", value: "1" }] },
    "a param with a number as its value": { params: [{ key: "p", value: 5 }] },
    "metrics null": { metrics: null },
    "params null": { params: null },
    "a number among the metrics": { metrics: [5] },
  }))
    fresh(title, batch);
  for (const id of ["a$", "-a", "", "a b", "{{a*256}}", "{{a*257}}", "nobody"])
    s.post(`run id ${JSON.stringify(id)}`, "runs/log-batch", {
      run_id: id,
      tags: [{ key: "t", value: "1" }],
    });
  s.raw("no body", { method: "POST", path: "runs/log-batch" });
});
