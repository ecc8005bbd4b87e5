import { scenario } from "../scenario.ts";

export default scenario("registry-versions", (s) => {
  s.experiment("e");
  s.run("r", "e");
  s.post("model", "registered-models/create", { name: "m" });
  s.post("other", "registered-models/create", { name: "o" });
  const get = (title: string, version: string | number, name = "m") =>
    s.get(title, "model-versions/get", { name, version });
  const stage = (title: string, version: string, target: string, archive?: boolean) =>
    s.post(title, "model-versions/transition-stage", {
      name: "m",
      version,
      stage: target,
      archive_existing_versions: archive,
    });
  const latest = (title: string, stages?: string[]) =>
    s.post(title, "registered-models/get-latest-versions", { name: "m", stages });

  latest("latest of none");
  s.get("model without versions", "registered-models/get", { name: "m" });
  s.post("create", "model-versions/create", {
    name: "m",
    source: "mlflow-artifacts:/0/x/artifacts/model",
    run_id: "{{r}}",
  });
  get("get", 1);
  get("get 01", "01");
  s.post("create with everything", "model-versions/create", {
    name: "m",
    source: "s3://bucket/model",
    run_id: "{{r}}",
    run_link: "https://example.com/runs/1",
    description: "zweite 日本",
    tags: [{ key: "t", value: "1" }, { key: "größe" }],
  });
  get("get everything", 2);
  s.post("create without a run", "model-versions/create", { name: "m", source: "dbfs:/x" });
  s.post("create with an unknown run", "model-versions/create", {
    name: "m",
    source: "../../etc/passwd",
    run_id: "nobody",
  });
  s.post("create of an unknown model", "model-versions/create", { name: "nobody", source: "s" });
  s.post("create of another model", "model-versions/create", { name: "o", source: "s", description: "" });
  s.post("create with a repeated tag", "model-versions/create", {
    name: "o",
    source: "s",
    tags: [
      { key: "k", value: "1" },
      { key: "k", value: "2" },
    ],
  });
  for (const length of [499, 500, 501])
    s.post(`a source of ${length}`, "model-versions/create", { name: "o", source: `{{s*${length}}}` });
  for (const length of [32, 33])
    s.post(`a run id of ${length}`, "model-versions/create", {
      name: "o",
      source: "s",
      run_id: `{{g*${length}}}`,
    });
  s.post("a run link of 501", "model-versions/create", { name: "o", source: "s", run_link: "{{l*501}}" });
  s.post("a description of 5001", "model-versions/create", {
    name: "o",
    source: "s",
    description: "{{d*5001}}",
  });
  get("get unknown", 99);
  get("get of an unknown model", 1, "nobody");
  get("get text", "abc");
  get("get 0", 0);
  get("get -1", -1);
  get("get 1.0", "1.0");
  s.get("model with versions", "registered-models/get", { name: "m" });

  s.patch("update", "model-versions/update", { name: "m", version: "1", description: "erste" });
  get("get updated", 1);
  s.patch("update to nothing", "model-versions/update", { name: "m", version: "1" });
  get("get without a description", 1);
  s.patch("update unknown", "model-versions/update", { name: "m", version: "99", description: "x" });
  s.patch("update text", "model-versions/update", { name: "m", version: "abc", description: "x" });

  latest("latest of None");
  stage("to Staging", "1", "Staging");
  stage("to staging, in lower case", "2", "staging");
  stage("to PRODUCTION", "3", "PRODUCTION");
  latest("latest of every stage");
  latest("latest of Staging", ["Staging"]);
  latest("latest of staging, in lower case", ["staging"]);
  latest("latest of two", ["Production", "None"]);
  latest("latest of Archived", ["Archived"]);
  latest("latest of bogus", ["bogus"]);
  latest("latest of an empty list", []);
  s.post("latest of an unknown model", "registered-models/get-latest-versions", { name: "nobody" });
  s.get("latest by GET", "registered-models/get-latest-versions", {
    name: "m",
    stages: ["Staging", "Production"],
  });
  s.get("latest by GET, all", "registered-models/get-latest-versions", { name: "m" });
  stage("to Production, archiving", "2", "Production", true);
  get("the archived one", 3);
  stage("to Staging, not archiving", "4", "Staging", false);
  stage("to Archived, archiving", "4", "Archived", true);
  stage("to None, archiving", "4", "None", true);
  stage("to None", "1", "None");
  stage("to where it is", "1", "None");
  stage("to bogus", "1", "bogus");
  stage("of unknown", "99", "Staging");
  stage("of text", "abc", "Staging");
  s.get("model with stages", "registered-models/get", { name: "m" });

  s.post("set tag", "model-versions/set-tag", { name: "m", version: "1", key: "t", value: "1" });
  s.post("set tag again", "model-versions/set-tag", { name: "m", version: "1", key: "t", value: "2" });
  s.post("set tag without a value", "model-versions/set-tag", { name: "m", version: "1", key: "empty" });
  s.post("set a bad tag", "model-versions/set-tag", { name: "m", version: "1", key: "a$", value: "1" });
  s.post("set tag of unknown", "model-versions/set-tag", { name: "m", version: "99", key: "t", value: "1" });
  s.post("set tag of text", "model-versions/set-tag", { name: "m", version: "abc", key: "t", value: "1" });
  for (const length of [249, 250, 251])
    s.post(`set a tag key of ${length}`, "model-versions/set-tag", {
      name: "o",
      version: "1",
      key: `{{k*${length}}}`,
      value: "v",
    });
  for (const length of [4999, 5000, 5001])
    s.post(`set a tag value of ${length}`, "model-versions/set-tag", {
      name: "o",
      version: "1",
      key: "v",
      value: `{{v*${length}}}`,
    });
  get("get tagged", 1);
  s.del("delete tag", "model-versions/delete-tag", { name: "m", version: "1", key: "t" });
  s.del("delete tag again", "model-versions/delete-tag", { name: "m", version: "1", key: "t" });
  s.del("delete tag of unknown", "model-versions/delete-tag", { name: "m", version: "99", key: "t" });
  s.del("delete tag of an unknown model", "model-versions/delete-tag", {
    name: "nobody",
    version: "1",
    key: "t",
  });
  get("get untagged", 1);

  const uri = (title: string, version: string | number) =>
    s.get(title, "model-versions/get-download-uri", { name: "m", version });
  uri("download uri", 1);
  uri("download uri of another", 2);
  uri("download uri of unknown", 99);
  uri("download uri of text", "abc");
  s.get("download uri of nothing", "model-versions/get-download-uri");

  s.del("delete", "model-versions/delete", { name: "m", version: "2" });
  s.del("delete again", "model-versions/delete", { name: "m", version: "2" });
  s.del("delete unknown", "model-versions/delete", { name: "m", version: "99" });
  s.del("delete text", "model-versions/delete", { name: "m", version: "abc" });
  get("get deleted", 2);
  uri("download uri of deleted", 2);
  stage("stage of deleted", "2", "Staging");
  s.patch("update deleted", "model-versions/update", { name: "m", version: "2", description: "x" });
  s.post("set tag of deleted", "model-versions/set-tag", { name: "m", version: "2", key: "t", value: "1" });
  latest("latest after deleting");
  s.del("delete the last", "model-versions/delete", { name: "m", version: "4" });
  s.post("the next number is not used again", "model-versions/create", { name: "m", source: "s" });
});
