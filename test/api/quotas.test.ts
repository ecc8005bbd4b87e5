import { sql } from "kysely";
import { describe, expect, test } from "vitest";
import { PurgeService } from "../../gen/loggia/v1/purge_pb.js";
import { MlflowService } from "../../gen/mlflow/service_pb.js";
import { allowPoints, artifactQuota, runQuota } from "../../src/services/quotas.ts";
import { failure, protocols, type RestAnswer, testServer } from "../support/server.ts";
import { until } from "../support/until.ts";

const server = await testServer();

type Quota = "quota_runs" | "quota_points_per_minute" | "quota_artifact_bytes";

/** A project with a quota, which the server has heard of once a call is refused that would be granted without. */
async function limited(quota: Quota, limit: number) {
  const project = await server.project();
  await sql`update projects set ${sql.ref(quota)} = ${limit} where project_id = ${project.id}`.execute(
    server.db,
  );
  return project;
}

/** Has another project refused what exceeds a quota of nothing, set just now: then the server knows all of them. */
async function settled(): Promise<void> {
  const nothing = await limited("quota_runs", 0);
  await until(
    "the server reads the quotas",
    async () => (await nothing.rest("POST", "runs/create", { experiment_id: "0" })).status === 400,
  );
}

const created = (project: Awaited<ReturnType<typeof limited>>) =>
  project.rest("POST", "runs/create", { experiment_id: "0" });

const upload = (project: Awaited<ReturnType<typeof limited>>, path: string, size: number) =>
  project.rest("PUT", `/api/2.0/mlflow-artifacts/artifacts/${path}`, "x".repeat(size));

describe("a quota of runs", () => {
  test("is kept to the run, however many are made at once, and refuses what no repetition would change", async () => {
    const project = await limited("quota_runs", 5);
    await settled();
    const answers = await Promise.all(Array.from({ length: 20 }, () => created(project)));
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(5);
    for (const { status, body } of answers.filter(({ status }) => status !== 200)) {
      expect(status).toBe(400);
      expect(body).toEqual({
        error_code: "INVALID_PARAMETER_VALUE",
        message:
          "The quota of the project is full: it may have 5 runs and has 5. Deleted runs count until they are purged.",
      });
    }
    const { rows } = await sql<{ count: bigint }>`
      select count(*) as count from runs where project_id = ${project.id}`.execute(server.db);
    expect(rows[0]?.count).toBe(5n);
  });

  test("has room again once deleted runs are purged, and not before", async () => {
    const project = await limited("quota_runs", 1);
    await settled();
    const { body } = await created(project);
    await project.rest("POST", "runs/delete", { run_id: body.run.info.run_id });
    expect((await created(project)).status).toBe(400);
    await project.client(PurgeService, "connect").purgeDeleted({});
    expect((await created(project)).status).toBe(200);
    expect((await created(project)).status).toBe(400);
  });

  test("holds in its own project alone", async () => {
    const project = await limited("quota_runs", 0);
    const other = await server.project();
    await settled();
    const [refused, made] = await Promise.all([created(project), created(other)]);
    expect([refused.status, made.status]).toEqual([400, 200]);
  });

  test.each(protocols)("is refused over %s as everything that is invalid", async (protocol) => {
    const project = await limited("quota_runs", 0);
    await settled();
    const refused = failure(project.client(MlflowService, protocol).createRun({ experimentId: "0" }));
    expect((await refused).errorCode).toBe("INVALID_PARAMETER_VALUE");
  });
});

describe("a quota of points", () => {
  const batch = (runId: string, from: number, count: number) => ({
    run_id: runId,
    metrics: Array.from({ length: count }, (_, i) => ({ key: "m", value: i, timestamp: 1, step: from + i })),
  });

  test("refuses for now what is too much in a minute, says when to come again, and stores nothing of it", async () => {
    const project = await limited("quota_points_per_minute", 600);
    await settled();
    const runId = (await created(project)).body.run.info.run_id;
    expect((await project.rest("POST", "runs/log-batch", batch(runId, 0, 590))).status).toBe(200);
    const refused = await project.rest("POST", "runs/log-batch", batch(runId, 1000, 300));
    expect(refused.status).toBe(429);
    const wait = Number(refused.headers.get("retry-after"));
    // 290 points of ten a second, but for what has passed since.
    expect(wait).toBeGreaterThan(20);
    expect(wait).toBeLessThanOrEqual(29);
    expect(refused.body).toEqual({
      error_code: "REQUEST_LIMIT_EXCEEDED",
      message: `The quota of the project is 600 metric points per minute. Send these 300 again in ${wait} s.`,
    });
    const stored = await project.client(PurgeService, "connect").getUsage({});
    expect(stored.metricPoints).toBe(590n);
    // Params and tags are no points.
    const tags = { run_id: runId, tags: [{ key: "t", value: "v" }] };
    expect((await project.rest("POST", "runs/log-batch", tags)).status).toBe(200);
  });

  test("counts single points as well", async () => {
    const project = await limited("quota_points_per_minute", 3);
    await settled();
    const runId = (await created(project)).body.run.info.run_id;
    const answers: RestAnswer[] = [];
    for (let step = 0; step < 5; step++)
      answers.push(
        await project.rest("POST", "runs/log-metric", {
          run_id: runId,
          key: "m",
          value: 1,
          timestamp: 1,
          step,
        }),
      );
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 429, 429]);
    expect(answers.at(-1)?.body.message).toMatch(/ per minute\. Send it again in \d+ s\.$/);
  });
});

describe("a quota of artifact bytes", () => {
  test("takes what fits and refuses what does not, with what is used", async () => {
    const project = await limited("quota_artifact_bytes", 1000);
    await settled();
    expect((await upload(project, "a", 600)).status).toBe(200);
    const refused = await upload(project, "b", 401);
    expect(refused.status).toBe(400);
    expect(refused.body).toEqual({
      error_code: "INVALID_PARAMETER_VALUE",
      message:
        "The quota of the project is full: its artifacts may have 1000 bytes and have 600, so this file does not fit. Artifacts of deleted runs count until those are purged.",
    });
    expect((await upload(project, "b", 400)).status).toBe(200);
    expect((await project.client(PurgeService, "connect").getUsage({})).artifactBytes).toBe(1000n);
    // A file in place of another one counts as what it adds.
    expect((await upload(project, "a", 601)).status).toBe(400);
    expect((await upload(project, "a", 599)).status).toBe(200);
    await project.rest("DELETE", "/api/2.0/mlflow-artifacts/artifacts/b");
    expect((await upload(project, "c", 401)).status).toBe(200);
    expect((await upload(project, "empty", 0)).status).toBe(200);
  });

  test("is kept to the byte, however many files come at once", async () => {
    const project = await limited("quota_artifact_bytes", 1000);
    await settled();
    const answers = await Promise.all(Array.from({ length: 20 }, (_, i) => upload(project, `f${i}`, 100)));
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(10);
    expect(answers.filter(({ status }) => status === 400)).toHaveLength(10);
    const { rows } = await sql<{ bytes: bigint; garbage: bigint }>`
      select (select sum(size)::bigint from artifacts where project_id = ${project.id}) as bytes,
        (select count(*) from artifact_garbage where project_id = ${project.id}) as garbage`.execute(
      server.db,
    );
    expect(rows[0]).toEqual({ bytes: 1000n, garbage: 0n });
  });

  test("ends an upload of unknown length once it is too long", async () => {
    const project = await limited("quota_artifact_bytes", 100_000);
    await settled();
    let sent = 0;
    const endless = new ReadableStream({
      pull(controller) {
        // Far more than anything buffers on the way.
        if (sent > 200_000_000) controller.close();
        else controller.enqueue(new Uint8Array(65_536));
        sent += 65_536;
      },
    });
    const response = await fetch(`${project.uri}/api/2.0/mlflow-artifacts/artifacts/endless`, {
      method: "PUT",
      body: endless,
      duplex: "half",
    } as RequestInit).catch(() => undefined);
    if (response !== undefined) expect(response.status).toBe(400);
    const { rows } = await sql<{ count: bigint }>`
      select count(*) as count from artifacts where project_id = ${project.id}`.execute(server.db);
    expect(rows[0]?.count).toBe(0n);
  });
});

test("without a quota no statement asks for one, call after call", async () => {
  const project = await server.project();
  let statements = 0;
  const counting = server.db.withPlugin({
    transformQuery({ node }) {
      statements++;
      return node;
    },
    transformResult: async ({ result }) => result,
  });
  for (let call = 0; call < 1000; call++) {
    await allowPoints(counting, project.id, 1000);
    expect(await runQuota(counting, project.id)).toBeUndefined();
    expect(await artifactQuota(counting, project.id)).toBeUndefined();
  }
  // The first call of a process; and one more if these took longer than a few seconds.
  expect(statements).toBeGreaterThan(0);
  expect(statements).toBeLessThanOrEqual(3);
});
