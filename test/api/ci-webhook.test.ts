import { hash as sha256 } from "node:crypto";
import { expect, test } from "vitest";
import { CiService } from "../../gen/loggia/v1/ci_pb.js";
import { MlflowService } from "../../gen/mlflow/service_pb.js";
import { ciServer, exchange, publicUrl, sendEvent } from "../support/ci.ts";
import { jobEvent } from "../support/gitlab.ts";
import { failure, type TestProject } from "../support/server.ts";

// Without the API, so that what is known comes from events alone.
const server = await ciServer({ gitlabToken: undefined });
const { gitlab } = server;
const url = "https://gitlab.example.org";

async function setUp() {
  const project = await server.project();
  const client = project.client(CiService, "connect", await project.token({ role: "owner" }));
  const { secret } = await client.rotateWebhookSecret({});
  const runId = await claimingRun(project, "302");
  const job = async () => (await client.getJob({ runId })).job;
  return { project, client, secret, job, send: (event: unknown) => sendEvent(project.uri, secret, event) };
}

async function claimingRun(project: TestProject, jobId: string): Promise<string> {
  const client = project.client(MlflowService, "connect", await project.token());
  const { run } = await client.createRun({
    experimentId: "0",
    tags: [{ key: "gitlab.CI_JOB_ID", value: jobId }],
  });
  return run?.info?.runId ?? "";
}

test("an event tells of the job that a run claims", async () => {
  const { send, job } = await setUp();
  expect(await job()).toMatchObject({ jobId: "302", verified: false });
  expect(await send(jobEvent(url))).toEqual({ status: 200, body: {} });
  const found = await job();
  expect(found).toMatchObject({
    jobId: "302",
    verified: false,
    provider: "gitlab",
    serverUrl: url,
    repository: "team/vision",
    name: "train",
    stage: "test",
    url: `${url}/team/vision/-/jobs/302`,
    status: "running",
    pipelineId: "574",
    pipelineUrl: `${url}/team/vision/-/pipelines/574`,
    ref: "main",
    refType: "branch",
    commitSha: "714a629c0b401fdce83e847fc9589983fc6f46bc",
    commitTitle: "Train longer",
    commitUrl: `${url}/team/vision/-/commit/714a629c0b401fdce83e847fc9589983fc6f46bc`,
    triggeredBy: "sample-user",
    triggeredByName: "Sample User",
    triggeredByUrl: `${url}/sample-user`,
    createdAt: BigInt(Date.UTC(2024, 5, 11, 3, 2, 25)),
    startedAt: BigInt(Date.UTC(2024, 5, 11, 3, 13, 6)),
  });
  expect(found?.finishedAt).toBeUndefined();
  expect(found?.mergeRequest).toBeUndefined();
});

test("a job of a merge request's pipeline has its number and address", async () => {
  const { send, job } = await setUp();
  await send(jobEvent(url, { ref: "refs/merge-requests/12/head" }));
  expect(await job()).toMatchObject({
    mergeRequest: "12",
    mergeRequestUrl: `${url}/team/vision/-/merge_requests/12`,
  });
});

test("events in any order end with the last state of the job", async () => {
  const finished = { build_status: "failed", build_finished_at: "2024-06-11T03:13:44.123Z" };
  const events = [
    jobEvent(url, { build_status: "created", build_started_at: null }),
    jobEvent(url, { build_status: "pending", build_started_at: null }),
    jobEvent(url, { build_status: "running" }),
    jobEvent(url, finished),
  ];
  for (const order of [
    [3, 2, 1, 0],
    [0, 3, 2, 1],
    [3, 0, 3, 2],
  ]) {
    const { send, job } = await setUp();
    for (const i of order) expect((await send(events[i])).status).toBe(200);
    expect(await job()).toMatchObject({
      status: "failed",
      finishedAt: BigInt(Date.UTC(2024, 5, 11, 3, 13, 44, 123)),
      startedAt: BigInt(Date.UTC(2024, 5, 11, 3, 13, 6)),
    });
  }
});

test("events at the same time end with the last state of the job", async () => {
  const { send, job } = await setUp();
  const states = ["created", "pending", "running", "success", "running", "pending"];
  await Promise.all(states.map((build_status) => send(jobEvent(url, { build_status }))));
  expect((await job())?.status).toBe("success");
});

test.each([
  ["none", undefined],
  ["an empty one", ""],
  ["one that is not well-formed", "secret"],
])("with %s in place of its secret an event changes nothing", async (_, wrong) => {
  const { project, job } = await setUp();
  const { status, body } = await sendEvent(project.uri, wrong, jobEvent(url));
  expect([status, body.error_code]).toEqual([401, "CUSTOMER_UNAUTHORIZED"]);
  expect((await job())?.status).toBeUndefined();
});

test("a secret is of use for its project alone, and its last character counts", async () => {
  const { project, secret, job } = await setUp();
  const other = await setUp();
  const changed = secret.slice(0, -1) + (secret.endsWith("A") ? "B" : "A");
  const named = other.secret.replace(/^glmw_\d+_/, `glmw_${project.id}_`);
  for (const wrong of [other.secret, changed, named])
    expect((await sendEvent(project.uri, wrong, jobEvent(url))).status).toBe(401);
  expect((await job())?.status).toBeUndefined();
  const bare = await sendEvent(server.url, secret, jobEvent(url));
  expect([bare.status, (await job())?.status]).toEqual([200, "running"]);
});

test("a new secret ends the one before at once, and a deleted one is none", async () => {
  const { project, client, secret } = await setUp();
  const renewed = await client.rotateWebhookSecret({});
  const { hash } = await server.db
    .selectFrom("ci_webhooks")
    .select("hash")
    .where("project_id", "=", project.id)
    .executeTakeFirstOrThrow();
  expect(hash).toEqual(sha256("sha256", renewed.secret, "buffer"));
  expect(renewed.webhookUrl).toBe(
    `${publicUrl}/api/v4/projects/${project.id}/ml/mlflow/api/1.0/loggia/ci/gitlab-webhook`,
  );
  expect((await sendEvent(project.uri, secret, jobEvent(url))).status).toBe(401);
  expect((await sendEvent(project.uri, renewed.secret, jobEvent(url))).status).toBe(200);
  const setup = await client.getSetup({});
  expect([setup.hasWebhookSecret, setup.webhookLastEventAt === undefined]).toEqual([true, false]);
  await client.deleteWebhookSecret({});
  expect((await sendEvent(project.uri, renewed.secret, jobEvent(url))).status).toBe(401);
  expect((await client.getSetup({})).hasWebhookSecret).toBe(false);
});

test("an event of another kind is taken and does nothing", async () => {
  const { send, job } = await setUp();
  expect(await send({ object_kind: "pipeline", object_attributes: { id: 574 } })).toEqual({
    status: 200,
    body: {},
  });
  expect((await job())?.status).toBeUndefined();
});

test.each([
  ["no JSON", "{", "JSON"],
  ["no object", [], "object_kind"],
  ["no id of a job", jobEvent(url, { build_id: "x'; --" }), "build_id"],
  ["no address", jobEvent(url, { project: null, repository: null }), "project.web_url"],
  [
    "an address that is no web page",
    jobEvent(url, { project: { web_url: "javascript:alert(1)//a/b" }, repository: null }),
    "project.web_url",
  ],
])("an event with %s is refused by its parameter", async (_, event, named) => {
  const { send } = await setUp();
  const { status, body } = await send(event);
  expect([status, body.error_code]).toEqual([400, "INVALID_PARAMETER_VALUE"]);
  expect(body.message).toContain(named);
});

test("an event with texts that are too long, or cannot be stored, is cut and stored", async () => {
  const { send, job } = await setUp();
  const event = jobEvent(url, {
    build_name: `a\0${"b".repeat(1000)}\ud800`,
    build_status: 5,
    user: "x",
    tag: {},
  });
  expect((await send(event)).status).toBe(200);
  expect((await job())?.name).toBe(`a${"b".repeat(254)}`);
});

test("an event of a GitLab before 15, and of one below a path, names the same addresses", async () => {
  const { send, job, project, secret } = await setUp();
  await send(jobEvent(url, { project: undefined }));
  expect(await job()).toMatchObject({ serverUrl: url, repository: "team/vision" });
  const below = `${url}/gitlab`;
  await sendEvent(
    project.uri,
    secret,
    jobEvent(below, { build_id: 303, project: undefined, repository: { homepage: `${below}/team/vision` } }),
    { "x-gitlab-instance": below },
  );
  const runId = await claimingRun(project, "303");
  const client = project.client(CiService, "connect", await project.token());
  expect((await client.getJob({ runId })).job).toMatchObject({ serverUrl: below, repository: "team/vision" });
});

test("when a job is over, so is its token", async () => {
  const path = "team/ending";
  const project = await server.projectOf(path);
  const owner = project.client(CiService, "connect", await project.token({ role: "owner" }));
  const { secret } = await owner.rotateWebhookSecret({});
  const given = await exchange(project.uri, await gitlab.idToken({ project_path: path, job_id: "77" }));
  const another = await exchange(project.uri, await gitlab.idToken({ project_path: path, job_id: "78" }));
  const create = (token: string) =>
    project.client(MlflowService, "connect", token).createRun({ experimentId: "0" });
  await create(given.body.access_token);
  const event = (build_status: string) =>
    jobEvent(gitlab.url, {
      build_id: 77,
      build_status,
      project: { web_url: `${gitlab.url}/${path}`, path_with_namespace: path },
    });
  await sendEvent(project.uri, secret, event("running"));
  await create(given.body.access_token);
  await sendEvent(project.uri, secret, event("success"));
  await expect
    .poll(async () =>
      create(given.body.access_token).then(
        () => "created",
        () => "refused",
      ),
    )
    .toBe("refused");
  expect((await failure(create(given.body.access_token))).errorCode).toBe("CUSTOMER_UNAUTHORIZED");
  await create(another.body.access_token);
});
