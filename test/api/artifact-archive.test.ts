import { execFileSync } from "node:child_process";
import { mkdtemp, readdir, readFile, readlink, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { MlflowService } from "../../gen/mlflow/service_pb.js";
import { type TestProject, testServer } from "../support/server.ts";
import { until } from "../support/until.ts";

const server = await testServer();
const path = "/api/1.0/loggia/artifacts/archive";

async function runWith(files: Record<string, string | Uint8Array>): Promise<[TestProject, string]> {
  const project = await server.project();
  const { run } = await project.client(MlflowService, "connect").createRun({ experimentId: "0" });
  const runId = run?.info?.runId ?? "";
  for (const [name, body] of Object.entries(files)) {
    const url = `${project.uri}/api/2.0/mlflow-artifacts/artifacts/0/${runId}/artifacts/${encodeURIComponent(name).replaceAll("%2F", "/")}`;
    expect((await fetch(url, { method: "PUT", body: body as NonNullable<RequestInit["body"]> })).status).toBe(
      200,
    );
  }
  return [project, runId];
}

/** What Python's own reader makes of an archive, which checks every checksum. */
async function unpacked(archive: Uint8Array): Promise<Record<string, string>> {
  const folder = await mkdtemp(join(tmpdir(), "loggia-zip-"));
  try {
    const file = join(folder, "a.zip");
    await writeFile(file, archive);
    const into = join(folder, "out");
    execFileSync("python3", ["-m", "zipfile", "-t", file]);
    execFileSync("python3", ["-m", "zipfile", "-e", file, into]);
    const found: Record<string, string> = {};
    for (const entry of await readdir(into, { recursive: true, withFileTypes: true }))
      if (entry.isFile()) {
        const whole = join(entry.parentPath, entry.name);
        found[whole.slice(into.length + 1)] = await readFile(whole, "utf8");
      }
    return found;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

const get = (project: TestProject, query: Record<string, string>, init: RequestInit = {}) =>
  fetch(`${project.uri}${path}?${new URLSearchParams(query)}`, init);

/** How many files of the store this process, in which the server runs, has open. */
async function openArtifacts(): Promise<number> {
  const files = await readdir("/proc/self/fd");
  const targets = await Promise.all(files.map((file) => readlink(`/proc/self/fd/${file}`).catch(() => "")));
  return targets.filter((target) => target.startsWith(server.artifactsRoot)).length;
}

describe("a folder as an archive", () => {
  test("holds every file below it, whatever its name, and none beside it", async () => {
    const [project, run_id] = await runWith({
      "model/MLmodel": "flavors",
      "model/data/größe 😀.txt": "unicode",
      "model/data/empty": "",
      "model2/other": "not this",
      "model.txt": "nor this",
    });
    const response = await get(project, { run_id, path: "model" });
    expect(response.status).toBe(200);
    expect(response.headers.get("content-type")).toBe("application/zip");
    expect(response.headers.get("content-disposition")).toBe('attachment; filename="model.zip"');
    expect(response.headers.get("content-security-policy")).toContain("sandbox");
    expect(response.headers.get("x-content-type-options")).toBe("nosniff");
    expect(await unpacked(await response.bytes())).toEqual({
      "model/MLmodel": "flavors",
      "model/data/größe 😀.txt": "unicode",
      "model/data/empty": "",
    });
    const whole = await get(project, { run_id });
    expect(whole.headers.get("content-disposition")).toBe(`attachment; filename="${run_id}.zip"`);
    expect(Object.keys(await unpacked(await whole.bytes())).sort()).toEqual(
      ["model.txt", "model/MLmodel", "model/data/empty", "model/data/größe 😀.txt", "model2/other"].map(
        (name) => `${run_id}/${name}`,
      ),
    );
  });

  test("is as long as thousands of files make it", async () => {
    const [project, run_id] = await runWith({ "many/first": "x" });
    const { object_id, sha256 } = await server.db
      .selectFrom("artifacts")
      .select(["object_id", "sha256"])
      .where("project_id", "=", project.id)
      .executeTakeFirstOrThrow();
    await server.db
      .insertInto("artifacts")
      .values(
        Array.from({ length: 2_500 }, (_, i) => ({
          project_id: project.id,
          path: `0/${run_id}/artifacts/many/${i}`,
          size: 1n,
          sha256,
          object_id,
        })),
      )
      .execute();
    const found = await unpacked(await (await get(project, { run_id, path: "many/" })).bytes());
    expect(Object.keys(found).length).toBe(2_501);
  });

  test("that is large is sent as it is read, and stops when nobody takes it", async () => {
    const large = new Uint8Array(64 * 2 ** 20).fill(7);
    const [project, run_id] = await runWith({ "d/a": large, "d/b": large });
    const before = process.memoryUsage().rss;
    const abort = new AbortController();
    const response = await get(project, { run_id, path: "d" }, { signal: abort.signal });
    const reader = response.body?.getReader();
    await reader?.read();
    abort.abort();
    let size = 0;
    let most = 0;
    for await (const chunk of (await get(project, { run_id, path: "d" })).body ?? []) {
      size += chunk.length;
      most = Math.max(most, process.memoryUsage().rss);
    }
    expect(size).toBeGreaterThan(2 * large.length);
    expect(most - before).toBeLessThan(large.length * 1.5);
  });

  test("that nobody takes to its end leaves no file open", async () => {
    const [project, run_id] = await runWith({ "d/a": new Uint8Array(64 * 2 ** 20), "d/b": "x" });
    const before = await openArtifacts();
    for (let i = 0; i < 5; i++) {
      const abort = new AbortController();
      const response = await get(project, { run_id, path: "d" }, { signal: abort.signal });
      await response.body?.getReader().read();
      abort.abort();
    }
    await until("the files are closed", async () => (await openArtifacts()) === before, 10_000);
  });

  test("is refused where there is none", async () => {
    const [project, run_id] = await runWith({ "a/file": "x" });
    const refused = async (query: Record<string, string>, of = project) => {
      const response = await get(of, query);
      return [response.status, ((await response.json()) as { error_code: string }).error_code];
    };
    const absent = [404, "RESOURCE_DOES_NOT_EXIST"];
    const invalid = [400, "INVALID_PARAMETER_VALUE"];
    expect(await refused({ run_id, path: "b" })).toEqual(absent);
    expect(await refused({ run_id, path: "a/file" })).toEqual(absent);
    expect(await refused({ run_id: "f".repeat(32) })).toEqual(absent);
    expect(await refused({ run_id }, await server.project())).toEqual(absent);
    expect(await refused({ path: "a" })).toEqual(invalid);
    expect(await refused({ run_id, path: "../a" })).toEqual(invalid);
    expect(await refused({ run_id, path: "a/%2e%2e" })).toEqual(invalid);
  });
});

describe("a preview", () => {
  const script = "<script>alert(1)</script><b style='color:red'>bold</b>";

  test("shows HTML as a document of no origin, which runs and loads nothing", async () => {
    const [project, run_id] = await runWith({ "report.HTML": script, "a.svg": "<svg/>", "t.js": "x" });
    const preview = async (name: string, more = "&preview=true") => {
      const { headers } = await fetch(`${project.uri}/get-artifact?run_id=${run_id}&path=${name}${more}`);
      return [
        headers.get("content-type"),
        headers.get("content-disposition"),
        headers.get("content-security-policy"),
        headers.get("x-content-type-options"),
      ];
    };
    const policy =
      "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:; font-src data:; frame-ancestors 'self'";
    expect(await preview("report.HTML")).toEqual(["text/html; charset=utf-8", "inline", policy, "nosniff"]);
    expect(await preview("a.svg")).toEqual(["image/svg+xml", "inline", policy, "nosniff"]);
    expect(await preview("t.js")).toEqual(["text/plain; charset=utf-8", "inline", policy, "nosniff"]);
    for (const other of ["", "&preview=false", "&preview="])
      expect(await preview("report.HTML", other)).toEqual([
        "text/plain; charset=utf-8",
        'attachment; filename="report.HTML"',
        "sandbox; default-src 'none'",
        "nosniff",
      ]);
  });

  test("that is asked for in two ways is refused, and leaves no file open", async () => {
    const [project, run_id] = await runWith({ "report.html": script });
    const before = await openArtifacts();
    const url = `${project.uri}/get-artifact?run_id=${run_id}&path=report.html&preview=true&preview=false`;
    expect((await fetch(url)).status).toBe(400);
    expect(await openArtifacts()).toBe(before);
  });
});
