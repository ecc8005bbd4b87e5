import { sql } from "kysely";
import { expect, test } from "vitest";
import { newRunId } from "../../src/services/ids.ts";
import type { Database } from "../../src/store/database.ts";
import { batchStatement, logBatch } from "../../src/store/log-batch.ts";
import { createRun } from "../../src/store/new-runs.ts";
import { searchRuns } from "../../src/store/search-runs.ts";
import { mark, settle } from "../../src/store/settled-metrics.ts";
import { testDatabase, testProject } from "../support/database.ts";

const { db, another } = await testDatabase();

async function newRun(project: bigint): Promise<string> {
  const runId = newRunId();
  await createRun(db, { project, experiment: 0n, runId, userId: "", startTime: 0n, tags: [] });
  return runId;
}

const point = (project: bigint, runId: string, step: bigint, value: number) => ({
  project,
  runId,
  metrics: [{ key: "m", value, step, timestamp: 0n }],
  params: [],
  tags: [],
});

const log = (...[project, runId, step, value]: Parameters<typeof point>) =>
  logBatch(db, point(project, runId, step, value));

/** The latest values of the project, as they are and as searches have them in their index. */
async function values(project: bigint) {
  const rows = await db
    .selectFrom("latest_metrics")
    .select(["value", "settled_value"])
    .where("project_id", "=", project)
    .orderBy("run_key")
    .execute();
  return rows.map((row) => [row.value, row.settled_value]);
}

/** Runs whose metric is above `value`, the greatest first. */
const above = async (project: bigint, value: number) => {
  const { rows } = await searchRuns(db, {
    project,
    experiments: [0n],
    conditions: [{ kind: "metric", key: "m", op: ">", value }],
    orders: [{ kind: "metric", key: "m", ascending: false }],
    limit: 10,
  });
  return rows.map((row) => row.run_id.replaceAll("-", ""));
};

test("a metric leaves the index with its second point and returns when it is settled; searches see no difference", async () => {
  const project = await testProject(db);
  const [one, other] = [await newRun(project), await newRun(project)];
  await log(project, one, 0n, 1);
  await log(project, other, 0n, 2);
  expect(await values(project)).toEqual([
    [1, 1],
    [2, 2],
  ]);
  await log(project, one, 1n, 3);
  expect(await values(project)).toEqual([
    [3, null],
    [2, 2],
  ]);
  expect(await above(project, 1)).toEqual([one, other]);
  await settle(db, await mark(db));
  expect(await values(project)).toEqual([
    [3, 3],
    [2, 2],
  ]);
  expect(await above(project, 1)).toEqual([one, other]);
  await log(project, one, 2n, 0);
  expect(await above(project, 1)).toEqual([other]);
});

test("what was written since the mark is not settled", async () => {
  const project = await testProject(db);
  const [quiet, busy] = [await newRun(project), await newRun(project)];
  for (const run of [quiet, busy]) {
    await log(project, run, 0n, 1);
    await log(project, run, 1n, 2);
  }
  const before = await mark(db);
  await log(project, busy, 2n, 3);
  await settle(db, before);
  expect(await values(project)).toEqual([
    [2, 2],
    [3, null],
  ]);
});

test("settling waits for no writer, and takes what the writer leaves the next time", async () => {
  const project = await testProject(db);
  const run = await newRun(project);
  await log(project, run, 0n, 1);
  await log(project, run, 1n, 2);
  const writer = another();
  await writer.transaction().execute(async (tx) => {
    await batchStatement([point(project, run, 2n, 3)]).execute(tx);
    await settle(db, await mark(db));
    expect(await values(project)).toEqual([[2, null]]);
  });
  expect(await values(project)).toEqual([[3, null]]);
  await settle(db, await mark(db));
  expect(await values(project)).toEqual([[3, 3]]);
});

// What is indexed of a row must not change with its point, or each point costs an entry in every index.
test("the third and every further point of a series writes into no index of the latest values", async () => {
  const project = await testProject(db);
  const run = await newRun(project);
  await log(project, run, 0n, 1);
  await log(project, run, 1n, 2);
  const hotUpdates = async (tx: Database) => {
    const { rows } = await sql<{ count: bigint }>`
      select pg_stat_get_xact_tuples_hot_updated('latest_metrics'::regclass) as count`.execute(tx);
    return Number(rows[0]?.count);
  };
  await db.transaction().execute(async (tx) => {
    const before = await hotUpdates(tx);
    await batchStatement([point(project, run, 2n, 3)]).execute(tx);
    expect((await hotUpdates(tx)) - before).toBe(1);
  });
});
