import { describe, expect, it } from "vitest";
import { type RawAnswer, rawHttp } from "../support/raw-http.ts";
import { type TestProject, testServer } from "../support/server.ts";

const server = await testServer();

/** A project in which version 1 of `model` has a source, below which `MLmodel` lies if the source is its own. */
async function projectWith(source = "mlflow-artifacts:/0/r/artifacts/model"): Promise<TestProject> {
  const project = await server.project();
  await version(project, "model", source);
  await put(project, "0/r/artifacts/model/MLmodel", "flavors: {}\n");
  await put(project, "0/r/artifacts/model/data/ü b.txt", "0123456789");
  await put(project, "0/r/artifacts/secret", "secret");
  return project;
}

async function version(project: TestProject, name: string, source: string): Promise<void> {
  await project.rest("POST", "registered-models/create", { name });
  const { status } = await project.rest("POST", "model-versions/create", { name, source });
  expect(status).toBe(200);
}

async function put(project: TestProject, path: string, body: string): Promise<void> {
  const url = `/api/2.0/mlflow-artifacts/artifacts/${encodeURI(path)}`;
  expect((await rawHttp(project.uri, "PUT", url, { body })).status).toBe(200);
}

const get = (
  { uri }: { uri: string },
  query: Record<string, string> | string,
  headers: Record<string, string> = {},
  method = "GET",
): Promise<RawAnswer> =>
  rawHttp(uri, method, `/model-versions/get-artifact?${new URLSearchParams(query)}`, { headers });

const refusal = async (answer: Promise<RawAnswer>) => {
  const { status, body } = await answer;
  const { error_code, message } = JSON.parse(body.toString());
  return { status, error_code, message };
};
const invalid = (message: unknown) => ({ status: 400, error_code: "INVALID_PARAMETER_VALUE", message });
const absent = (message: unknown) => ({ status: 404, error_code: "RESOURCE_DOES_NOT_EXIST", message });

describe("/model-versions/get-artifact", () => {
  it("serves a file of a version as an attachment, whole or in part", async () => {
    const project = await projectWith();
    const whole = await get(project, { name: "model", version: "1", path: "MLmodel" });
    expect([whole.status, whole.body.toString()]).toEqual([200, "flavors: {}\n"]);
    expect(whole.headers["content-disposition"]).toContain("attachment");
    expect(whole.headers["x-content-type-options"]).toBe("nosniff");
    const query = { name: "model", version: "01", path: "data/ü b.txt" };
    const part = await get(project, query, { range: "bytes=2-3" });
    expect([part.status, part.body.toString()]).toEqual([206, "23"]);
    const head = await get(project, query, {}, "HEAD");
    expect([head.status, head.headers["content-length"], head.body.length]).toEqual([200, "10", 0]);
  });

  it("serves, in the default project, at the root of the server", async () => {
    const project = { uri: server.url, project: "default" };
    const rest = (path: string, body: object) =>
      fetch(`${server.url}/api/2.0/mlflow/${path}`, { method: "POST", body: JSON.stringify(body) });
    await rest("registered-models/create", { name: "m" });
    await rest("model-versions/create", { name: "m", source: "mlflow-artifacts:/bare/model/" });
    await rawHttp(server.url, "PUT", "/api/2.0/mlflow-artifacts/artifacts/bare/model/f", { body: "x" });
    expect((await get(project, { name: "m", version: "1", path: "f" })).body.toString()).toBe("x");
  });

  it("names what is missing, and what is given more than once", async () => {
    const project = await projectWith();
    const all = { name: "model", version: "1", path: "MLmodel" };
    for (const parameter of ["name", "version", "path"] as const) {
      const { [parameter]: _, ...others } = all;
      const message = expect.stringContaining(`required parameter '${parameter}'`);
      expect(await refusal(get(project, others))).toEqual(invalid(message));
      expect(await refusal(get(project, { ...all, [parameter]: "" }))).toEqual(invalid(message));
      const twice = `${new URLSearchParams(all)}&${parameter}=1`;
      expect(await refusal(get(project, twice))).toEqual(
        invalid(`Invalid value for parameter '${parameter}': it is given more than once.`),
      );
    }
  });

  it("is 404 for a file, a directory, a version and a model that are not there", async () => {
    const project = await projectWith();
    const path = "MLmodel";
    for (const missing of ["nothing", "data", "secret"])
      expect(await refusal(get(project, { name: "model", version: "1", path: missing }))).toEqual(
        absent(`No such artifact: '0/r/artifacts/model/${missing}'`),
      );
    for (const [name, version] of [
      ["model", "2"],
      ["model", "99999999999999999999"],
      ["Model", "1"],
      ["nothing", "1"],
    ] as const)
      expect(await refusal(get(project, { name, version, path }))).toEqual(
        absent(expect.stringMatching(`^Model Version \\(name=${name}, version=\\d+\\) not found$`)),
      );
    expect(await refusal(get(project, { name: "model", version: "one", path }))).toEqual(
      invalid("Model version must be an integer, got 'one'"),
    );
  });

  it("is 404 for a version that was deleted", async () => {
    const project = await projectWith();
    await project.rest("DELETE", "model-versions/delete", { name: "model", version: "1" });
    expect(await refusal(get(project, { name: "model", version: "1", path: "MLmodel" }))).toEqual(
      absent("Model Version (name=model, version=1) not found"),
    );
  });

  it("reaches neither the versions nor the files of another project", async () => {
    const project = await projectWith();
    const other = await server.project();
    const query = { name: "model", version: "1", path: "MLmodel" };
    expect(await refusal(get(other, query))).toEqual(
      absent("Model Version (name=model, version=1) not found"),
    );
    // The same source, in a project that has no such file.
    await version(other, "model", "mlflow-artifacts:/0/r/artifacts/model");
    expect((await get(project, query)).status).toBe(200);
    expect((await refusal(get(other, query))).status).toBe(404);
  });

  it.each([
    "../secret",
    "data/../../secret",
    "%2e%2e/secret",
    "..%2fsecret",
    "..\\secret",
    "/0/r/artifacts/secret",
    "/etc/passwd",
    "file:///etc/passwd\0",
    "./MLmodel",
    "data//x",
  ])("refuses the path %j", async (path) => {
    const project = await projectWith();
    expect(await refusal(get(project, { name: "model", version: "1", path }))).toEqual(
      invalid(expect.stringContaining("parameter 'path'")),
    );
  });

  it.each([
    "/etc",
    "file:///etc",
    "s3://bucket/model",
    "http://127.0.0.1:9/model",
    "http:///#/../../etc",
    "mlflow-artifacts://host/0/r/artifacts/model",
    "mlflow-artifacts:/../../etc",
    "mlflow-artifacts:/0/r/artifacts/%2e%2e",
    "runs:/r/model",
    "models:/model/1",
  ])("does not open the source %j, and says where the files are", async (source) => {
    const project = await projectWith(source);
    expect(await refusal(get(project, { name: "model", version: "1", path: "passwd" }))).toEqual(
      invalid(
        `The artifacts of version 1 of model 'model' are not kept by this server but at '${source}'. Use a client that has access to that location.`,
      ),
    );
  });
});
