import { sql } from "kysely";
import { expect, test } from "vitest";
import { transaction } from "../../src/store/database.ts";
import { searchRuns } from "../../src/store/search-runs.ts";
import { testDatabase, testProject } from "../support/database.ts";

const { db, owner, another } = await testDatabase();
const project = await testProject(db);
const search = { project, experiments: [0n], conditions: [], orders: [], limit: 1 };

/** Does `work` while no search can be answered. */
const whileSearchesWait = <T>(work: () => Promise<T>): Promise<T> =>
  transaction(owner, async (tx) => {
    await sql`lock table runs in access exclusive mode`.execute(tx);
    return await work();
  });

test("searches that take long leave connections for everything else, and are all answered", async () => {
  const small = another({ poolSize: 2 });
  let searches: Promise<unknown>[] = [];
  await whileSearchesWait(async () => {
    searches = Array.from({ length: 5 }, () => searchRuns(small, search));
    const { rows } = await sql`select from projects where project_id = ${project}`.execute(small);
    expect(rows).toHaveLength(1);
  });
  expect(await Promise.all(searches)).toEqual(searches.map(() => ({ rows: [] })));
});

test("a search that fails gives its turn to the next", async () => {
  const small = another({ poolSize: 2, statementTimeout: 200 });
  const outcomes = await whileSearchesWait(() =>
    Promise.allSettled([searchRuns(small, search), searchRuns(small, search)]),
  );
  expect(outcomes.map(({ status }) => status)).toEqual(["rejected", "rejected"]);
  expect(await searchRuns(small, search)).toEqual({ rows: [] });
});

test("a search that takes longer than a statement may is refused, with what to do about it", async () => {
  const hasty = another({ statementTimeout: 200 });
  await expect(whileSearchesWait(() => searchRuns(hasty, search))).rejects.toMatchObject({
    code: "INVALID_PARAMETER_VALUE",
    message: expect.stringContaining("Narrow it: fewer experiments, a more selective filter"),
  });
});
