import { describe, expect, test } from "vitest";
import { CiService } from "../../gen/loggia/v1/ci_pb.js";
import { MlflowService } from "../../gen/mlflow/service_pb.js";
import { ciServer, exchange, sendEvent } from "../support/ci.ts";
import { jobEvent } from "../support/gitlab.ts";
import { failure, protocols } from "../support/server.ts";

const server = await ciServer();
const { gitlab } = server;
const tag = "gitlab.CI_JOB_ID";

/** What GitLab's `GET /projects/:id/jobs/:job_id` answers. */
const apiJob = (id: number, changes: object = {}) => ({
  id,
  name: "train",
  stage: "test",
  status: "running",
  ref: "main",
  tag: false,
  created_at: "2024-06-11T03:02:25.000Z",
  started_at: "2024-06-11T03:13:06.000Z",
  finished_at: null,
  commit: { id: "714a629c0b401fdce83e847fc9589983fc6f46bc", title: "Train longer" },
  pipeline: { id: 574, sha: "714a629c0b401fdce83e847fc9589983fc6f46bc", ref: "main", status: "running" },
  user: { id: 1, username: "sample-user", name: "Sample User" },
  web_url: "https://evil.example.org/",
  ...changes,
});

let projects = 0;
let jobs = 300;
async function setUp() {
  const path = `team/jobs-${++projects}`;
  const project = await server.projectOf(path);
  const jobId = String(++jobs);
  const developer = await project.token();
  const idToken = () => gitlab.idToken({ project_path: path, job_id: jobId });
  const ci = project.client(CiService, "connect", developer);
  return {
    project,
    path,
    jobId,
    developer,
    ofJob: async () => (await exchange(project.uri, await idToken())).body.access_token as string,
    job: async (runId: string) => (await ci.getJob({ runId })).job,
    ci,
  };
}

const runIdOf = (created: { run?: { info?: { runId: string } | undefined } | undefined }) =>
  created.run?.info?.runId ?? "";

describe.each(protocols)("over %s", (protocol) => {
  test("a run that a job makes is the job's, proven, with or without its tag", async () => {
    const { project, jobId, ofJob, job, path } = await setUp();
    const mlflow = project.client(MlflowService, protocol, await ofJob());
    const tagged = await mlflow.createRun({ experimentId: "0", tags: [{ key: tag, value: jobId }] });
    const bare = await mlflow.createRun({ experimentId: "0" });
    for (const created of [tagged, bare])
      expect(await job(runIdOf(created))).toMatchObject({
        jobId,
        verified: true,
        serverUrl: gitlab.url,
        repository: path,
        url: `${gitlab.url}/${path}/-/jobs/${jobId}`,
        pipelineId: "574",
        ref: "main",
        triggeredBy: "sample-user",
      });
  });

  test("a run that another token makes only claims the job", async () => {
    const { project, jobId, developer, ofJob, job } = await setUp();
    await ofJob();
    const created = await project
      .client(MlflowService, protocol, developer)
      .createRun({ experimentId: "0", tags: [{ key: tag, value: jobId }] });
    expect(await job(runIdOf(created))).toMatchObject({ jobId, verified: false });
  });

  test("a job that tags another's run proves that it wrote it; of other jobs it proves nothing", async () => {
    const { project, jobId, developer, ofJob, job } = await setUp();
    const runId = runIdOf(
      await project.client(MlflowService, protocol, developer).createRun({ experimentId: "0" }),
    );
    expect(await job(runId)).toBeUndefined();
    const mlflow = project.client(MlflowService, protocol, await ofJob());
    await mlflow.setTag({ runId, key: "other", value: jobId });
    expect(await job(runId)).toBeUndefined();
    await mlflow.setTag({ runId, key: tag, value: "1" });
    expect(await job(runId)).toMatchObject({ jobId: "1", verified: false });
    await mlflow.setTag({ runId, key: tag, value: jobId });
    expect(await job(runId)).toMatchObject({ jobId, verified: true });
    await mlflow.setTag({ runId, key: tag, value: jobId });
    expect(await job(runId)).toMatchObject({ jobId, verified: true });
  });

  test("a batch with the tag proves the job as well, and one that is refused proves nothing", async () => {
    const { project, jobId, developer, ofJob, job } = await setUp();
    const runId = runIdOf(
      await project.client(MlflowService, protocol, developer).createRun({ experimentId: "0" }),
    );
    const mlflow = project.client(MlflowService, protocol, await ofJob());
    await mlflow.logParam({ runId, key: "a", value: "1" });
    const batch = (value: string) =>
      mlflow.logBatch({ runId, params: [{ key: "a", value }], tags: [{ key: tag, value: jobId }] });
    await failure(batch("2"));
    expect(await job(runId)).toBeUndefined();
    await batch("1");
    expect(await job(runId)).toMatchObject({ jobId, verified: true });
  });
});

test("the tag is the run's metadata whatever it says, and text that is no job's id names no job", async () => {
  const { project, developer, job } = await setUp();
  const mlflow = project.client(MlflowService, "rest", developer);
  for (const value of [
    "",
    "abc",
    "-1",
    "1.5",
    "9".repeat(30),
    "99999999999999999999",
    "'; drop table runs",
  ]) {
    const { run } = await mlflow.createRun({ experimentId: "0", tags: [{ key: tag, value }] });
    expect(run?.data?.tags.find(({ key }) => key === tag)?.value ?? "").toBe(value);
    const found = await job(run?.info?.runId ?? "");
    expect(found?.jobId).toBe(/^\d{1,20}$/.test(value) ? value : undefined);
    expect(found?.verified ?? false).toBe(false);
  }
});

test("a proven job stays when someone overwrites the tag, which then is a claim, or deletes it", async () => {
  const { project, jobId, developer, ofJob, job } = await setUp();
  const mlflow = project.client(MlflowService, "connect", await ofJob());
  const runId = runIdOf(await mlflow.createRun({ experimentId: "0", tags: [{ key: tag, value: jobId }] }));
  const other = project.client(MlflowService, "connect", developer);
  await other.setTag({ runId, key: tag, value: "12" });
  expect(await job(runId)).toMatchObject({ jobId: "12", verified: false });
  await other.deleteTag({ runId, key: tag });
  expect(await job(runId)).toMatchObject({ jobId, verified: true });
});

test("a run that is not there, or is another project's, has no job to tell of", async () => {
  const { project, ofJob } = await setUp();
  const created = await project
    .client(MlflowService, "connect", await ofJob())
    .createRun({ experimentId: "0" });
  const foreign = await setUp();
  expect((await failure(foreign.ci.getJob({ runId: runIdOf(created) }))).errorCode).toBe(
    "RESOURCE_DOES_NOT_EXIST",
  );
  expect((await failure(foreign.ci.getJob({ runId: "x" }))).errorCode).toBe("RESOURCE_DOES_NOT_EXIST");
  expect((await failure(foreign.ci.getJob({}))).message).toContain("'run_id'");
  expect((await foreign.ci.getRunJobs({ runIds: [runIdOf(created), "x"] })).jobs).toEqual([]);
});

test("the jobs of many runs come in the order asked for, without the runs that have none", async () => {
  const { project, jobId, developer, ofJob, ci } = await setUp();
  const mine = project.client(MlflowService, "connect", developer);
  const proven = runIdOf(
    await project.client(MlflowService, "connect", await ofJob()).createRun({ experimentId: "0" }),
  );
  const none = runIdOf(await mine.createRun({ experimentId: "0" }));
  const claimed = runIdOf(await mine.createRun({ experimentId: "0", tags: [{ key: tag, value: "5" }] }));
  const { jobs } = await ci.getRunJobs({ runIds: [claimed, none, proven, claimed] });
  expect(jobs.map((one) => [one.runId, one.jobId, one.verified])).toEqual([
    [claimed, "5", false],
    [proven, jobId, true],
  ]);
  const tooMany = await failure(ci.getRunJobs({ runIds: Array.from({ length: 1001 }, (_, i) => String(i)) }));
  expect(tooMany.message).toContain("'run_ids'");
  expect((await failure(ci.getRunJobs({}))).message).toContain("'run_ids'");
});

describe("GitLab's API", () => {
  test("tells the name and status of a job, and is not asked again once the job is over", async () => {
    const { project, path, jobId, ofJob, job } = await setUp();
    const runId = runIdOf(
      await project.client(MlflowService, "connect", await ofJob()).createRun({ experimentId: "0" }),
    );
    gitlab.jobs.set(
      `${path}/${jobId}`,
      apiJob(Number(jobId), { status: "success", finished_at: "2024-06-11T04:00:00Z" }),
    );
    const asked = () => gitlab.asked.filter((one) => one.endsWith(`/jobs/${jobId}`)).length;
    for (let i = 0; i < 3; i++)
      expect(await job(runId)).toMatchObject({
        verified: true,
        name: "train",
        status: "success",
        commitTitle: "Train longer",
        triggeredByName: "Sample User",
        url: `${gitlab.url}/${path}/-/jobs/${jobId}`,
      });
    expect(asked()).toBe(1);
  });

  test("is asked about a claimed job in the project of the same path, and in no other", async () => {
    const { project, path, jobId, developer, job } = await setUp();
    const claim = async (value: string) =>
      runIdOf(
        await project
          .client(MlflowService, "connect", developer)
          .createRun({ experimentId: "0", tags: [{ key: tag, value }] }),
      );
    gitlab.jobs.set(`${path}/${jobId}`, apiJob(Number(jobId)));
    gitlab.jobs.set("secret/project/999", apiJob(999));
    expect(await job(await claim(jobId))).toMatchObject({
      name: "train",
      verified: false,
      status: "running",
    });
    expect((await job(await claim("999")))?.name).toBeUndefined();
    expect(gitlab.asked).not.toContain("/api/v4/projects/secret%2Fproject/jobs/999");
  });

  test("is not believed about another project because an event names one", async () => {
    const { project, jobId, developer, job } = await setUp();
    const owner = project.client(CiService, "connect", await project.token({ role: "owner" }));
    const { secret } = await owner.rotateWebhookSecret({});
    const secretPath = "secret/project";
    await sendEvent(
      project.uri,
      secret,
      jobEvent(gitlab.url, {
        build_id: Number(jobId),
        build_name: null,
        project: { web_url: `${gitlab.url}/${secretPath}`, path_with_namespace: secretPath },
      }),
    );
    gitlab.jobs.set(`${secretPath}/${jobId}`, apiJob(Number(jobId), { name: "hidden" }));
    const created = await project
      .client(MlflowService, "connect", developer)
      .createRun({ experimentId: "0", tags: [{ key: tag, value: jobId }] });
    expect((await job(runIdOf(created)))?.name).toBeUndefined();
    expect(gitlab.asked).not.toContain(`/api/v4/projects/secret%2Fproject/jobs/${jobId}`);
  });

  test("that hangs, fails, redirects or refuses the token delays an answer and spoils none", async () => {
    const own = await ciServer();
    const project = await own.projectOf("team/vision");
    const developer = await project.token();
    const { run } = await project
      .client(MlflowService, "connect", developer)
      .createRun({ experimentId: "0", tags: [{ key: tag, value: "7" }] });
    const ci = project.client(CiService, "connect", developer);
    const job = async () => (await ci.getJob({ runId: run?.info?.runId ?? "" })).job;
    const elsewhere = gitlab.asked.length;
    for (const override of [
      () => {}, // and no answer
      (_: unknown, response: import("node:http").ServerResponse) => response.writeHead(500).end(),
      (_: unknown, response: import("node:http").ServerResponse) =>
        response.writeHead(302, { location: `${gitlab.url}/api/v4/projects/team%2Fvision/jobs/7` }).end(),
      (_: unknown, response: import("node:http").ServerResponse) => response.writeHead(401).end(),
      (_: unknown, response: import("node:http").ServerResponse) => response.writeHead(200).end("<html>"),
      (_: unknown, response: import("node:http").ServerResponse) => response.writeHead(200).end('{"id":8}'),
    ]) {
      own.gitlab.override = override;
      expect(await job()).toMatchObject({ jobId: "7", verified: false });
    }
    expect(gitlab.asked.length).toBe(elsewhere);
    own.gitlab.override = undefined;
    own.gitlab.jobs.set("team/vision/7", apiJob(7));
    expect((await job())?.name).toBe("train");
  });
});
