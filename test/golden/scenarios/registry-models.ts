import { scenario } from "../scenario.ts";

export default scenario("registry-models", (s) => {
  const get = (title: string, name: string) => s.get(title, "registered-models/get", { name });
  s.post("create", "registered-models/create", { name: "wine" });
  get("get", "wine");
  s.post("create again", "registered-models/create", { name: "wine" });
  s.post("create in another case", "registered-models/create", { name: "Wine" });
  s.post("create with everything", "registered-models/create", {
    name: "full",
    description: "Ein Modell für 日本 🍷",
    tags: [{ key: "team", value: "cellar" }, { key: "empty" }, { key: "größe", value: "é" }],
  });
  get("get everything", "full");
  s.post("create with a repeated tag", "registered-models/create", {
    name: "rt",
    tags: [
      { key: "k", value: "1" },
      { key: "k", value: "2" },
    ],
  });
  get("get the repeated tag", "rt");
  s.post("create with an empty description", "registered-models/create", { name: "ed", description: "" });
  for (const name of ["a/b:c $%&", "日本語", "   ", "{{n*256}}"]) {
    s.post(`create ${JSON.stringify(name)}`, "registered-models/create", { name });
    get(`get ${JSON.stringify(name)}`, name);
  }
  s.post("create a name of 257", "registered-models/create", { name: "{{n*257}}" });
  s.post("description of 5000", "registered-models/create", { name: "d5000", description: "{{d*5000}}" });
  s.post("description of 5001", "registered-models/create", { name: "d5001", description: "{{d*5001}}" });
  s.post("tag key of 251 at creation", "registered-models/create", {
    name: "tk",
    tags: [{ key: "{{k*251}}", value: "v" }],
  });
  get("get unknown", "nobody");
  get("get in the wrong case", "WINE");
  s.get("get an empty name", "registered-models/get", "name=");

  s.patch("update", "registered-models/update", { name: "wine", description: "red" });
  get("get updated", "wine");
  s.patch("update to unicode", "registered-models/update", { name: "wine", description: "赤" });
  s.patch("update to empty", "registered-models/update", { name: "wine", description: "" });
  s.patch("update to nothing", "registered-models/update", { name: "full" });
  get("get without a description", "full");
  s.patch("update unknown", "registered-models/update", { name: "nobody", description: "x" });
  s.patch("update to 5001", "registered-models/update", { name: "wine", description: "{{d*5001}}" });

  s.post("set tag", "registered-models/set-tag", { name: "wine", key: "t", value: "1" });
  s.post("set tag again", "registered-models/set-tag", { name: "wine", key: "t", value: "2" });
  s.post("set tag without a value", "registered-models/set-tag", { name: "wine", key: "empty" });
  s.post("set tag in unicode", "registered-models/set-tag", { name: "wine", key: "größe", value: "日本" });
  s.post("set a bad tag", "registered-models/set-tag", { name: "wine", key: "a$", value: "1" });
  s.post("set a tag that is a path", "registered-models/set-tag", {
    name: "wine",
    key: "a/../b",
    value: "1",
  });
  s.post("set tag of unknown", "registered-models/set-tag", { name: "nobody", key: "t", value: "1" });
  for (const length of [249, 250, 251])
    s.post(`set a tag key of ${length}`, "registered-models/set-tag", {
      name: "ed",
      key: `{{k*${length}}}`,
      value: "v",
    });
  for (const length of [4999, 5000, 5001])
    s.post(`set a tag value of ${length}`, "registered-models/set-tag", {
      name: "ed",
      key: "v",
      value: `{{v*${length}}}`,
    });
  get("get tagged", "wine");
  s.del("delete tag", "registered-models/delete-tag", { name: "wine", key: "t" });
  s.del("delete tag again", "registered-models/delete-tag", { name: "wine", key: "t" });
  s.del("delete a bad tag", "registered-models/delete-tag", { name: "wine", key: "a$" });
  s.del("delete tag of unknown", "registered-models/delete-tag", { name: "nobody", key: "t" });
  get("get untagged", "wine");

  s.post("version 1", "model-versions/create", { name: "wine", source: "s3://b/m" });
  s.post("rename", "registered-models/rename", { name: "wine", new_name: "red" });
  get("get renamed", "red");
  get("get the old name", "wine");
  s.get("its version follows", "model-versions/get", { name: "red", version: 1 });
  s.post("rename to a taken name", "registered-models/rename", { name: "red", new_name: "Wine" });
  s.post("rename to its own name", "registered-models/rename", { name: "red", new_name: "red" });
  s.post("rename unknown", "registered-models/rename", { name: "nobody", new_name: "x" });
  s.post("rename to 257", "registered-models/rename", { name: "red", new_name: "{{n*257}}" });

  s.del("delete", "registered-models/delete", { name: "red" });
  s.del("delete again", "registered-models/delete", { name: "red" });
  s.del("delete unknown", "registered-models/delete", { name: "nobody" });
  s.raw("delete by a query", { method: "DELETE", path: "registered-models/delete?name=full" });
  get("get deleted", "red");
  s.get("its version is gone", "model-versions/get", { name: "red", version: 1 });
  s.post("create it once more", "registered-models/create", { name: "red" });
  s.post("its first version", "model-versions/create", { name: "red", source: "s" });
});
