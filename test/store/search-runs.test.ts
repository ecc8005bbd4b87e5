import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Costs } from "../../src/store/search-choice.ts";
import { type RunSearch, searchRuns } from "../../src/store/search-runs.ts";
import { testDatabase, testProject } from "../support/database.ts";
import { insertRuns, type ModelRun, modelCondition, modelOrder, modelRuns } from "./search-data.ts";
import { expected } from "./search-model.ts";

const { db } = await testDatabase();

/** Follows the pages to the end. */
async function walk(search: RunSearch, costs?: Costs, between?: () => Promise<void>): Promise<string[]> {
  const ids: string[] = [];
  for (let page = await searchRuns(db, search, costs); ; ) {
    expect(page.rows.length).toBeLessThanOrEqual(search.limit);
    ids.push(...page.rows.map((row) => row.run_id.replaceAll("-", "")));
    if (page.next === undefined) return ids;
    // A page is announced only if something is on it.
    expect(page.rows).toHaveLength(search.limit);
    await between?.();
    page = await searchRuns(db, { ...search, after: page.next }, costs);
    // What was announced may have gone in between.
    if (between === undefined) expect(page.rows).not.toHaveLength(0);
  }
}

// Each way of finding runs must find the same, so each is made the cheapest in turn.
const waysToFind = fc.constantFrom<Costs[]>(
  {
    fewRuns: 2000,
    fewCandidates: 10_000,
    stepsPerRun: 100,
    stepsOnTrust: 100,
    mostLookups: 20_000,
    mostSets: 4,
    rowsPerTest: 20,
  },
  {
    fewRuns: 0,
    fewCandidates: 10_000,
    stepsPerRun: 0,
    stepsOnTrust: 0,
    mostLookups: 0,
    mostSets: 4,
    rowsPerTest: 20,
  },
  {
    fewRuns: 0,
    fewCandidates: 3,
    stepsPerRun: 1,
    stepsOnTrust: 1,
    mostLookups: 6,
    mostSets: 2,
    rowsPerTest: 1,
  },
  {
    fewRuns: 0,
    fewCandidates: 0,
    stepsPerRun: 2,
    stepsOnTrust: 2,
    mostLookups: 100,
    mostSets: 2,
    rowsPerTest: 20,
  },
  {
    fewRuns: 0,
    fewCandidates: 0,
    stepsPerRun: 100,
    stepsOnTrust: 100,
    mostLookups: 100,
    mostSets: 1,
    rowsPerTest: 1,
  },
  {
    fewRuns: 0,
    fewCandidates: 0,
    stepsPerRun: 0,
    stepsOnTrust: 0,
    mostLookups: 0,
    mostSets: 1,
    rowsPerTest: 1,
  },
);

const query = fc.record({
  experiments: fc.oneof(
    fc.constant([0n]),
    fc.uniqueArray(fc.constantFrom(0n, 1n, 2n, 99n), { minLength: 1 }),
  ),
  stage: fc.constantFrom(undefined, "active" as const, "deleted" as const),
  conditions: fc.array(modelCondition, { maxLength: 3 }),
  orders: fc.uniqueArray(modelOrder, { maxLength: 3, selector: ({ kind, key }) => `${kind} ${key}` }),
  limit: fc.integer({ min: 1, max: 9 }),
  costs: waysToFind,
});

describe("searching runs", () => {
  test("finds what a plain filter and sort of all runs finds, each run on one page, whichever way is chosen", async () => {
    await fc.assert(
      fc.asyncProperty(
        modelRuns,
        fc.array(query, { minLength: 12, maxLength: 12 }),
        async (runs, queries) => {
          const project = await testProject(db);
          await insertRuns(db, project, runs);
          for (const { costs, stage, ...rest } of queries) {
            const search = { ...rest, ...(stage === undefined ? {} : { stage }) };
            expect(await walk({ project, ...search }, costs)).toEqual(expected(runs, search));
          }
        },
      ),
      { numRuns: 80 },
    );
  }, 120_000);

  test("loses no run and repeats none while others come and go between two pages", async () => {
    await fc.assert(
      fc.asyncProperty(modelRuns, modelRuns, query, async (runs, late, { costs, stage: _, ...search }) => {
        const project = await testProject(db);
        await insertRuns(db, project, runs);
        const known = new Set(runs.map((run) => run.id));
        const newcomers = late.filter((run) => !known.has(run.id));
        const leaving = new Set(runs.filter((_, i) => i % 3 === 0).map((run) => run.id));
        let firstKey = BigInt(runs.length) + 1n;
        const found = await walk({ project, ...search, stage: "active" }, costs, async () => {
          const arriving = newcomers.splice(0, 4);
          await insertRuns(db, project, arriving, firstKey);
          firstKey += BigInt(arriving.length);
          const [gone] = leaving;
          if (gone === undefined) return;
          leaving.delete(gone);
          await db
            .updateTable("runs")
            .set({ lifecycle_stage: "deleted" })
            .where("run_id", "=", gone)
            .where("project_id", "=", project)
            .execute();
        });
        expect(new Set(found).size).toBe(found.length);
        const staying = runs.filter((run, i) => i % 3 !== 0 || leaving.has(run.id));
        const always = expected(staying, { ...search, stage: "active" });
        const wanted = new Set(always);
        expect(found.filter((id) => wanted.has(id))).toEqual(always);
      }),
      { numRuns: 40 },
    );
  }, 120_000);

  const run = (n: number, more: Partial<ModelRun>): ModelRun => ({
    id: n.toString(16).padStart(32, "0"),
    experiment: 0n,
    stage: "active",
    user: "",
    status: "RUNNING",
    startTime: 0n,
    endTime: undefined,
    metrics: {},
    params: {},
    tags: {},
    ...more,
  });
  const search = (project: bigint, more: Partial<RunSearch>): RunSearch => ({
    project,
    experiments: [0n],
    conditions: [],
    orders: [],
    limit: 100,
    ...more,
  });

  test("orders numbers before NaN before missing, up and down", async () => {
    const project = await testProject(db);
    const values = [1, Number.NaN, Number.POSITIVE_INFINITY, -3, undefined];
    await insertRuns(
      db,
      project,
      values.map((value, i) => run(i, { metrics: value === undefined ? {} : { m: value } })),
    );
    for (const [ascending, order] of [
      [true, "30214"],
      [false, "20314"],
    ] as const) {
      const orders = [{ kind: "metric" as const, key: "m", ascending }];
      const { rows } = await searchRuns(db, search(project, { orders }));
      expect(rows.map((row) => row.run_key - 1n).join("")).toBe(order);
    }
  });

  test("a short walk looks at all runs that tie, before the newest of them come first", async () => {
    const project = await testProject(db);
    await insertRuns(
      db,
      project,
      Array.from({ length: 10 }, (_, i) =>
        run(i, { startTime: BigInt(i), metrics: { m: 1 }, tags: { t: "x" } }),
      ),
    );
    const costs = {
      fewRuns: 0,
      fewCandidates: 0,
      stepsPerRun: 2,
      stepsOnTrust: 2,
      mostLookups: 100,
      mostSets: 1,
      rowsPerTest: 1,
    };
    for (const ascending of [true, false]) {
      const tied = search(project, {
        conditions: [{ kind: "tag", key: "t", op: "=", value: "x" }],
        orders: [{ kind: "metric", key: "m", ascending }],
        limit: 1,
      });
      expect((await searchRuns(db, tied, costs)).rows.map((row) => row.k_start_time)).toEqual([9n]);
    }
  });

  test("a NaN satisfies only !=", async () => {
    const project = await testProject(db);
    await insertRuns(db, project, [run(1, { metrics: { m: Number.NaN } })]);
    for (const [op, count] of [
      ["=", 0],
      ["!=", 1],
      ["<", 0],
      ["<=", 0],
      [">", 0],
      [">=", 0],
    ] as const) {
      const conditions = [{ kind: "metric" as const, key: "m", op, value: 0 }];
      expect((await searchRuns(db, search(project, { conditions }))).rows).toHaveLength(count);
    }
  });

  test("ILIKE disregards case in any script, LIKE does not", async () => {
    const project = await testProject(db);
    await insertRuns(db, project, [run(1, { params: { p: "ÄRGER Ελλάδα ЖУК" } })]);
    for (const [op, count] of [
      ["LIKE", 0],
      ["ILIKE", 1],
    ] as const) {
      const conditions = [{ kind: "param" as const, key: "p", op, value: "ärger ελλάδα%жук" }];
      expect((await searchRuns(db, search(project, { conditions }))).rows).toHaveLength(count);
    }
  });

  test("another project's experiment of the same number is not searched", async () => {
    const [mine, theirs] = [await testProject(db), await testProject(db)];
    const metrics = { a: 1 };
    await insertRuns(db, mine, [run(1, { metrics })]);
    await insertRuns(db, theirs, [run(2, { metrics }), run(3, { metrics })]);
    const conditions = [{ kind: "metric" as const, key: "a", op: "=" as const, value: 1 }];
    expect((await searchRuns(db, search(mine, { conditions }))).rows.map((row) => row.run_key)).toEqual([1n]);
  });

  test("no experiment, no run", async () => {
    const project = await testProject(db);
    await insertRuns(db, project, [run(1, {})]);
    expect(await searchRuns(db, search(project, { experiments: [] }))).toEqual({ rows: [] });
  });

  test("256 conditions at once are answered", async () => {
    const project = await testProject(db);
    await insertRuns(db, project, [run(1, { params: { p: "x" } })]);
    const conditions = Array.from({ length: 256 }, (_, i) => ({
      kind: "param" as const,
      key: `p${i}`,
      op: "IS NULL" as const,
    }));
    expect((await searchRuns(db, search(project, { conditions }))).rows).toHaveLength(1);
  });
});
