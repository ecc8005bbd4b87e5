import { scenario } from "../scenario.ts";

const proxy = "/api/2.0/mlflow-artifacts/artifacts";

export default scenario("artifacts", (s) => {
  s.experiment("e");
  s.run("r", "e");
  const root = `${proxy}/{{e}}/{{r}}/artifacts`;
  const put = (title: string, path: string, raw: string, contentType?: string) =>
    s.raw(title, { method: "PUT", path, raw, ...(contentType === undefined ? {} : { contentType }) });
  const remove = (title: string, path: string) => s.raw(title, { method: "DELETE", path });

  s.get("list an empty run", "artifacts/list", { run_id: "{{r}}" });
  s.get("list an empty run by the proxy", proxy, { path: "{{e}}/{{r}}/artifacts" });
  put("put", `${root}/a.txt`, "hello\n");
  put("put with a type", `${root}/b.json`, '{"a": 1}', "application/json");
  put("put in a directory", `${root}/dir/c.txt`, "c");
  put("put three deep", `${root}/dir/sub/deep/d.txt`, "dd");
  put("put beside it", `${root}/dir2/e.txt`, "eee");
  put("put nothing", `${root}/empty.bin`, "");
  put("put with spaces and signs", `${root}/a%20b%20%2B%25.txt`, "signs");
  put("put with a plus", `${root}/c+d.txt`, "plus");
  put("put unicode", `${root}/%E6%97%A5%E6%9C%AC/gr%C3%BC%C3%9Fe.txt`, "日本");
  put("put a form", `${root}/form.txt`, "a=1&b=2", "application/x-www-form-urlencoded");
  put("put again", `${root}/a.txt`, "hello again\n");

  s.get("list", "artifacts/list", { run_id: "{{r}}" });
  s.get("list by run_uuid", "artifacts/list", { run_uuid: "{{r}}" });
  for (const path of [
    "dir",
    "dir/",
    "dir/sub",
    "dir/sub/deep",
    "a.txt",
    "nothing",
    "di",
    "日本",
    "",
    "dir/nothing",
  ])
    s.get(`list ${JSON.stringify(path)}`, "artifacts/list", { run_id: "{{r}}", path });
  s.get("list of an unknown run", "artifacts/list", { run_id: "nobody" });
  s.get("list with a token", "artifacts/list", { run_id: "{{r}}", page_token: "x" });
  for (const path of ["..", "../..", "/nonexistent/place", "dir/../..", "dir/../dir"])
    s.get(`list outside: ${path}`, "artifacts/list", { run_id: "{{r}}", path });

  for (const path of ["", "/dir", "/dir/", "/dir/sub", "/a.txt", "/nothing", "/%E6%97%A5%E6%9C%AC"])
    s.raw(`proxy list ${JSON.stringify(path)}`, {
      method: "GET",
      path: `${proxy}?path={{e}}%2F{{r}}%2Fartifacts${path}`,
    });
  s.get("proxy list of the root", proxy);
  s.raw("proxy list with an empty path", { method: "GET", path: `${proxy}?path=` });
  s.get("proxy list of the experiment", proxy, { path: "{{e}}" });
  s.get("proxy list of another tree", proxy, { path: "nothing/here" });
  s.raw("proxy list outside", { method: "GET", path: `${proxy}?path=..%2F..` });

  for (const [title, path] of Object.entries({
    "a.txt": "/a.txt",
    "b.json": "/b.json",
    "three deep": "/dir/sub/deep/d.txt",
    nothing: "/empty.bin",
    "with spaces and signs": "/a%20b%20%2B%25.txt",
    "with a plus": "/c+d.txt",
    unicode: "/%E6%97%A5%E6%9C%AC/gr%C3%BC%C3%9Fe.txt",
    "the form": "/form.txt",
    missing: "/nothing.txt",
    "a directory": "/dir",
  }))
    s.raw(`get ${title}`, { method: "GET", path: root + path });
  s.raw("get outside", { method: "GET", path: `${proxy}/../../outside.txt` });
  s.raw("get an empty path", { method: "GET", path: `${proxy}/` });

  for (const [title, query] of Object.entries({
    "a.txt": "run_id={{r}}&path=a.txt",
    "a.txt by run_uuid": "run_uuid={{r}}&path=a.txt",
    "three deep": "run_id={{r}}&path=dir%2Fsub%2Fdeep%2Fd.txt",
    missing: "run_id={{r}}&path=nothing.txt",
    "a directory": "run_id={{r}}&path=dir",
    "without a path": "run_id={{r}}",
    "without a run": "path=a.txt",
    "of an unknown run": "run_id=nobody&path=a.txt",
    outside: "run_id={{r}}&path=..%2F..%2F..%2F..%2F..%2Foutside.txt",
  }))
    s.raw(`get-artifact ${title}`, { method: "GET", path: `/get-artifact?${query}` });

  put("put where a directory is", `${root}/dir`, "x");
  put("put below a file", `${root}/a.txt/x.txt`, "x");
  put("put outside", `${proxy}/../../escaped.txt`, "x");
  put("put outside, encoded", `${proxy}/%2E%2E/%2E%2E/escaped.txt`, "x");
  put("put with a hash", `${root}/a%23b.txt`, "hash");
  put("put another tree", `${proxy}/own/tree/file.txt`, "own");
  s.raw("get another tree", { method: "GET", path: `${proxy}/own/tree/file.txt` });
  s.get("list another tree", proxy, { path: "own" });
  s.raw("put an empty path", { method: "PUT", path: `${proxy}/`, raw: "x" });

  remove("delete a file", `${root}/a.txt`);
  remove("delete a directory", `${root}/dir`);
  remove("delete it again", `${root}/dir`);
  remove("delete nothing", `${root}/never/was`);
  remove("delete outside", `${proxy}/../../escaped.txt`);
  remove("delete an empty path", `${proxy}/`);
  s.raw("delete no path", { method: "DELETE", path: proxy });
  s.get("list what is left", "artifacts/list", { run_id: "{{r}}", path: "dir" });

  // An experiment with a location of its own.
  s.post(
    "own location",
    "experiments/create",
    { name: "own", artifact_location: "mlflow-artifacts:/own/place" },
    { own: "experiment_id" },
  );
  s.run("o", "own");
  put("put at the own location", `${proxy}/own/place/{{o}}/artifacts/x/y.txt`, "own place");
  s.get("list at the own location", "artifacts/list", { run_id: "{{o}}" });
  s.get("list below at the own location", "artifacts/list", { run_id: "{{o}}", path: "x" });
  s.raw("get-artifact at the own location", {
    method: "GET",
    path: "/get-artifact?run_id={{o}}&path=x%2Fy.txt",
  });
});
