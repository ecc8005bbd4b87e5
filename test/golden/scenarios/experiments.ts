import { scenario } from "../scenario.ts";

export default scenario("experiments", (s) => {
  s.get("default", "experiments/get", { experiment_id: 0 });
  s.get("default by name", "experiments/get-by-name", { experiment_name: "Default" });

  s.post("create", "experiments/create", { name: "wine" }, { wine: "experiment_id" });
  s.get("get", "experiments/get", { experiment_id: "{{wine}}" });
  s.get("get with zeros before the id", "experiments/get", "experiment_id=00{{wine}}");
  s.get("by name", "experiments/get-by-name", { experiment_name: "wine" });
  s.get("by name in another case", "experiments/get-by-name", { experiment_name: "Wine" });
  s.get("by name with a space after it", "experiments/get-by-name", { experiment_name: "wine " });
  s.post("create again", "experiments/create", { name: "wine" });
  s.post("create in another case", "experiments/create", { name: "WINE" }, { upper: "experiment_id" });
  s.post("create with spaces only", "experiments/create", { name: "   " }, { blank: "experiment_id" });
  s.get("blank by name", "experiments/get-by-name", { experiment_name: "   " });
  s.post(
    "create with a location and tags",
    "experiments/create",
    {
      name: "a/b $%&'\"?",
      artifact_location: "s3://bucket/path?x=1#f",
      tags: [{ key: "team", value: "cellar" }, { key: "empty" }],
    },
    { located: "experiment_id" },
  );
  s.get("located", "experiments/get", { experiment_id: "{{located}}" });
  s.get("located by name", "experiments/get-by-name", { experiment_name: "a/b $%&'\"?" });
  s.run("run of located", "located");
  s.post(
    "create with an empty location",
    "experiments/create",
    { name: "el", artifact_location: "" },
    { el: "experiment_id" },
  );
  s.get("empty location", "experiments/get", { experiment_id: "{{el}}" });
  s.post(
    "create with a location that ends in a slash",
    "experiments/create",
    { name: "slash", artifact_location: "mlflow-artifacts:/somewhere/" },
    { slash: "experiment_id" },
  );
  s.run("run of slash", "slash");
  for (const name of ["日本語 実験", "naïve café", "🍷 wine", "Ω≈ç√", "עברית", "e\u0301"]) {
    s.post(
      `create ${name}`,
      "experiments/create",
      { name, tags: [{ key: "k", value: name }] },
      { [`u ${name}`]: "experiment_id" },
    );
    s.get(`get ${name}`, "experiments/get", { experiment_id: `{{u ${name}}}` });
    s.get(`${name} by name`, "experiments/get-by-name", { experiment_name: name });
  }
  s.get("the other form of é is another name", "experiments/get-by-name", { experiment_name: "\u00e9" });
  s.post("name of 255", "experiments/create", { name: "{{n*255}}" }, { n255: "experiment_id" });
  s.post("name of 256", "experiments/create", { name: "{{n*256}}" }, { n256: "experiment_id" });
  s.get("name of 256 by name", "experiments/get-by-name", { experiment_name: "{{n*256}}" });
  s.post("name of 257", "experiments/create", { name: "{{n*257}}" });
  s.post(
    "location of 256",
    "experiments/create",
    { name: "l256", artifact_location: "{{l*256}}" },
    { l256: "experiment_id" },
  );
  s.post("location of 257", "experiments/create", { name: "l257", artifact_location: "{{l*257}}" });
  s.post("repeated tag key", "experiments/create", {
    name: "rt",
    tags: [
      { key: "k", value: "1" },
      { key: "k", value: "2" },
    ],
  });
  s.post("tag key of 251", "experiments/create", { name: "tk", tags: [{ key: "{{k*251}}", value: "1" }] });
  s.post("tag value of 5001", "experiments/create", {
    name: "tv",
    tags: [{ key: "k", value: "{{v*5001}}" }],
  });
  s.post(
    "bad tag key",
    "experiments/create",
    { name: "btk", tags: [{ key: "a//b", value: "1" }] },
    { btk: "experiment_id" },
  );

  s.get("get unknown", "experiments/get", { experiment_id: 99999 });
  s.get("get text", "experiments/get", { experiment_id: "abc" });
  s.get("get negative", "experiments/get", { experiment_id: -1 });
  s.get("get beyond int32", "experiments/get", { experiment_id: "99999999999" });
  s.get("get beyond int64", "experiments/get", { experiment_id: "99999999999999999999999" });
  s.get("by name unknown", "experiments/get-by-name", { experiment_name: "nobody" });

  s.post("rename", "experiments/update", { experiment_id: "{{wine}}", new_name: "red wine" });
  s.get("renamed", "experiments/get", { experiment_id: "{{wine}}" });
  s.get("the old name is free", "experiments/get-by-name", { experiment_name: "wine" });
  s.post("rename to its own name", "experiments/update", { experiment_id: "{{wine}}", new_name: "red wine" });
  s.post("rename to a taken name", "experiments/update", { experiment_id: "{{wine}}", new_name: "WINE" });
  s.post("rename to 257", "experiments/update", { experiment_id: "{{wine}}", new_name: "{{n*257}}" });
  s.post("rename unknown", "experiments/update", { experiment_id: "99999", new_name: "x" });
  s.post("rename without a name", "experiments/update", { experiment_id: "{{wine}}" });
  s.get("still renamed", "experiments/get", { experiment_id: "{{wine}}" });

  s.post("set tag", "experiments/set-experiment-tag", { experiment_id: "{{wine}}", key: "team", value: "a" });
  s.post("set tag again", "experiments/set-experiment-tag", {
    experiment_id: "{{wine}}",
    key: "team",
    value: "b",
  });
  s.post("set tag without a value", "experiments/set-experiment-tag", {
    experiment_id: "{{wine}}",
    key: "empty",
  });
  s.post("set tag in unicode", "experiments/set-experiment-tag", {
    experiment_id: "{{wine}}",
    key: "größe/été",
    value: "日本 🍷",
  });
  s.get("tagged", "experiments/get", { experiment_id: "{{wine}}" });
  s.post("set tag of unknown", "experiments/set-experiment-tag", {
    experiment_id: "99999",
    key: "k",
    value: "v",
  });
  for (const length of [249, 250, 251])
    s.post(`set tag with a key of ${length}`, "experiments/set-experiment-tag", {
      experiment_id: "{{upper}}",
      key: `{{k*${length}}}`,
      value: "v",
    });
  for (const length of [4999, 5000, 5001])
    s.post(`set tag with a value of ${length}`, "experiments/set-experiment-tag", {
      experiment_id: "{{upper}}",
      key: "k",
      value: `{{v*${length}}}`,
    });
  s.get("tags at the limit", "experiments/get", { experiment_id: "{{upper}}" });

  s.run("active run", "wine");
  s.post("delete", "experiments/delete", { experiment_id: "{{wine}}" });
  s.get("get deleted", "experiments/get", { experiment_id: "{{wine}}" });
  s.get("deleted by name", "experiments/get-by-name", { experiment_name: "red wine" });
  s.get("its run is deleted", "runs/get", { run_id: "{{active run}}" });
  s.post("create the name of a deleted one", "experiments/create", { name: "red wine" });
  s.post("delete again", "experiments/delete", { experiment_id: "{{wine}}" });
  s.post("delete unknown", "experiments/delete", { experiment_id: "99999" });
  s.post("rename deleted", "experiments/update", { experiment_id: "{{wine}}", new_name: "x" });
  s.post("set tag of deleted", "experiments/set-experiment-tag", {
    experiment_id: "{{wine}}",
    key: "k",
    value: "v",
  });
  s.post("create run in deleted", "runs/create", { experiment_id: "{{wine}}", start_time: 1 });
  s.post("log to its run", "runs/log-metric", { run_id: "{{active run}}", key: "m", value: 1, timestamp: 1 });
  s.post("restore one run of it", "runs/restore", { run_id: "{{active run}}" });
  s.post("and log to it", "runs/log-metric", { run_id: "{{active run}}", key: "m", value: 1, timestamp: 1 });
  s.post("delete that run again", "runs/delete", { run_id: "{{active run}}" });
  s.post("restore", "experiments/restore", { experiment_id: "{{wine}}" });
  s.get("restored", "experiments/get", { experiment_id: "{{wine}}" });
  s.get("its run is active", "runs/get", { run_id: "{{active run}}" });
  s.post("restore again", "experiments/restore", { experiment_id: "{{wine}}" });
  s.post("restore unknown", "experiments/restore", { experiment_id: "99999" });
  s.post("delete the default one", "experiments/delete", { experiment_id: "0" });
  s.post("restore the default one", "experiments/restore", { experiment_id: "0" });
  s.get("the default one again", "experiments/get", { experiment_id: "0" });
  // A run that was deleted before its experiment.
  s.experiment("later");
  s.run("gone before", "later");
  s.post("delete the run", "runs/delete", { run_id: "{{gone before}}" });
  s.post("delete the experiment after its run", "experiments/delete", { experiment_id: "{{later}}" });
});
