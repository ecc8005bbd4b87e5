import { expect, test } from "vitest";
import { fromUuid, newRunId } from "../../src/services/ids.ts";
import { deleteExperiment } from "../../src/store/experiments.ts";
import { logBatch } from "../../src/store/log-batch.ts";
import { createRun, createStatement, type NewRun } from "../../src/store/new-runs.ts";
import { readRunsJson, readRunTexts } from "../../src/store/run-data.ts";
import { findRun, findRunsStatement, findRunText, updateRun } from "../../src/store/runs.ts";
import { testDatabase, testProject } from "../support/database.ts";
import { readRunData } from "../support/run-data.ts";

const { db, another } = await testDatabase();
const replica = another();

const newRun = (project: bigint, more: Partial<NewRun> = {}): NewRun => ({
  project,
  experiment: 0n,
  runId: newRunId(),
  userId: "",
  startTime: 0n,
  tags: [{ key: "k", value: "v" }],
  ...more,
});

test("runs of two projects made at once on two replicas are numbered from 1 without a gap", async () => {
  const projects = [await testProject(db), await testProject(db)];
  const made = await Promise.all(
    Array.from({ length: 120 }, (_, i) => {
      const run = newRun(projects[i % 2] ?? 0n);
      return createRun(i % 3 ? db : replica, run).then((creation) => ({ run, creation }));
    }),
  );
  for (const project of projects) {
    const numbers = made.flatMap(({ run, creation }) =>
      run.project === project && creation.state === "created" ? [creation.row.run_key] : [],
    );
    expect(numbers.toSorted((a, b) => Number(a - b))).toEqual(
      Array.from({ length: 60 }, (_, i) => BigInt(i + 1)),
    );
  }
});

test("each of a group of runs gets its own tags and answer", async () => {
  const project = await testProject(db);
  const wanted = Array.from({ length: 10 }, (_, i) =>
    newRun(project, {
      experiment: i === 4 ? 7n : 0n,
      userId: `user ${i}`,
      startTime: BigInt(i),
      tags: Array.from({ length: i }, (_, t) => ({ key: `t${t}`, value: `${i}` })),
    }),
  );
  const creations = await Promise.all(wanted.map((run) => createRun(db, run)));
  expect(creations[4]).toEqual({ state: "absent" });
  for (const [i, run] of wanted.entries()) {
    if (i === 4) continue;
    const [row, text] = await Promise.all([
      findRun(db, project, run.runId),
      findRunText(db, project, run.runId),
    ]);
    const creation = creations[i];
    expect(creation?.state === "created" && creation.row).toEqual(row);
    expect(fromUuid(row?.run_id ?? "")).toBe(run.runId);
    expect(row).toMatchObject({ user_id: `user ${i}`, start_time: BigInt(i) });
    expect(JSON.parse(text?.info ?? "")).toMatchObject({ run_id: run.runId, user_id: `user ${i}` });
    expect(readRunData(text?.data ?? "").tags).toEqual(run.tags);
  }
});

test("no active run is left in an experiment that was deleted while runs were being made in it", async () => {
  for (let round = 0; round < 10; round++) {
    const project = await testProject(db);
    const makers = Array.from({ length: 12 }, (_, i) => createRun(i % 2 ? db : replica, newRun(project)));
    const [creations] = await Promise.all([Promise.all(makers), deleteExperiment(db, project, 0n, 1n)]);
    const stages = await db
      .selectFrom("runs")
      .select(["lifecycle_stage", "deleted_with_experiment"])
      .where("project_id", "=", project)
      .execute();
    expect(stages).toHaveLength(creations.filter(({ state }) => state === "created").length);
    for (const stage of stages)
      expect(stage).toEqual({ lifecycle_stage: "deleted", deleted_with_experiment: true });
  }
});

test("a run is the same JSON alone, in a page and as part of the page's text", async () => {
  const project = await testProject(db);
  const run = newRun(project);
  const other = newRun(project);
  for (const each of [run, other]) await createRun(db, each);
  await logBatch(db, {
    project,
    runId: run.runId,
    metrics: [
      { key: "b", value: Number.NaN, timestamp: 2n ** 63n - 1n, step: -(2n ** 63n) },
      { key: "a", value: 0.1, timestamp: 1n, step: 2n ** 53n + 1n },
      { key: "é", value: Number.NEGATIVE_INFINITY, timestamp: 0n, step: 0n },
    ],
    params: [
      { key: "p", value: 'a"b\\' },
      { key: "P", value: "" },
      { key: "n", value: "NaN" },
    ],
    tags: [
      { key: "t", value: "1" },
      { key: "mlflow.runName", value: "a\u0001 name" },
    ],
  });
  const found = await findRunText(db, project, run.runId);
  expect(readRunData(found?.data ?? "")).toEqual({
    metrics: [
      { key: "a", value: 0.1, timestamp: 1n, step: 2n ** 53n + 1n },
      { key: "b", value: Number.NaN, timestamp: 2n ** 63n - 1n, step: -(2n ** 63n) },
      { key: "é", value: Number.NEGATIVE_INFINITY, timestamp: 0n, step: 0n },
    ],
    params: [
      { key: "P", value: "" },
      { key: "n", value: "NaN" },
      { key: "p", value: 'a"b\\' },
    ],
    tags: [
      { key: "k", value: "v" },
      { key: "mlflow.runName", value: "a\u0001 name" },
      { key: "t", value: "1" },
    ],
  });
  expect(JSON.parse(found?.info ?? "")).toEqual({
    run_uuid: run.runId,
    experiment_id: "0",
    run_name: "a\u0001 name",
    user_id: run.userId,
    status: "RUNNING",
    start_time: Number(run.startTime),
    artifact_uri: `mlflow-artifacts:/0/${run.runId}/artifacts`,
    lifecycle_stage: "active",
    run_id: run.runId,
  });
  const keys = [2n, 3n, found?.run_key ?? 0n];
  const page = await readRunTexts(db, project, keys);
  expect(page).toEqual([
    { ...(await findRunText(db, project, other.runId)), n: 1n },
    { ...found, n: 3n },
  ]);
  expect(JSON.parse(`[${await readRunsJson(db, project, keys)}]`)).toEqual(
    page.map(({ info, data }) => ({ info: JSON.parse(info), data: JSON.parse(data) })),
  );
  expect(await readRunsJson(db, await testProject(db), keys)).toBe("");
  const json = await readRunsJson(db, project, keys);
  expect(await readRunsJson(db, project, keys, { atOnce: 1, longest: json?.length ?? 0 })).toBe(json);
  expect(await readRunsJson(db, project, keys, { atOnce: 1, longest: 10 })).toBeUndefined();
});

test("a run that has ended, has no name and logged nothing leaves out what is not there", async () => {
  const project = await testProject(db);
  const run = newRun(project, { tags: [], userId: 'a "b"' });
  await createRun(db, run);
  await updateRun(db, project, run.runId, { status: "FAILED", endTime: 2n ** 60n });
  const found = await findRunText(db, project, run.runId);
  expect(found?.data).toBe("{}");
  expect(found?.info).toContain(`"user_id":"a \\"b\\"","status":"FAILED"`);
  expect(found?.info).toContain(`"end_time":${2n ** 60n}`);
  expect(found?.info).not.toContain("run_name");
});

test("the statements are these", async () => {
  const run = newRun(1n);
  await expect(createStatement([run]).compile(db).sql.trimStart()).toMatchFileSnapshot(
    "./sql/create-run.sql",
  );
  await expect(findRunsStatement([run]).compile(db).sql.trimStart()).toMatchFileSnapshot("./sql/get-run.sql");
});
