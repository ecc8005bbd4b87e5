import http2 from "node:http2";
import { text } from "node:stream/consumers";
import { sql } from "kysely";
import { describe, expect, test } from "vitest";
import { MlflowService, RunStatus } from "../../gen/mlflow/service_pb.js";
import { absent, invalid, missing, noRun, notActive } from "../support/mlflow-errors.ts";
import { failure, protocols, type RestAnswer, type TestProject, testServer } from "../support/server.ts";
import { until } from "../support/until.ts";

const server = await testServer();
const nowhere = "0123456789abcdef0123456789abcdef";

describe.each(protocols)("runs over %s", (protocol) => {
  const setUp = async () => (await server.project()).client(MlflowService, protocol);
  const withRun = async () => {
    const client = await setUp();
    const runId = (await client.createRun({ experimentId: "0" })).run?.info?.runId ?? "";
    return { client, runId };
  };

  test("a new run is running, active, and read back as it was answered", async () => {
    const client = await setUp();
    const { run } = await client.createRun({
      experimentId: "0",
      userId: "ann",
      startTime: 1_660_000_000_000n,
      tags: [
        { key: "mlflow.user", value: "ann" },
        { key: "mlflow.source.name", value: "train.py" },
      ],
    });
    const runId = run?.info?.runId ?? "";
    expect(runId).toMatch(/^[0-9a-f]{32}$/);
    expect(run?.info).toMatchObject({
      runUuid: runId,
      experimentId: "0",
      userId: "ann",
      status: RunStatus.RUNNING,
      startTime: 1_660_000_000_000n,
      lifecycleStage: "active",
      artifactUri: `mlflow-artifacts:/0/${runId}/artifacts`,
    });
    expect(Object.hasOwn(run?.info ?? {}, "endTime")).toBe(false);
    expect(Object.hasOwn(run?.info ?? {}, "runName")).toBe(false);
    expect(run?.data).toMatchObject({
      metrics: [],
      params: [],
      tags: [
        { key: "mlflow.user", value: "ann" },
        { key: "mlflow.source.name", value: "train.py" },
      ],
    });
    const found = (await client.getRun({ runId })).run;
    expect(found?.info).toEqual(run?.info);
    expect(found?.data?.tags).toHaveLength(2);
    expect((await client.getRun({ runUuid: runId })).run).toEqual(found);
  });

  test("run ids are in the order in which the runs were made", async () => {
    const client = await setUp();
    const ids: (string | undefined)[] = [];
    for (let i = 0; i < 5; i++) {
      ids.push((await client.createRun({ experimentId: "0" })).run?.info?.runId);
    }
    // Version 7 orders by millisecond; within one, the rest is random.
    expect(ids.map((id) => id?.slice(0, 12))).toEqual(ids.map((id) => id?.slice(0, 12)).toSorted());
  });

  test("an absent start time is now, and a given one may be 0 or negative", async () => {
    const client = await setUp();
    const start = async (startTime?: bigint) =>
      (await client.createRun({ experimentId: "0", ...(startTime === undefined ? {} : { startTime }) })).run
        ?.info?.startTime;
    const before = BigInt(Date.now());
    expect(await start()).toBeGreaterThanOrEqual(before);
    expect(await start(0n)).toBe(0n);
    expect(await start(-5n)).toBe(-5n);
  });

  test("the artifact URI goes behind the path of the experiment's location", async () => {
    const client = await setUp();
    const uri = async (artifactLocation: string) => {
      const { experimentId } = await client.createExperiment({ name: artifactLocation, artifactLocation });
      const info = (await client.createRun({ experimentId })).run?.info;
      return info?.artifactUri.replace(info.runId, "RID");
    };
    expect(await uri("s3://b/p?x=1#f")).toBe("s3://b/p/RID/artifacts?x=1#f");
    expect(await uri("s3://b/p/")).toBe("s3://b/p/RID/artifacts");
    expect(await uri("/data/x#y")).toBe("/data/x/RID/artifacts#y");
    expect(await uri("mlflow-artifacts:/")).toBe("mlflow-artifacts:/RID/artifacts");
  });

  test("the run's name is the tag mlflow.runName, however it is given", async () => {
    const client = await setUp();
    const key = "mlflow.runName";
    const read = async (runId: string | undefined) => {
      const run = (await client.getRun({ runId: runId ?? "" })).run;
      return [run?.info?.runName, run?.data?.tags.find((tag) => tag.key === key)?.value];
    };
    const field = (await client.createRun({ experimentId: "0", runName: "by field" })).run?.info;
    expect(field?.runName).toBe("by field");
    expect(await read(field?.runId)).toEqual(["by field", "by field"]);
    const tag = (await client.createRun({ experimentId: "0", tags: [{ key, value: "by tag" }] })).run?.info;
    expect(await read(tag?.runId)).toEqual(["by tag", "by tag"]);
    await client.createRun({ experimentId: "0", runName: "n", tags: [{ key, value: "n" }] });
    expect(
      await failure(client.createRun({ experimentId: "0", runName: "a", tags: [{ key, value: "b" }] })),
    ).toEqual(
      invalid(
        "Both 'run_name' argument and 'mlflow.runName' tag are specified, but with different values (run_name='a', mlflow.runName='b').",
      ),
    );
    const runId = tag?.runId ?? "";
    const updated = await client.updateRun({ runId, runName: "renamed" });
    expect(updated.runInfo?.runName).toBe("renamed");
    expect(await read(runId)).toEqual(["renamed", "renamed"]);
    await client.setTag({ runId, key, value: "by set-tag" });
    expect((await client.updateRun({ runId })).runInfo?.runName).toBe("by set-tag");
    await client.deleteTag({ runId, key });
    expect(await read(runId)).toEqual(["", undefined]);
  });

  test("of a repeated tag the last one counts, and a bad tag makes no run", async () => {
    const project = await server.project();
    const client = project.client(MlflowService, protocol);
    const { run } = await client.createRun({
      experimentId: "0",
      tags: [
        { key: "k", value: "1" },
        { key: "k", value: "2" },
      ],
    });
    expect(run?.data?.tags).toMatchObject([{ key: "k", value: "2" }]);
    expect(
      await failure(client.createRun({ experimentId: "0", tags: [{ key: "", value: "v" }] })),
    ).toMatchObject(invalid(expect.stringContaining("This name would resolve to '.'")));
    const rows = await server.db
      .selectFrom("runs")
      .select("run_key")
      .where("project_id", "=", project.id)
      .execute();
    expect(rows).toEqual([{ run_key: 1n }]);
  });

  test("create needs an experiment that is there", async () => {
    const client = await setUp();
    expect(await failure(client.createRun({}))).toEqual(missing("experiment_id"));
    expect(await failure(client.createRun({ experimentId: "" }))).toEqual(missing("experiment_id"));
    for (const id of ["9", "x", "9223372036854775808"])
      expect(await failure(client.createRun({ experimentId: id }))).toEqual(
        absent(`No Experiment with id=${id} exists`),
      );
    expect(await failure(client.createRun({ experimentId: "0", userId: "u".repeat(257) }))).toEqual(
      invalid(`Parameter 'user_id' '${"u".repeat(250)}' had length 257, which exceeded length limit of 256`),
    );
  });

  test("an update changes what it names and nothing else", async () => {
    const { client, runId } = await withRun();
    const finished = await client.updateRun({ runId, status: RunStatus.FINISHED, endTime: 7n });
    expect(finished.runInfo).toMatchObject({ runId, status: RunStatus.FINISHED, endTime: 7n });
    const same = (await client.updateRun({ runUuid: runId })).runInfo;
    expect(same).toMatchObject({ status: RunStatus.FINISHED, endTime: 7n });
    const running = (await client.updateRun({ runId, status: RunStatus.RUNNING })).runInfo;
    expect(running).toMatchObject({ status: RunStatus.RUNNING, endTime: 7n });
    const open = (await client.updateRun({ runId, endTime: 0n })).runInfo;
    expect(Object.hasOwn(open ?? {}, "endTime")).toBe(false);
    expect((await client.getRun({ runId })).run?.info).toEqual(open);
  });

  test("a run is deleted and restored once each, and writes nothing in between", async () => {
    const { client, runId } = await withRun();
    await client.setTag({ runId, key: "t", value: "v" });
    expect(await failure(client.restoreRun({ runId }))).toEqual(
      invalid(`The run ${runId} must be in the 'deleted' state. Current state is active.`),
    );
    await client.deleteRun({ runId });
    expect((await client.getRun({ runId })).run?.info?.lifecycleStage).toBe("deleted");
    const metric = { key: "m", value: 1, timestamp: 1n, step: 0n };
    for (const call of [
      () => client.deleteRun({ runId }),
      () => client.updateRun({ runId, status: RunStatus.FAILED }),
      () => client.logMetric({ runId, ...metric }),
      () => client.logParam({ runId, key: "p", value: "1" }),
      () => client.setTag({ runId, key: "t", value: "w" }),
      () => client.deleteTag({ runId, key: "t" }),
      () => client.logBatch({ runId }),
      () => client.logBatch({ runId, metrics: [metric], params: [{ key: "p", value: "1" }] }),
      () =>
        client.logModel({
          runId,
          modelJson: '{"run_id":"","artifact_path":"","flavors":{},"utc_time_created":""}',
        }),
    ])
      expect(await failure(call())).toEqual(notActive(runId));
    await client.restoreRun({ runId });
    const { run } = await client.getRun({ runId });
    expect(run?.info).toMatchObject({ lifecycleStage: "active", status: RunStatus.RUNNING });
    expect(run?.data).toMatchObject({ metrics: [], params: [], tags: [{ key: "t", value: "v" }] });
  });

  test("a run of a deleted experiment can be restored alone, and survives its deletion's end", async () => {
    const { client, runId } = await withRun();
    await client.deleteExperiment({ experimentId: "0" });
    await client.restoreRun({ runId });
    await client.setTag({ runId, key: "t", value: "v" });
    await client.deleteRun({ runId });
    await client.restoreExperiment({ experimentId: "0" });
    expect((await client.getRun({ runId })).run?.info?.lifecycleStage).toBe("deleted");
  });

  test("ids that name no run are not found, in MLflow's words", async () => {
    const { client, runId } = await withRun();
    for (const id of [nowhere, runId.toUpperCase(), `${runId} `, "x", "ä".repeat(32), "'; drop table runs"]) {
      expect(await failure(client.getRun({ runId: id }))).toEqual(noRun(id));
      expect(await failure(client.updateRun({ runId: id }))).toEqual(noRun(id));
      expect(await failure(client.deleteRun({ runId: id }))).toEqual(noRun(id));
      expect(await failure(client.restoreRun({ runId: id }))).toEqual(noRun(id));
    }
    for (const call of [
      () => client.getRun({}),
      () => client.updateRun({ runId: "" }),
      () => client.deleteRun({}),
      () => client.restoreRun({}),
    ])
      expect(await failure(call())).toEqual(missing("run_id"));
  });

  test("another project's run answers as one that is not there", async () => {
    const theirs = await withRun();
    const mine = await withRun();
    const { client } = mine;
    const { runId } = theirs;
    const gone = noRun(runId);
    expect(await failure(client.getRun({ runId }))).toEqual(gone);
    expect(await failure(client.updateRun({ runId, status: RunStatus.KILLED }))).toEqual(gone);
    expect(await failure(client.deleteRun({ runId }))).toEqual(gone);
    expect(await failure(client.restoreRun({ runId }))).toEqual(gone);
    expect(await failure(client.logMetric({ runId, key: "m", value: 1, timestamp: 1n }))).toEqual(gone);
    expect(await failure(client.logParam({ runId, key: "p", value: "1" }))).toEqual(gone);
    expect(await failure(client.setTag({ runId, key: "t", value: "1" }))).toEqual(gone);
    expect(await failure(client.deleteTag({ runId, key: "t" }))).toEqual(gone);
    expect(await failure(client.logBatch({ runId, tags: [{ key: "t", value: "1" }] }))).toEqual(gone);
    expect(await failure(client.getMetricHistory({ runId, metricKey: "m" }))).toEqual(gone);
    const untouched = (await theirs.client.getRun({ runId })).run;
    expect(untouched?.info?.lifecycleStage).toBe("active");
    expect(untouched?.data).toMatchObject({ metrics: [], params: [], tags: [] });
  });
});

test("two hundred runs made at once have as many ids", async () => {
  const client = (await server.project()).client(MlflowService, "rest");
  const made = await Promise.all(
    Array.from({ length: 200 }, (_, i) =>
      client.createRun({ experimentId: "0", tags: [{ key: "i", value: String(i) }] }),
    ),
  );
  expect(new Set(made.map(({ run }) => run?.info?.runId)).size).toBe(200);
  for (const { run } of made.slice(0, 20)) {
    const found = (await client.getRun({ runId: run?.info?.runId ?? "" })).run;
    expect(found?.data?.tags).toEqual(run?.data?.tags);
  }
});

test("the answer to a new run has MLflow's fields, and times as numbers", async () => {
  const { rest } = await server.project();
  const { body } = await rest("POST", "runs/create", { experiment_id: "0", start_time: 1 });
  expect(Object.keys(body.run.info)).toEqual([
    "run_uuid",
    "experiment_id",
    "user_id",
    "status",
    "start_time",
    "artifact_uri",
    "lifecycle_stage",
    "run_id",
  ]);
  expect(body.run.info).toMatchObject({ user_id: "", status: "RUNNING", start_time: 1 });
  expect(body.run.data).toEqual({});
});

describe("a run that is asked for again", () => {
  const runsOf = async (project: TestProject) =>
    (await project.rest("POST", "runs/search", { experiment_ids: ["0"] })).body.runs ?? [];
  const idOf = (answer: RestAnswer): string => answer.body.run.info.run_id;
  const request = { experiment_id: "0", user_id: "ann", start_time: 1_660_000_000_000, run_name: "again" };

  test("is made again, since equal requests in the same millisecond are those of a sweep", async () => {
    const project = await server.project();
    const [one, other] = await Promise.all([1, 2].map(() => project.rest("POST", "runs/create", request)));
    expect(idOf(one as RestAnswer)).not.toBe(idOf(other as RestAnswer));
    expect(await runsOf(project)).toHaveLength(2);
  });

  test("is another one after an answer, over HTTP/2 as well", async () => {
    const project = await server.project();
    const session = http2.connect(server.url);
    const create = async () => {
      const path = `${new URL(project.uri).pathname}/api/2.0/mlflow/runs/create`;
      const stream = session.request({ ":path": path, ":method": "POST" });
      stream.end(JSON.stringify(request));
      return JSON.parse(await text(stream)).run.info.run_id;
    };
    const ids = [await create(), await create(), await create()];
    session.close();
    expect(new Set(ids).size).toBe(3);
  });

  test("is the run whose answer reached nobody, for one equal request and for no other", async () => {
    const project = await server.project();
    // While the experiment is locked no run is made in it; its maker goes away meanwhile.
    const experiment = sql`select from experiments where project_id = ${project.id} for update`;
    const lost = new AbortController();
    await server.db.transaction().execute(async (tx) => {
      await experiment.execute(tx);
      const call = fetch(`${project.uri}/api/2.0/mlflow/runs/create`, {
        method: "POST",
        body: JSON.stringify(request),
        signal: lost.signal,
      });
      await until("the call waits for the experiment", async () => {
        const { rows } = await sql`
          select from pg_stat_activity
          where wait_event_type = 'Lock' and datname = current_database()`.execute(server.owner);
        return rows.length === 1;
      });
      lost.abort();
      await expect(call).rejects.toThrow();
    });
    await until("the run is made all the same", async () => (await runsOf(project)).length === 1);
    const [made] = await runsOf(project);

    const different = await project.rest("POST", "runs/create", { ...request, run_name: "another" });
    expect(idOf(different)).not.toBe(made.info.run_id);
    const again = await project.rest("POST", "runs/create", request);
    expect(again.body.run.info).toEqual(made.info);
    const third = await project.rest("POST", "runs/create", request);
    expect(idOf(third)).not.toBe(made.info.run_id);
    expect(await runsOf(project)).toHaveLength(3);
  });

  test.each(protocols)("is one with an Idempotency-Key, over %s", async (protocol) => {
    const project = await server.project();
    const create = async (key: string) => {
      const headers = { "idempotency-key": key };
      if (protocol !== "rest") {
        const { run } = await project
          .client(MlflowService, protocol)
          .createRun({ experimentId: "0", runName: "once" }, { headers });
        return run?.info?.runId;
      }
      const response = await fetch(`${project.uri}/api/2.0/mlflow/runs/create`, {
        method: "POST",
        headers,
        body: JSON.stringify({ experiment_id: "0", run_name: "once" }),
      });
      return ((await response.json()) as RestAnswer["body"]).run.info.run_id;
    };
    const all = await Promise.all([create("a"), create("a"), create("b"), create("a")]);
    expect(new Set(all).size).toBe(2);
    expect(await create("a")).toBe(all[0]);
    expect(await runsOf(project)).toHaveLength(2);
    expect((await runsOf(project))[0].data.tags).toHaveLength(1);
  });

  test("is another one for another key, project or caller", async () => {
    const tokens = await testServer({ open: false });
    const [mine, theirs] = [await tokens.project(), await tokens.project()];
    const create = async (project: TestProject, token: string, experiment = "0", key = "same") => {
      const response = await fetch(`${project.uri}/api/2.0/mlflow/runs/create`, {
        method: "POST",
        headers: { "idempotency-key": key, authorization: `Bearer ${token}` },
        body: JSON.stringify({ experiment_id: experiment }),
      });
      return { status: response.status, body: (await response.json()) as RestAnswer["body"] };
    };
    const [token, another, foreign] = [await mine.token(), await mine.token(), await theirs.token()];
    const answers = [
      await create(mine, token),
      await create(mine, another),
      await create(theirs, foreign),
      await create(mine, token, "0", "other"),
    ];
    expect(new Set(answers.map(({ body }) => body.run.info.run_id)).size).toBe(4);

    const elsewhere = await mine.rest("POST", "experiments/create", { name: "elsewhere" }, { token });
    expect(await create(mine, token, elsewhere.body.experiment_id)).toMatchObject({
      status: 400,
      body: {
        error_code: "INVALID_PARAMETER_VALUE",
        message: "The header Idempotency-Key was used for a run of another experiment.",
      },
    });
    expect((await create(mine, token, "0", "k".repeat(256))).status).toBe(400);
  });
});
