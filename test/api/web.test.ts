import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { brotliCompressSync, gzipSync } from "node:zlib";
import { afterAll, describe, expect, test } from "vitest";
import { rawHttp } from "../support/raw-http.ts";
import { testServer } from "../support/server.ts";

const root = await mkdtemp(join(tmpdir(), "loggia-web-"));
afterAll(() => rm(root, { recursive: true, force: true }));
const page = "<!doctype html><title>Loggia</title><script type=module src=/assets/main-1a2b.js></script>";
const script = `console.log("${"x".repeat(2000)}")`;
await mkdir(join(root, "assets"));
for (const [name, text] of [
  ["index.html", page],
  ["assets/main-1a2b.js", script],
  ["preloads.json", JSON.stringify([["/-/ml/models/[^/]+$", ["/assets/a.js", "/assets/b.css"]]])],
] as const) {
  await writeFile(join(root, name), text);
  await writeFile(join(root, `${name}.gz`), gzipSync(text));
  await writeFile(join(root, `${name}.br`), brotliCompressSync(text));
}
await writeFile(join(root, "secret.txt"), "not to be served");

const server = await testServer({ open: false, web: root });
const get = (path: string, headers: Record<string, string> = {}, method = "GET") =>
  fetch(`${server.url}${path}`, { method, headers });

const pages = [
  "/",
  "/?x=1",
  "/-/sign-in",
  "/default/-/ml/experiments",
  "/group/sub/name/-/ml/experiments/3?filter=a",
  "/g/p/-/ml/models/a%2Fb",
  "/api/2.0/mlflow/-/ml/experiments",
  "/Group.x/a_b-c/-/ml/candidates/1",
];

test.each([
  ["/api/v4/projects/2/ml/mlflow", "/2/-/ml/experiments"],
  ["/api/v4/projects/2/ml/mlflow/", "/2/-/ml/experiments"],
  ["/api/v4/projects/team%2Fvision/ml/mlflow/?x=1", "/team/vision/-/ml/experiments"],
])("the tracking URI %s leads a browser to %s", async (path, there) => {
  const { status, headers } = await fetch(`${server.url}${path}`, { redirect: "manual" });
  expect([status, headers.get("location")]).toEqual([302, there]);
});

test.each(["%2Fevil.example", "..", "a%2F..%2Fb", "a%5Cb", "-x"])(
  "a tracking URI of %s, which is no project's name, leads nowhere",
  async (name) => {
    const path = `/api/v4/projects/${name}/ml/mlflow/`;
    const { status, headers } = await rawHttp(server.url, "GET", path);
    expect([status, headers.location]).toEqual([404, undefined]);
  },
);

describe("pages", () => {
  test("the document names what its page is made of beside the code of every page", async () => {
    const link = async (path: string) => (await get(path)).headers.get("link");
    expect(await link("/g/p/-/ml/models/a%2Fb?x=/")).toBe(
      "</assets/a.js>; rel=modulepreload, </assets/b.css>; rel=preload; as=style; crossorigin",
    );
    expect(await link("/g/p/-/ml/experiments")).toBeNull();
    expect((await get("/preloads.json")).status).toBe(404);
  });

  test.each(pages)(
    "%s is the document, to be asked for anew, under a policy without inline code",
    async (path) => {
      const response = await get(path);
      expect(response.status).toBe(200);
      expect(await response.text()).toBe(page);
      expect(response.headers.get("content-type")).toBe("text/html; charset=utf-8");
      expect(response.headers.get("cache-control")).toBe("no-cache");
      expect(response.headers.get("x-content-type-options")).toBe("nosniff");
      expect(response.headers.get("cross-origin-opener-policy")).toBe("same-origin");
      expect(response.headers.get("set-cookie")).toBeNull();
      const policy = response.headers.get("content-security-policy") ?? "";
      expect(policy.split("; ")).toEqual(
        expect.arrayContaining([
          "default-src 'none'",
          "script-src 'self'",
          "style-src 'self'",
          "connect-src 'self'",
          "frame-ancestors 'none'",
          "base-uri 'none'",
        ]),
      );
      expect(policy).not.toMatch(/unsafe|\*/);
    },
  );

  test("a document that has not changed is not sent again", async () => {
    const first = await rawHttp(server.url, "GET", "/");
    expect(first.status).toBe(200);
    const headers = { "if-none-match": String(first.headers.etag) };
    const again = await rawHttp(server.url, "GET", "/default/-/ml/experiments", { headers });
    expect(again.status).toBe(304);
  });

  test("HEAD tells of the document without it", async () => {
    const response = await get("/", {}, "HEAD");
    expect([response.status, await response.text()]).toEqual([200, ""]);
  });

  test.each([
    "/api/2.0/mlflow/nothing",
    "/api/1.0/loggia/candidates",
    "/ajax-api/2.0/mlflow/nothing",
    "/default",
    "/group/name",
    "/group//-/ml/experiments",
    "/../-/ml",
    "/index.html",
    "/secret.txt",
    "/assets",
    "/assets/",
    "/assets/none.js",
    "/assets/../secret.txt",
    "/assets/%2e%2e/secret.txt",
    "/assets/..%2fsecret.txt",
    "/loggia.v1.SessionService/Nothing",
  ])("%s is no page and no file", async (path) => {
    const { status, body } = await rawHttp(server.url, "GET", path);
    const text = body.toString();
    expect(text).not.toContain("not to be served");
    expect(text).not.toContain("<!doctype");
    expect(status).toBeGreaterThanOrEqual(400);
    expect(status).toBeLessThan(500);
    expect(JSON.parse(text)).toHaveProperty("error_code");
  });

  test("what is sent to a page's address is sent to no endpoint", async () => {
    for (const path of ["/", "/default/-/ml/experiments"])
      expect(await (await get(path, {}, "POST")).json()).toMatchObject({ error_code: "ENDPOINT_NOT_FOUND" });
  });

  test("the API answers where a project is called like it", async () => {
    const response = await get("/api/2.0/mlflow/experiments/search");
    expect(response.status).toBe(401);
  });
});

describe("what pages are made of", () => {
  test.each([
    ["br", "br"],
    ["gzip", "gzip"],
    ["identity", null],
  ])("asked for with %s it comes as %s, to be kept for a year", async (accepted, encoding) => {
    const response = await get("/assets/main-1a2b.js", { "accept-encoding": accepted });
    expect(response.status).toBe(200);
    expect(await response.text()).toBe(script);
    expect(response.headers.get("content-encoding")).toBe(encoding);
    expect(response.headers.get("content-type")).toMatch(/^(?:text|application)\/javascript/);
    expect(response.headers.get("cache-control")).toBe("public, max-age=31536000, immutable");
    expect(response.headers.get("x-content-type-options")).toBe("nosniff");
    if (encoding !== null) expect(response.headers.get("vary")).toMatch(/accept-encoding/i);
  });
});

test("a server whose pages are not built says how to build them, and serves its API", async () => {
  const bare = await testServer({ web: join(root, "missing") });
  const response = await fetch(`${bare.url}/`);
  expect([response.status, await response.text()]).toEqual([404, expect.stringContaining("npm start")]);
  expect((await fetch(`${bare.url}/assets/x.js`)).status).toBe(404);
  expect((await fetch(`${bare.url}/api/2.0/mlflow/experiments/search?max_results=1`)).status).toBe(200);
});
