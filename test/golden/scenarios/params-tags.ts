import { scenario } from "../scenario.ts";

export default scenario("params-tags", (s) => {
  s.experiment("e");
  s.run("r", "e");
  const param = (title: string, body: object) =>
    s.post(title, "runs/log-parameter", { run_id: "{{r}}", ...body });
  const tag = (title: string, body: object) => s.post(title, "runs/set-tag", { run_id: "{{r}}", ...body });

  param("param", { key: "p", value: "1" });
  param("param again", { key: "p", value: "1" });
  param("param with another value", { key: "p", value: "2" });
  param("param without a value", { key: "empty" });
  param("param with an empty value", { key: "empty", value: "" });
  param("param empty, then not", { key: "empty", value: "x" });
  param("param in unicode", { key: "größe", value: "日本 🍷\n\t\"'\\" });
  param("param of unknown characters", { key: "ctrl", value: "a\u0001b\u007f" });
  s.post("param by run_uuid", "runs/log-parameter", { run_uuid: "{{r}}", key: "u", value: "1" });
  s.post("param of an unknown run", "runs/log-parameter", { run_id: "nobody", key: "p", value: "1" });
  for (const length of [249, 250, 251])
    param(`param key of ${length}`, { key: `{{k*${length}}}`, value: "v" });
  for (const length of [499, 500, 501])
    param(`param value of ${length}`, { key: `v${length}`, value: `{{v*${length}}}` });
  param("param value of 500 emoji", { key: "emoji", value: "{{🍷*500}}" });
  param("param value of 501 emoji", { key: "emoji 501", value: "{{🍷*501}}" });

  tag("tag", { key: "t", value: "1" });
  tag("tag again", { key: "t", value: "2" });
  tag("tag without a value", { key: "empty" });
  tag("tag with a null value", { key: "null", value: null });
  tag("tag in unicode", { key: "größe", value: "日本 🍷" });
  tag("tag of MLflow's own", { key: "mlflow.note.content", value: "# A note\n" });
  s.post("tag by run_uuid", "runs/set-tag", { run_uuid: "{{r}}", key: "u", value: "1" });
  s.post("tag of an unknown run", "runs/set-tag", { run_id: "nobody", key: "t", value: "1" });
  for (const length of [249, 250, 251]) tag(`tag key of ${length}`, { key: `{{k*${length}}}`, value: "v" });
  for (const length of [4999, 5000, 5001])
    tag(`tag value of ${length}`, { key: `v${length}`, value: `{{v*${length}}}` });
  s.get("all of it", "runs/get", { run_id: "{{r}}" });

  s.post("delete tag", "runs/delete-tag", { run_id: "{{r}}", key: "t" });
  s.post("delete tag again", "runs/delete-tag", { run_id: "{{r}}", key: "t" });
  s.post("delete MLflow's own tag", "runs/delete-tag", { run_id: "{{r}}", key: "mlflow.note.content" });
  s.post("delete a tag that cannot be", "runs/delete-tag", { run_id: "{{r}}", key: "a//b$" });
  s.post("delete tag of an unknown run", "runs/delete-tag", { run_id: "nobody", key: "t" });
  s.post("delete tag by run_uuid", "runs/delete-tag", { run_uuid: "{{r}}", key: "u" });
  s.get("what is left", "runs/get", { run_id: "{{r}}" });
});
