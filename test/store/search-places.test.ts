import fc from "fast-check";
import { expect, test } from "vitest";
import { countRuns, findPlace } from "../../src/store/search-places.ts";
import { searchRuns } from "../../src/store/search-runs.ts";
import { testDatabase, testProject } from "../support/database.ts";
import { insertRuns, modelCondition, modelOrder, modelRuns } from "./search-data.ts";
import { expected } from "./search-model.ts";

const { db } = await testDatabase();

const query = fc.record({
  experiments: fc.oneof(
    fc.constant([0n]),
    fc.uniqueArray(fc.constantFrom(0n, 1n, 2n, 99n), { minLength: 1 }),
  ),
  stage: fc.constantFrom(undefined, "active" as const, "deleted" as const),
  conditions: fc.array(modelCondition, { maxLength: 2 }),
  orders: fc.uniqueArray(modelOrder, { maxLength: 2, selector: ({ kind, key }) => `${kind} ${key}` }),
  offset: fc.integer({ min: 1, max: 40 }),
  most: fc.constantFrom(1, 3, 100),
  // Each way must find the same, so each is chosen in turn.
  fewRuns: fc.constantFrom(0, 3, 10_000),
  firstLook: fc.constantFrom(0, 5, 20_000),
});

test("a place leads to what comes after as many runs of a plain filter and sort, and a count is their number", async () => {
  await fc.assert(
    fc.asyncProperty(
      modelRuns,
      fc.boolean(),
      fc.array(query, { minLength: 16, maxLength: 16 }),
      async (made, isAllActive, queries) => {
        const runs = isAllActive ? made.map((run) => ({ ...run, stage: "active" as const })) : made;
        const project = await testProject(db);
        await insertRuns(db, project, runs);
        for (const { stage, offset, most, fewRuns, firstLook, ...rest } of queries) {
          const search = { ...rest, ...(stage === undefined ? {} : { stage }) };
          const all = expected(runs, search);
          const after = await findPlace(db, { project, ...search }, offset, fewRuns);
          expect(after !== undefined).toBe(offset <= all.length);
          if (after !== undefined) {
            const { rows } = await searchRuns(db, { project, ...search, limit: 100, after });
            expect(rows.map((row) => row.run_id.replaceAll("-", ""))).toEqual(all.slice(offset));
          }
          const { count, isExact } = await countRuns(db, { project, ...search }, most, {
            fewRuns,
            firstLook,
          });
          if (isExact) expect(count).toBe(BigInt(all.length));
          else expect([count, all.length > most]).toEqual([BigInt(most), true]);
        }
      },
    ),
    { numRuns: 60 },
  );
}, 120_000);
