import { scenario } from "../scenario.ts";

export default scenario("metrics", (s) => {
  s.experiment("e");
  s.run("r", "e");
  const log = (title: string, metric: object) =>
    s.post(title, "runs/log-metric", { run_id: "{{r}}", ...metric });

  log("log", { key: "m", value: 1, timestamp: 1, step: 0 });
  log("log the same again", { key: "m", value: 1, timestamp: 1, step: 0 });
  log("log the next step", { key: "m", value: 0.5, timestamp: 2, step: 1 });
  log("log a later time", { key: "m", value: 0.25, timestamp: 3, step: 1 });
  log("log an earlier step", { key: "m", value: 9, timestamp: 9, step: -1 });
  log("log another value of the same point", { key: "m", value: 0.75, timestamp: 3, step: 1 });
  s.get("history", "metrics/get-history", { run_id: "{{r}}", metric_key: "m" });
  s.get("history by run_uuid", "metrics/get-history", { run_uuid: "{{r}}", metric_key: "m" });
  s.get("the latest is the largest step, time and value", "runs/get", { run_id: "{{r}}" });
  s.raw("log by run_uuid", {
    method: "POST",
    path: "runs/log-metric",
    raw: '{"run_uuid": "{{r}}", "key": "u", "value": 1, "timestamp": 1}',
  });

  const values: Record<string, unknown> = {
    zero: 0,
    "negative zero": "-0.0",
    whole: 3,
    tenth: 0.1,
    third: 0.3333333333333333,
    small: 5e-324,
    large: 1e308,
    largest: 1.7976931348623157e308,
    negative: -12.5,
    "two to the 53 and one": "9007199254740993",
    "as text": "1.5",
    "as text with spaces": " 1 ",
    "as exponent text": "1e3",
    NaN: "NaN",
    infinity: "Infinity",
    "minus infinity": "-Infinity",
    "too large": "1e400",
  };
  for (const [title, value] of Object.entries(values)) {
    log(`log ${title}`, { key: `v ${title}`, value, timestamp: 1 });
    s.get(`history of ${title}`, "metrics/get-history", { run_id: "{{r}}", metric_key: `v ${title}` });
  }
  log("log NaN again", { key: "v NaN", value: "NaN", timestamp: 1 });
  log("log NaN at another step", { key: "v NaN", value: "NaN", timestamp: 1, step: 1 });
  s.get("history of both NaN", "metrics/get-history", { run_id: "{{r}}", metric_key: "v NaN" });
  // NaN among numbers at one step and time.
  s.run("t", "e");
  const tie = (title: string, value: unknown) =>
    s.post(title, "runs/log-metric", { run_id: "{{t}}", key: "tie", value, timestamp: 1 });
  tie("tie: -5", -5);
  tie("tie: NaN", "NaN");
  s.get("tie: NaN beats -5", "runs/get", { run_id: "{{t}}" });
  tie("tie: 5", 5);
  s.get("tie: 5 and NaN", "runs/get", { run_id: "{{t}}" });
  s.run("o", "e");
  for (const [step, timestamp] of [
    [5, 1],
    [4, 100],
  ])
    s.post(`order: step ${step}, time ${timestamp}`, "runs/log-metric", {
      run_id: "{{o}}",
      key: "m",
      value: step,
      timestamp,
      step,
    });
  s.get("order: the step decides before the time", "runs/get", { run_id: "{{o}}" });

  for (const [title, point] of Object.entries({
    "the time 0": { timestamp: 0 },
    "the time as text": { timestamp: "12" },
    "the time as a whole float": { timestamp: 12 },
    "the largest time": { timestamp: "9223372036854775807" },
    "the time -1": { timestamp: -1 },
    "the time beyond int64": { timestamp: "9223372036854775808" },
    "the largest step": { timestamp: 1, step: "9223372036854775807" },
    "the smallest step": { timestamp: 1, step: "-9223372036854775808" },
    "a step beyond int64": { timestamp: 1, step: "9223372036854775808" },
    "a fraction as the step": { timestamp: 1, step: 1.5 },
    "a fraction as the time": { timestamp: 1.5 },
    "true as the step": { timestamp: 1, step: true },
    "null as the step": { timestamp: 1, step: null },
  }))
    log(`log ${title}`, { key: `at ${title}`, value: 1, ...point });
  s.get("history of the largest time", "metrics/get-history", {
    run_id: "{{r}}",
    metric_key: "at the largest time",
  });
  s.get("history of the largest step", "metrics/get-history", {
    run_id: "{{r}}",
    metric_key: "at the largest step",
  });
  log("log the whole float 123.0", { key: "f", value: 1, timestamp: 1.5e3, step: "123" });

  s.post("log to unknown", "runs/log-metric", { run_id: "nobody", key: "m", value: 1, timestamp: 1 });
  s.get("history of an unknown run", "metrics/get-history", { run_id: "nobody", metric_key: "m" });
  s.get("history of an unknown key", "metrics/get-history", { run_id: "{{r}}", metric_key: "nothing" });
  s.get("history without a key", "metrics/get-history", { run_id: "{{r}}" });
  for (const length of [249, 250, 251])
    log(`log a key of ${length}`, { key: `{{k*${length}}}`, value: 1, timestamp: 1 });
  for (const key of ["größe", "日本", "a b/c_d-e.f"]) {
    log(`log ${key}`, { key, value: 1, timestamp: 1 });
    s.get(`history of ${key}`, "metrics/get-history", { run_id: "{{r}}", metric_key: key });
  }
});
