import { describe, expect, test } from "vitest";
import { CandidateService } from "../../gen/loggia/v1/candidates_pb.js";
import { ExperimentService } from "../../gen/loggia/v1/experiments_pb.js";
import { PurgeService } from "../../gen/loggia/v1/purge_pb.js";
import { MlflowService } from "../../gen/mlflow/service_pb.js";
import { absent, invalid } from "../support/mlflow-errors.ts";
import { failure, protocols, type TestProject, testServer } from "../support/server.ts";

const server = await testServer();

async function experiment(project: TestProject, name: string, runs = 0): Promise<[string, string[]]> {
  const mlflow = project.client(MlflowService, "connect");
  const { experimentId } = await mlflow.createExperiment({ name });
  const ids: string[] = [];
  for (let i = 0; i < runs; i++) ids.push((await mlflow.createRun({ experimentId })).run?.info?.runId ?? "");
  return [experimentId, ids];
}

const names = (found: { experiments: { name: string }[] }) => found.experiments.map(({ name }) => name);

describe.each(protocols)("over %s", (protocol) => {
  test("experiments are listed with their description, their tags and what happens in them", async () => {
    const project = await server.project();
    const client = project.client(ExperimentService, protocol);
    const mlflow = project.client(MlflowService, "connect");
    const [experimentId, [runId = ""]] = await experiment(project, "vision", 3);
    await mlflow.setExperimentTag({ experimentId, key: "mlflow.note.content", value: "# Hello" });
    await mlflow.setExperimentTag({ experimentId, key: "team", value: "a" });
    const before = Date.now();
    await mlflow.deleteRun({ runId });
    const { experiment: one } = await client.getExperiment({ experimentId });
    expect(one).toMatchObject({
      experimentId,
      name: "vision",
      lifecycleStage: "active",
      description: "# Hello",
      tags: [
        { key: "mlflow.note.content", value: "# Hello" },
        { key: "team", value: "a" },
      ],
      candidateCount: 2n,
      deletedCandidateCount: 1n,
      creator: "",
    });
    expect(Number(one?.lastActivityTime)).toBeGreaterThanOrEqual(before - 1);
    const listed = await client.listExperiments({});
    expect(listed.experiments[0]).toEqual(one);
    expect(listed.totalCount).toBe(2n);
  });

  test("a list has what its search, view and order ask for, page by page", async () => {
    const project = await server.project();
    const client = project.client(ExperimentService, protocol);
    const mlflow = project.client(MlflowService, "connect");
    await experiment(project, "b 100%", 2);
    await experiment(project, "A", 1);
    const [deleted] = await experiment(project, "c", 3);
    await mlflow.deleteExperiment({ experimentId: deleted });
    const list = async (query: object) => names(await client.listExperiments(query));
    expect(await list({ orderBy: "name" })).toEqual(["A", "Default", "b 100%"]);
    expect(await list({ orderBy: "name desc" })).toEqual(["b 100%", "Default", "A"]);
    expect(await list({ orderBy: "candidate_count desc" })).toEqual(["b 100%", "A", "Default"]);
    expect(await list({ orderBy: "creation_time" })).toEqual(["Default", "b 100%", "A"]);
    expect((await list({}))[0]).toBe("A");
    expect(await list({ view: "deleted" })).toEqual(["c"]);
    expect(await list({ view: "all", orderBy: "name" })).toEqual(["A", "Default", "b 100%", "c"]);
    expect(await list({ search: "a", orderBy: "name" })).toEqual(["A", "Default"]);
    expect(await list({ search: "0%" })).toEqual(["b 100%"]);
    expect(await list({ search: "_" })).toEqual([]);
    for (const orderBy of ["name", "candidate_count desc", "last_activity_time desc", "creation_time desc"]) {
      const walked: string[] = [];
      let pages = 0;
      for (let pageToken = ""; ; pages++) {
        const page = await client.listExperiments({ orderBy, maxResults: 1, pageToken });
        expect(page.totalCount).toBe(pages === 0 ? 3n : undefined);
        walked.push(...names(page));
        if (page.nextPageToken === undefined) break;
        pageToken = page.nextPageToken;
      }
      expect(walked).toEqual(await list({ orderBy }));
    }
  });

  test("what is not there, or asked for wrongly, is refused by name", async () => {
    const [foreign] = await experiment(await server.project(), "theirs");
    const client = (await server.project()).client(ExperimentService, protocol);
    expect(await failure(client.getExperiment({ experimentId: foreign }))).toEqual(
      absent(`No Experiment with id=${foreign} exists`),
    );
    expect(names(await client.listExperiments({}))).toEqual(["Default"]);
    expect(await failure(client.listExperiments({ orderBy: "tags" }))).toEqual(
      invalid(
        "Invalid value for parameter 'order_by': it must be one of name, creation_time, last_activity_time, candidate_count, then asc or desc.",
      ),
    );
    expect(await failure(client.listExperiments({ view: "x" }))).toMatchObject({
      errorCode: "INVALID_PARAMETER_VALUE",
    });
  });
});

test("counts follow whatever makes, moves and removes runs", async () => {
  const project = await server.project();
  const client = project.client(ExperimentService, "connect");
  const mlflow = project.client(MlflowService, "connect");
  const candidates = project.client(CandidateService, "connect");
  const [experimentId, runs] = await experiment(project, "counted", 6);
  const counts = async () => {
    const { experiment: one } = await client.getExperiment({ experimentId });
    return [Number(one?.candidateCount), Number(one?.deletedCandidateCount)];
  };
  expect(await counts()).toEqual([6, 0]);
  await candidates.deleteCandidates({ runIds: runs.slice(0, 3) });
  await mlflow.deleteRun({ runId: runs[3] ?? "" });
  expect(await counts()).toEqual([2, 4]);
  await mlflow.restoreRun({ runId: runs[0] ?? "" });
  expect(await counts()).toEqual([3, 3]);
  await mlflow.deleteExperiment({ experimentId });
  expect(await counts()).toEqual([0, 6]);
  await mlflow.restoreExperiment({ experimentId });
  expect(await counts()).toEqual([3, 3]);
  await project.client(PurgeService, "connect").purgeRuns({ runIds: runs.slice(1, 3) });
  expect(await counts()).toEqual([3, 1]);
  const { rows } = {
    rows: await server.db.selectFrom("runs").select("run_key").where("project_id", "=", project.id).execute(),
  };
  expect(rows.length).toBe(4);
});

test("who made an experiment is its creator", async () => {
  const closed = await testServer({ open: false });
  const project = await closed.project();
  const token = await project.token({ role: "owner" });
  const { experimentId } = await project.client(MlflowService, "rest", token).createExperiment({ name: "x" });
  const { experiment: one } = await project
    .client(ExperimentService, "rest", token)
    .getExperiment({ experimentId });
  expect(one?.creator).toBe("token test");
});
