import { createHash, randomBytes } from "node:crypto";
import { readdir } from "node:fs/promises";
import { describe, expect, it } from "vitest";
import { rawHttp } from "../support/raw-http.ts";
import { type TestProject, testServer } from "../support/server.ts";

const server = await testServer();

const at = (path: string) =>
  `/api/2.0/mlflow-artifacts/artifacts/${path.split("/").map(encodeURIComponent).join("/")}`;
const put = (project: TestProject, path: string, body: string | Uint8Array, headers = {}) =>
  rawHttp(project.uri, "PUT", at(path), { body, headers });
const get = (project: TestProject, path: string, headers = {}, method = "GET") =>
  rawHttp(project.uri, method, at(path), { headers });

const json = (body: Buffer) => JSON.parse(body.toString());

async function projectWith(path: string, body: string | Uint8Array): Promise<TestProject> {
  const project = await server.project();
  expect(await put(project, path, body)).toMatchObject({ status: 200 });
  return project;
}

describe("an uploaded artifact", () => {
  it.each([
    ["nothing", new Uint8Array()],
    ["a byte", Buffer.from("x")],
    ["bytes of every value", Buffer.from(Array.from({ length: 256 }, (_, i) => i))],
    ["three megabytes", randomBytes(3_000_001)],
  ])("comes back as it was sent: %s", async (_, bytes) => {
    const project = await server.project();
    const answer = await put(project, "dir/file.bin", bytes);
    expect([answer.status, answer.body.toString()]).toEqual([200, "{}"]);
    const { status, headers, body } = await get(project, "dir/file.bin");
    expect(status).toBe(200);
    expect(body.equals(bytes)).toBe(true);
    expect(headers).toMatchObject({
      "content-length": String(bytes.length),
      etag: `"${createHash("sha256").update(bytes).digest("hex")}"`,
      "accept-ranges": "bytes",
    });
  });

  it.each([
    ["no Content-Type", {}],
    ["JSON, which is not parsed", { "content-type": "application/json" }],
    ["a Content-Type that is none", { "content-type": ";;nonsense" }],
    ["chunks of no announced length", { "transfer-encoding": "chunked" }],
    ["an encoding, which is kept as it is", { "content-encoding": "gzip" }],
  ])("may come with %s", async (_, headers) => {
    const project = await server.project();
    expect(await put(project, "f", "{not json", headers)).toMatchObject({ status: 200 });
    expect((await get(project, "f")).body.toString()).toBe("{not json");
  });

  it.each([
    "with space + plus.txt",
    "50% off.txt",
    "日本語/ファイル.txt",
    "🦊 & co; (1).txt",
    "q?uery=1&x.txt",
    "a:b@c=$,!~.txt",
    `${"long".repeat(60)}.txt`,
  ])("may be called %s", async (name) => {
    const project = await projectWith(`run/${name}`, name);
    expect((await get(project, `run/${name}`)).body.toString()).toBe(name);
    const listed = await project.rest("GET", "/api/2.0/mlflow-artifacts/artifacts?path=run");
    expect(listed.body.files[0].path).toBe(name.split("/")[0]);
  });

  it("is found by either of Unicode's spellings of its name", async () => {
    const project = await projectWith("u\u0308.txt", "decomposed");
    expect((await get(project, "\u00fc.txt")).body.toString()).toBe("decomposed");
    expect(await put(project, "\u00fc.txt", "composed")).toMatchObject({ status: 200 });
    expect((await get(project, "u\u0308.txt")).body.toString()).toBe("composed");
  });

  it("replaces the one that was there, whose bytes are then gone from the disk", async () => {
    const project = await projectWith("f", "one");
    const before = await objects();
    await put(project, "f", "two");
    expect((await get(project, "f")).body.toString()).toBe("two");
    expect((await objects()).length).toBe(before.length);
  });

  it("is refused where a directory is, and below a file, and leaves nothing", async () => {
    const project = await projectWith("a/b", "b");
    const before = await objects();
    for (const path of ["a", "a/b/c"]) {
      const answer = await put(project, path, "x");
      expect([answer.status, json(answer.body).error_code]).toEqual([400, "INVALID_PARAMETER_VALUE"]);
    }
    expect(await objects()).toEqual(before);
  });

  it("is the same under the alias of the pages and under the project's path", async () => {
    const project = await projectWith("f", "x");
    const alias = await rawHttp(project.uri, "GET", "/ajax-api/2.0/mlflow-artifacts/artifacts/f");
    expect(alias.body.toString()).toBe("x");
  });

  it("is not there for another project, which cannot delete it either", async () => {
    const [project, other] = [await projectWith("f", "x"), await server.project()];
    expect((await get(other, "f")).status).toBe(404);
    const deleted = await rawHttp(other.uri, "DELETE", at("f"));
    expect(deleted.status).toBe(200);
    expect((await get(project, "f")).status).toBe(200);
  });
});

describe("a download", () => {
  it("is an attachment that a browser gives no rights, whatever it is", async () => {
    const project = await projectWith("evil é.html", "<script>alert(1)</script>");
    const { headers } = await get(project, "evil é.html");
    expect(headers).toMatchObject({
      "content-type": "text/plain; charset=utf-8",
      "content-disposition": "attachment; filename=\"evil e.html\"; filename*=UTF-8''evil%20%C3%A9.html",
      "x-content-type-options": "nosniff",
      "content-security-policy": "sandbox; default-src 'none'",
      "cross-origin-resource-policy": "same-origin",
      "cache-control": "private, no-cache, no-transform",
    });
    expect(new Date(String(headers["last-modified"])).getTime()).toBeGreaterThan(Date.now() - 60_000);
  });

  it("has the type of its name and never the one that its uploader said", async () => {
    const project = await server.project();
    await put(project, "a.png", "<script>", { "content-type": "text/html" });
    expect((await get(project, "a.png")).headers["content-type"]).toBe("image/png");
  });

  it("is never compressed, since its bytes are what its ETag says", async () => {
    const project = await projectWith("a.txt", "a".repeat(100_000));
    const { headers } = await get(project, "a.txt", { "accept-encoding": "gzip" });
    expect([headers["content-encoding"], headers["content-length"]]).toEqual([undefined, "100000"]);
  });

  it("of what is not there, or is a directory, is 404 in MLflow's shape", async () => {
    const project = await projectWith("a/b", "b");
    for (const path of ["nothing", "a", "a/b/c"]) {
      const { status, headers, body } = await get(project, path);
      expect(headers["content-type"]).toMatch(/^application\/json/);
      expect([status, json(body)]).toEqual([
        404,
        { error_code: "RESOURCE_DOES_NOT_EXIST", message: `No such artifact: '${path}'` },
      ]);
    }
  });

  it.each([
    ["bytes=0-3", 206, "0123", "bytes 0-3/10"],
    ["bytes=7-", 206, "789", "bytes 7-9/10"],
    ["bytes=-2", 206, "89", "bytes 8-9/10"],
    ["bytes=5-500", 206, "56789", "bytes 5-9/10"],
    ["bytes=0-1,4-5", 200, "0123456789", undefined],
    ["pages=1-2", 200, "0123456789", undefined],
  ])("of %s is %i with %j", async (range, status, text, contentRange) => {
    const project = await projectWith("ten", "0123456789");
    const answer = await get(project, "ten", { range });
    expect([answer.status, answer.body.toString(), answer.headers["content-range"]]).toEqual([
      status,
      text,
      contentRange,
    ]);
    expect(answer.headers["content-length"]).toBe(String(text.length));
  });

  it("of a range beyond its end is 416, with its size", async () => {
    const project = await projectWith("ten", "0123456789");
    const { status, headers, body } = await get(project, "ten", { range: "bytes=10-" });
    expect([status, headers["content-range"], json(body).error_code]).toEqual([
      416,
      "bytes */10",
      "INVALID_PARAMETER_VALUE",
    ]);
  });

  it("that the client has already is 304 without a body, until it is replaced", async () => {
    const project = await projectWith("f", "one");
    const etag = String((await get(project, "f")).headers.etag);
    const same = await get(project, "f", { "if-none-match": etag });
    expect([same.status, same.body.length, same.headers.etag, same.headers["content-type"]]).toEqual([
      304,
      0,
      etag,
      undefined,
    ]);
    await put(project, "f", "two");
    expect((await get(project, "f", { "if-none-match": etag })).status).toBe(200);
  });

  it("resumed with If-Range gets the whole of a file that was replaced meanwhile", async () => {
    const project = await projectWith("f", "0123456789");
    const etag = String((await get(project, "f")).headers.etag);
    const headers = { range: "bytes=5-", "if-range": etag };
    expect((await get(project, "f", headers)).body.toString()).toBe("56789");
    await put(project, "f", "abcdefghij");
    expect((await get(project, "f", headers)).body.toString()).toBe("abcdefghij");
  });

  it("by HEAD has the head of GET and no body", async () => {
    const project = await projectWith("f.txt", "x".repeat(1234));
    const varies = ({ date, "x-request-id": id, ...headers }: Record<string, unknown>) => headers;
    const head = await get(project, "f.txt", {}, "HEAD");
    const whole = await get(project, "f.txt");
    expect([head.status, head.body.length]).toEqual([200, 0]);
    expect(varies(head.headers)).toEqual(varies(whole.headers));
    expect((await get(project, "nothing", {}, "HEAD")).status).toBe(404);
  });
});

describe("deleting", () => {
  const remove = (project: TestProject, path: string) => rawHttp(project.uri, "DELETE", at(path));

  it("takes a file, or a directory with all below it, from the listing and from the disk", async () => {
    const before = await objects();
    const project = await server.project();
    for (const path of ["a/1", "a/b/2", "a/b/c/3", "ab"]) await put(project, path, path);
    for (const [path, left] of [
      ["a/1", ["b"]],
      ["a/b", undefined],
    ] as const) {
      const { status, body } = await remove(project, path);
      expect([status, body.toString()]).toEqual([200, "{}"]);
      const listed = await project.rest("GET", "/api/2.0/mlflow-artifacts/artifacts?path=a");
      expect(listed.body.files?.map((file: { path: string }) => file.path)).toEqual(left);
    }
    expect((await get(project, "ab")).status).toBe(200);
    expect((await objects()).length).toBe(before.length + 1);
  });

  it("of what is not there is done already", async () => {
    const { status, body } = await remove(await server.project(), "nothing/here");
    expect([status, body.toString()]).toEqual([200, "{}"]);
  });

  it("of everything at once is refused", async () => {
    const project = await projectWith("f", "x");
    expect((await rawHttp(project.uri, "DELETE", "/api/2.0/mlflow-artifacts/artifacts/")).status).toBe(404);
    expect((await get(project, "f")).status).toBe(200);
  });
});

describe("/get-artifact", () => {
  const runWith = async (path: string, body: string, location?: string) => {
    const project = await server.project();
    const experiment = location
      ? (await project.rest("POST", "experiments/create", { name: "e", artifact_location: location })).body
          .experiment_id
      : "0";
    const created = await project.rest("POST", "runs/create", { experiment_id: experiment, start_time: 1 });
    const { run_id: runId, artifact_uri: uri } = created.body.run.info;
    if (uri.startsWith("mlflow-artifacts:"))
      await put(project, `${uri.replace("mlflow-artifacts:/", "")}/${path}`, body);
    const ask = (query: Record<string, string>, headers = {}) =>
      rawHttp(project.uri, "GET", `/get-artifact?${new URLSearchParams(query)}`, { headers });
    return { runId, uri, ask };
  };

  it("serves a file of a run, by run_id or run_uuid, as the proxy would", async () => {
    const { runId, ask } = await runWith("dir/ü b.txt", "0123456789");
    for (const key of ["run_id", "run_uuid"]) {
      const { status, headers, body } = await ask({ [key]: runId, path: "dir/ü b.txt" });
      expect([status, body.toString()]).toEqual([200, "0123456789"]);
      expect(headers["content-disposition"]).toBe(
        "attachment; filename=\"u b.txt\"; filename*=UTF-8''%C3%BC%20b.txt",
      );
    }
    const part = await ask({ run_id: runId, path: "dir/ü b.txt" }, { range: "bytes=2-3" });
    expect([part.status, part.body.toString()]).toEqual([206, "23"]);
  });

  it("serves a run whose experiment has an mlflow-artifacts location of its own", async () => {
    const { runId, ask } = await runWith("f", "x", "mlflow-artifacts:/team/data");
    expect((await ask({ run_id: runId, path: "f" })).body.toString()).toBe("x");
  });

  it("names what is missing", async () => {
    const { runId, ask } = await runWith("f", "x");
    for (const [query, message] of [
      [{ path: "f" }, "'run_id'"],
      [{ run_id: "", path: "f" }, "'run_id'"],
      [{ run_id: runId }, "'path'"],
      [{ run_id: runId, path: "" }, "'path'"],
    ] as const) {
      const { status, body } = await ask(query);
      expect([status, json(body).error_code]).toEqual([400, "INVALID_PARAMETER_VALUE"]);
      expect(json(body).message).toContain(message);
    }
  });

  it("is 404 for a file, a run, and a run of another project that are not there", async () => {
    const { runId, ask } = await runWith("f", "x");
    const other = await runWith("f", "x");
    for (const query of [
      { run_id: runId, path: "g" },
      { run_id: "0".repeat(32), path: "f" },
      { run_id: other.runId, path: "f" },
    ])
      expect(json((await ask(query)).body).error_code).toBe("RESOURCE_DOES_NOT_EXIST");
  });

  it("opens no location that is not ours, and says where the artifacts are", async () => {
    for (const location of [
      "http:///#/../../etc",
      "file:///etc",
      "//proc/self/root/etc",
      "mlflow-artifacts://h/x",
    ]) {
      const { runId, uri, ask } = await runWith("passwd", "", location);
      const { status, body } = await ask({ run_id: runId, path: "passwd" });
      expect([status, json(body).error_code]).toEqual([400, "INVALID_PARAMETER_VALUE"]);
      expect(json(body).message).toContain(uri);
    }
  });
});

async function objects(): Promise<string[]> {
  const entries = await readdir(server.artifactsRoot, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => entry.name)
    .sort();
}
