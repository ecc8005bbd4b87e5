import { expect, test } from "vitest";
import { deleteExperiment, restoreExperiment } from "../../src/store/experiments.ts";
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
