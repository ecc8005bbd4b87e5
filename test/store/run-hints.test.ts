import { expect, test } from "vitest";
import { newRunId } from "../../src/services/ids.ts";
import { transaction } from "../../src/store/database.ts";
import { deleteExperiment, restoreExperiment } from "../../src/store/experiments.ts";
import { moveRuns, tagRuns } from "../../src/store/many-runs.ts";
import { createRun } from "../../src/store/new-runs.ts";
import { type Hint, watchHints } from "../../src/store/run-hints.ts";
import { testDatabase, testProject } from "../support/database.ts";

const { db } = await testDatabase();

test("the deletion and the restoration of an experiment give a hint, to who watches its project alone, and those that fail give none", async () => {
  const [project, other] = [await testProject(db), await testProject(db)];
  const heard: Hint[] = [];
  const foreign: Hint[] = [];
  const ends = [
    watchHints(db, project, (hints) => heard.push(...hints)),
    watchHints(db, other, (hints) => foreign.push(...hints)),
  ];
  const everything = { runId: "", fromStep: undefined };
  expect(await deleteExperiment(db, project, 0n, 1n)).toBe(true);
  expect(heard).toEqual([everything]);
  expect(await restoreExperiment(db, project, 0n, 2n)).toBe(true);
  expect(heard).toEqual([everything, everything]);
  expect(await deleteExperiment(db, project, 77n, 3n)).toBe(false);
  expect(heard).toHaveLength(2);
  expect(foreign).toEqual([]);
  for (const end of ends) end();
});

test("what is changed in a transaction gives its hint once that is committed, and none when it is not", async () => {
  const project = await testProject(db);
  const heard: Hint[] = [];
  const end = watchHints(db, project, (hints) => heard.push(...hints));
  const everything = { runId: "", fromStep: undefined };
  await transaction(db, async (tx) => {
    expect(await deleteExperiment(tx, project, 0n, 1n)).toBe(true);
    expect(heard).toEqual([]);
  });
  expect(heard).toEqual([everything]);
  const undone = transaction(db, async (tx) => {
    await restoreExperiment(tx, project, 0n, 2n);
    throw new Error("undone");
  });
  await expect(undone).rejects.toThrow("undone");
  expect(heard).toEqual([everything]);
  end();
});

test("changes of many runs give hints of those that they change", async () => {
  const project = await testProject(db);
  const runIds = [newRunId(), newRunId()];
  for (const runId of runIds)
    await createRun(db, { project, experiment: 0n, runId, userId: "", startTime: 1n, tags: [] });
  const heard: string[] = [];
  const end = watchHints(db, project, (hints) => heard.push(...hints.map(({ runId }) => runId)));
  await tagRuns(db, project, runIds, "k", "v");
  expect(heard.splice(0)).toEqual(runIds);
  await moveRuns(db, project, runIds.slice(1), "deleted");
  expect(heard.splice(0)).toEqual(runIds.slice(1));
  await moveRuns(db, project, runIds, "deleted");
  expect(heard.splice(0)).toEqual(runIds.slice(0, 1));
  end();
});
