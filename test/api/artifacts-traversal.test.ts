import { access, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { type RawAnswer, rawHttp } from "../support/raw-http.ts";
import { testServer } from "../support/server.ts";

/**
 * What has been done to MLflow servers (security.md §1, rows 1 to 3), with a canary outside of the artifacts' root in the
 * place of /etc/passwd.
 */
const server = await testServer();
const outside = await mkdtemp(join(tmpdir(), "loggia-outside-"));
afterAll(() => rm(outside, { recursive: true, force: true }));

const secret = "canary-5f2c1d";
const canary = join(outside, "canary");
await writeFile(canary, secret);

const up = "../".repeat(12);
/** From any directory on this machine to the canary, and from the artifacts' root. */
const climbs = [
  `${up.slice(0, -1)}${canary}`,
  relative(server.artifactsRoot, canary),
  `x/${up}${canary.slice(1)}`,
];
const encode = (path: string) => path.replace(/[./]/g, (c) => `%${c.charCodeAt(0).toString(16)}`);

/** Each spelling of a path that climbs to `target`, as it stands in the request's URL. */
const spellings: [string, (path: string) => string][] = [
  ["as it is", (path) => path],
  ["with encoded slashes", (path) => path.replaceAll("/", "%2f")],
  ["with encoded dots", (path) => path.replaceAll("..", "%2e%2e")],
  ["with half-encoded dots", (path) => path.replaceAll("..", ".%2E")],
  ["wholly encoded", encode],
  ["encoded twice", (path) => encode(path).replaceAll("%", "%25")],
  ["encoded three times", (path) => encode(path).replaceAll("%", "%2525")],
  ["with backslashes", (path) => path.replaceAll("/", "%5c")],
  ["with backslashes after dots", (path) => path.replaceAll("../", "..%5c")],
  ["with path parameters", (path) => path.replaceAll("../", "..;/")],
  ["with named path parameters", (path) => path.replaceAll("../", "..;a=b/")],
  ["behind a fragment", (path) => `x%23/${path}`],
  ["behind an encoded NUL", (path) => `x%00/${path}`],
  ["with a NUL at the end", (path) => `${path}%00.txt`],
  ["with overlong UTF-8", (path) => path.replaceAll("../", "..%c0%af")],
  ["with full-width characters", (path) => path.replaceAll("../", "%EF%BC%8E%EF%BC%8E%EF%BC%8F")],
  [
    "with a Greek question mark, which normalises to a semicolon",
    (path) => path.replaceAll("../", "..%CD%BE/"),
  ],
];
const absolutes: [string, (path: string) => string][] = [
  ["an absolute path", (path) => path],
  ["an encoded absolute path", (path) => path.replaceAll("/", "%2F")],
  ["two slashes", (path) => `/${path}`],
  ["the root of a process", (path) => `/proc/self/root${path}`],
  ["a file URI", (path) => `file://${path}`],
  ["a drive letter", (path) => `C:${path}`],
];
const probes = [
  ...spellings.flatMap(([how, spell]) =>
    climbs.map((climb, i): [string, string] => [`climbing ${how} (${i + 1})`, spell(climb)]),
  ),
  ...absolutes.map(([how, spell]): [string, string] => [how, spell(canary)]),
];

const project = await server.project();
const run = (await project.rest("POST", "runs/create", { experiment_id: "0", start_time: 1 })).body.run.info;
const below = `/api/2.0/mlflow-artifacts/artifacts/`;

/** Refused, or not there: never served, and never the server's own failure. */
function expectNothing({ status, body }: RawAnswer): void {
  expect(body.toString()).not.toContain(secret);
  expect([400, 404]).toContain(status);
  expect(JSON.parse(body.toString())).toHaveProperty("error_code");
}

describe.each(probes)("%s", (_, path) => {
  it("reads nothing through the proxy, from its root or from a run", async () => {
    for (const start of ["", `${run.artifact_uri.replace("mlflow-artifacts:/", "")}/`])
      for (const method of ["GET", "HEAD"]) {
        const answer = await rawHttp(project.uri, method, `${below}${start}${path}`);
        if (method === "GET") expectNothing(answer);
        else expect([400, 404]).toContain(answer.status);
      }
  });

  it("reads nothing through the alias of the pages", async () => {
    expectNothing(await rawHttp(project.uri, "GET", `/ajax-api/2.0/mlflow-artifacts/artifacts/${path}`));
  });

  it("reads nothing through get-artifact, by either name of the run", async () => {
    for (const key of ["run_id", "run_uuid"])
      expectNothing(await rawHttp(project.uri, "GET", `/get-artifact?${key}=${run.run_id}&path=${path}`));
  });

  it("lists nothing", async () => {
    const lists = [`mlflow/artifacts/list?run_id=${run.run_id}&path=`, "mlflow-artifacts/artifacts?path="];
    for (const list of lists) {
      const { status, body } = await rawHttp(project.uri, "GET", `/api/2.0/${list}${path}`);
      expect([200, 400, 404]).toContain(status);
      expect(body.toString()).not.toContain('"files"');
    }
  });

  it("writes nothing", async () => {
    const target = path.replaceAll("canary", "written");
    const { status } = await rawHttp(project.uri, "PUT", `${below}${target}`, { body: "written" });
    // A name that only looks like a way up is a name like any other: it is kept as a row, and leads nowhere.
    expect([200, 400, 404]).toContain(status);
    await expect(access(join(outside, "written"))).rejects.toThrow("ENOENT");
    expect(await readFile(canary, "utf8")).toBe(secret);
  });

  it("deletes nothing", async () => {
    const { status } = await rawHttp(project.uri, "DELETE", `${below}${path}`);
    expect([200, 400, 404]).toContain(status);
    expect(await readFile(canary, "utf8")).toBe(secret);
  });
});

describe("a way up", () => {
  it.each(spellings.slice(0, 11))("%s is refused as such, and not only missing", async (_, spell) => {
    const { status, body } = await rawHttp(project.uri, "GET", `${below}${spell(`x/${up}canary`)}`);
    expect([status, JSON.parse(body.toString()).error_code]).toEqual([400, "INVALID_PARAMETER_VALUE"]);
  });

  it("does not lead from one run's artifacts into those of another run", async () => {
    const other = (await project.rest("POST", "runs/create", { experiment_id: "0", start_time: 1 })).body.run
      .info;
    const root = other.artifact_uri.replace("mlflow-artifacts:/", "");
    await rawHttp(project.uri, "PUT", `${below}${root}/f`, { body: secret });
    for (const spell of [`../../${other.run_id}/artifacts/f`, `%2e%2e/%2e%2e/${other.run_id}/artifacts/f`])
      expectNothing(await rawHttp(project.uri, "GET", `/get-artifact?run_id=${run.run_id}&path=${spell}`));
  });
});
