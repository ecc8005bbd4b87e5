import { describe, expect, it } from "vitest";
import { MlflowArtifactsService } from "../../gen/mlflow/artifacts/mlflow_artifacts_pb.js";
import { MlflowService } from "../../gen/mlflow/service_pb.js";
import { failure, protocols, type TestProject, testServer } from "../support/server.ts";

const server = await testServer();

const put = async (project: TestProject, path: string, body: string) => {
  const response = await fetch(`${project.uri}/api/2.0/mlflow-artifacts/artifacts/${path}`, {
    method: "PUT",
    body,
  });
  expect([response.status, await response.json()]).toEqual([200, {}]);
};

async function runOf(
  project: TestProject,
  experimentId = "0",
): Promise<{ runId: string; root: string; uri: string }> {
  const { body } = await project.rest("POST", "runs/create", { experiment_id: experimentId, start_time: 1 });
  const { run_id: runId, artifact_uri: uri } = body.run.info;
  return { runId, uri, root: uri.replace("mlflow-artifacts:/", "") };
}

/** A run with `a.txt` (3 bytes), `empty`, `dir/c.bin` and `dir/deep/d.txt`. */
async function filledRun(project: TestProject) {
  const run = await runOf(project);
  await put(project, `${run.root}/a.txt`, "abc");
  await put(project, `${run.root}/empty`, "");
  await put(project, `${run.root}/dir/c.bin`, "c");
  await put(project, `${run.root}/dir/deep/d.txt`, "d");
  return run;
}

describe.each(protocols)("artifacts of a run over %s", (protocol) => {
  it("are listed one level at a time, with paths from the run's root", async () => {
    const project = await server.project();
    const { runId, uri } = await filledRun(project);
    const client = project.client(MlflowService, protocol);
    const root = await client.listArtifacts({ runId });
    expect(root.rootUri).toBe(uri);
    expect(root.files.map(({ path, isDir, fileSize }) => [path, isDir, fileSize])).toEqual([
      ["a.txt", false, 3n],
      ["dir", true, 0n],
      ["empty", false, 0n],
    ]);
    const below = await client.listArtifacts({ runId, path: "dir" });
    expect(below.files.map(({ path, isDir }) => [path, isDir])).toEqual([
      ["dir/c.bin", false],
      ["dir/deep", true],
    ]);
  });

  it("may be asked for by run_uuid, by a directory with a slash at its end, and of a deleted run", async () => {
    const project = await server.project();
    const { runId } = await filledRun(project);
    const client = project.client(MlflowService, protocol);
    await client.deleteRun({ runId });
    const { files } = await client.listArtifacts({ runUuid: runId, path: "dir/" });
    expect(files).toHaveLength(2);
  });

  it("are none, but for the root, below a file and below what is not there", async () => {
    const project = await server.project();
    const { runId, uri } = await filledRun(project);
    const client = project.client(MlflowService, protocol);
    for (const path of ["a.txt", "nothing", "dir/nothing"])
      expect(await client.listArtifacts({ runId, path })).toMatchObject({ rootUri: uri, files: [] });
  });

  it("are refused for a path that leaves the run", async () => {
    const project = await server.project();
    const { runId } = await filledRun(project);
    const client = project.client(MlflowService, protocol);
    for (const path of ["..", "../..", "/etc", "dir/../..", "%2e%2e", "..\\..", "a\0b"]) {
      const { errorCode, message } = await failure(client.listArtifacts({ runId, path }));
      expect([path, errorCode]).toEqual([path, "INVALID_PARAMETER_VALUE"]);
      expect(message).toContain("parameter 'path'");
    }
  });

  it("need a run, of this project", async () => {
    const project = await server.project();
    const { runId } = await filledRun(await server.project());
    const client = project.client(MlflowService, protocol);
    expect(await failure(client.listArtifacts({}))).toEqual({
      errorCode: "INVALID_PARAMETER_VALUE",
      message:
        "Missing value for required parameter 'run_id'. See the API docs for more information about request parameters.",
    });
    for (const id of [runId, "0".repeat(32), "x"])
      expect(await failure(client.listArtifacts({ runId: id }))).toEqual({
        errorCode: "RESOURCE_DOES_NOT_EXIST",
        message: `Run with id=${id} not found`,
      });
  });

  it("that are kept elsewhere are a clear refusal that says where", async () => {
    const project = await server.project();
    const created = await project.rest("POST", "experiments/create", {
      name: "elsewhere",
      artifact_location: "s3://bucket/x",
    });
    const { runId, uri } = await runOf(project, created.body.experiment_id);
    const client = project.client(MlflowService, protocol);
    expect(await failure(client.listArtifacts({ runId }))).toEqual({
      errorCode: "INVALID_PARAMETER_VALUE",
      message: `The artifacts of run '${runId}' are not kept by this server but at '${uri}'. Use a client that has access to that location.`,
    });
  });
});

describe.each(protocols)("artifacts of a project over %s", (protocol) => {
  it("are listed with base names, from the root down", async () => {
    const project = await server.project();
    await put(project, "x/y/z.txt", "zz");
    await put(project, "x/e", "");
    const client = project.client(MlflowArtifactsService, protocol);
    const list = async (path?: string) =>
      (await client.listArtifacts({ ...(path !== undefined && { path }) })).files.map(
        ({ path: name, isDir, fileSize }) => [name, isDir, fileSize],
      );
    expect(await list()).toEqual([["x", true, 0n]]);
    expect(await list("")).toEqual([["x", true, 0n]]);
    expect(await list("x/")).toEqual([
      ["e", false, 0n],
      ["y", true, 0n],
    ]);
    expect(await list("x/y")).toEqual([["z.txt", false, 2n]]);
    expect(await list("x/y/z.txt")).toEqual([]);
    expect(await list("nothing")).toEqual([]);
  });

  it("are those of no other project", async () => {
    const [project, other] = [await server.project(), await server.project()];
    await put(project, "x/y.txt", "y");
    expect((await other.client(MlflowArtifactsService, protocol).listArtifacts({ path: "x" })).files).toEqual(
      [],
    );
  });

  it("are refused for a path that leaves the root", async () => {
    const client = (await server.project()).client(MlflowArtifactsService, protocol);
    for (const path of ["..", "/", "x/../..", "..;/x"])
      expect((await failure(client.listArtifacts({ path }))).errorCode).toBe("INVALID_PARAMETER_VALUE");
  });
});

describe("the JSON of a listing", () => {
  it("has is_dir for every file, file_size as a number for files that have bytes, and {} for nothing", async () => {
    const project = await server.project();
    const { runId, uri, root } = await filledRun(project);
    const list = async (path: string) => (await project.rest("GET", `/api/2.0/${path}`)).body;
    expect(await list(`mlflow/artifacts/list?run_id=${runId}`)).toEqual({
      root_uri: uri,
      files: [
        { path: "a.txt", is_dir: false, file_size: 3 },
        { path: "dir", is_dir: true },
        { path: "empty", is_dir: false },
      ],
    });
    expect(await list(`mlflow/artifacts/list?run_id=${runId}&path=a.txt`)).toEqual({ root_uri: uri });
    const encoded = encodeURIComponent(`${root}/dir`);
    expect(await list(`mlflow-artifacts/artifacts?path=${encoded}`)).toEqual({
      files: [
        { path: "c.bin", is_dir: false, file_size: 1 },
        { path: "deep", is_dir: true },
      ],
    });
    expect(await list(`mlflow-artifacts/artifacts?path=${encodeURIComponent(`${root}/a.txt`)}`)).toEqual({});
  });
});
