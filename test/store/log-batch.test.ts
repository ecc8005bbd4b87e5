import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { newRunId } from "../../src/services/ids.ts";
import type { Database } from "../../src/store/database.ts";
import { type Batch, batchStatement, logBatch } from "../../src/store/log-batch.ts";
import { readHistory } from "../../src/store/metric-history.ts";
import { createRun } from "../../src/store/new-runs.ts";
import type { MetricPoint } from "../../src/store/run-data.ts";
import { findRunText } from "../../src/store/runs.ts";
import { testDatabase, testProject } from "../support/database.ts";
import { readRunData } from "../support/run-data.ts";

const { db, another } = await testDatabase();
/** A second replica: its groups meet those of the first only in Postgres. */
const replica = another();

async function newRun(project: bigint): Promise<string> {
  const runId = newRunId();
  await createRun(db, { project, experiment: 0n, runId, userId: "", startTime: 0n, tags: [] });
  return runId;
}

const point = (key: string, value: number, step = 0n, timestamp = 1n): MetricPoint => ({
  key,
  value,
  step,
  timestamp,
});

const batch = (project: bigint, runId: string, parts: Partial<Batch>): Batch => ({
  project,
  runId,
  metrics: [],
  params: [],
  tags: [],
  ...parts,
});

const dataOf = async (project: bigint, runId: string) =>
  readRunData((await findRunText(db, project, runId))?.data ?? "");

const history = async (project: bigint, runId: string, key: string) =>
  (await readHistory(db, { project, runId, key, after: undefined, limit: 100_000 })).points;

describe("a group of batches", () => {
  test("answers each of its members by what is so for it", async () => {
    const [mine, theirs] = [await testProject(db), await testProject(db)];
    const [active, deleted] = [await newRun(mine), await newRun(mine)];
    await db.updateTable("runs").set({ lifecycle_stage: "deleted" }).where("run_id", "=", deleted).execute();
    await logBatch(db, batch(mine, active, { params: [{ key: "p", value: "1" }] }));
    const metrics = [point("m", 1)];
    const outcomes = await Promise.all(
      [
        batch(mine, active, { metrics }),
        batch(theirs, active, { metrics }),
        batch(mine, deleted, { metrics }),
        batch(mine, newRunId(), { metrics }),
        batch(mine, active, { metrics: [point("not", 1)], params: [{ key: "p", value: "2" }] }),
        batch(mine, active, { params: [{ key: "p", value: "1" }] }),
      ].map((member) => logBatch(db, member)),
    );
    expect(outcomes).toEqual([
      { state: "logged" },
      { state: "absent" },
      { state: "deleted" },
      { state: "absent" },
      { state: "changed", stored: { p: "1" } },
      { state: "logged" },
    ]);
    const data = await dataOf(mine, active);
    expect(data.metrics.map(({ key }) => key)).toEqual(["m"]);
  });

  test("loses only the member that Postgres cannot store", async () => {
    const project = await testProject(db);
    const runId = await newRun(project);
    const members = Array.from({ length: 16 }, (_, i) =>
      batch(project, runId, { tags: [{ key: `t${i}`, value: i === 7 ? "\0" : "fine" }] }),
    );
    const results = await Promise.allSettled(members.map((member) => logBatch(db, member)));
    expect(results.map(({ status }) => status)).toEqual(
      members.map((_, i) => (i === 7 ? "rejected" : "fulfilled")),
    );
    expect(results[7]).toMatchObject({ reason: { code: "INVALID_PARAMETER_VALUE" } });
    const data = await dataOf(project, runId);
    expect(data.tags).toHaveLength(15);
  });

  test("stores a tag that several members set once, with the last one's value", async () => {
    const project = await testProject(db);
    const runId = await newRun(project);
    await Promise.all(
      Array.from({ length: 20 }, (_, i) =>
        logBatch(db, batch(project, runId, { tags: [{ key: "t", value: String(i) }] })),
      ),
    );
    const data = await dataOf(project, runId);
    expect(data.tags).toEqual([{ key: "t", value: "19" }]);
  });

  test("takes a param that several members log alike, and refuses those that differ from the first", async () => {
    const project = await testProject(db);
    const runId = await newRun(project);
    const log = (value: string) => logBatch(db, batch(project, runId, { params: [{ key: "p", value }] }));
    const alike = await Promise.all([log("1"), log("1"), log("1")]);
    expect(alike.map(({ state }) => state)).toEqual(["logged", "logged", "logged"]);
    const other = await newRun(project);
    const mixed = await Promise.all(
      ["a", "a", "b"].map((value) => logBatch(db, batch(project, other, { params: [{ key: "p", value }] }))),
    );
    expect(mixed).toEqual([
      { state: "logged" },
      { state: "logged" },
      { state: "changed", stored: { p: "a" } },
    ]);
  });

  test("keeps odd text as it is", async () => {
    const project = await testProject(db);
    const runId = await newRun(project);
    const odd = ['"', "\\", '\\"', "{}", "{a,b}", "NULL", "", "null", "a\nb", "é😀", "'", "$1", "__proto__"];
    const params = odd.map((value, i) => ({ key: `p${i}`, value }));
    await logBatch(db, batch(project, runId, { params: [...params, { key: "__proto__", value: "x" }] }));
    const data = await dataOf(project, runId);
    expect(data.params.slice(1).toSorted((a, b) => Number(a.key.slice(1)) - Number(b.key.slice(1)))).toEqual(
      params,
    );
    const changed = await logBatch(db, batch(project, runId, { params: [{ key: "__proto__", value: "y" }] }));
    expect(changed.state === "changed" && Object.entries(changed.stored)).toEqual([["__proto__", "x"]]);
  });
});

describe("two replicas on the same rows", () => {
  test("do not deadlock, whatever the order in which each sends its runs and its points", async () => {
    const project = await testProject(db);
    const runs = [await newRun(project), await newRun(project)];
    const keys = Array.from({ length: 400 }, (_, i) => `k${i}`);
    // The statement itself: a group commit would write a deadlocked group again.
    const write = async (pool: Database, orderedRuns: readonly string[], orderedKeys: readonly string[]) => {
      for (let step = 0n; step < 5n; step++) {
        const metrics = orderedKeys.map((key) => point(key, 1, step));
        const tags = orderedKeys.map((key) => ({ key, value: `${step} ${orderedKeys[0]}` }));
        const group = orderedRuns.map((runId) => batch(project, runId, { metrics, tags }));
        await batchStatement(group).execute(pool);
      }
    };
    await Promise.all([
      write(db, runs, keys),
      write(replica, runs.toReversed(), keys.toReversed()),
      write(db, runs.toReversed(), keys),
      write(replica, runs, keys.toReversed()),
    ]);
    expect(await history(project, runs[0] ?? "", "k399")).toHaveLength(5);
  });

  test("let exactly one of two values of a param win, with all that came beside it", async () => {
    const project = await testProject(db);
    for (let round = 0; round < 25; round++) {
      const runId = await newRun(project);
      const outcomes = await Promise.all(
        [db, replica, db, replica].map((pool, i) =>
          logBatch(
            pool,
            batch(project, runId, {
              metrics: [point(`m${i}`, i)],
              params: [
                { key: "p", value: String(i) },
                { key: `own${i}`, value: "" },
              ],
            }),
          ),
        ),
      );
      const won = outcomes.flatMap(({ state }, i) => (state === "logged" ? [i] : []));
      expect(won).toHaveLength(1);
      const data = await dataOf(project, runId);
      expect(data.metrics.map(({ value }) => value)).toEqual(won);
      expect(data.params).toEqual([
        { key: `own${won[0]}`, value: "" },
        { key: "p", value: String(won[0]) },
      ]);
    }
  });

  test("leave the points as a set, and the greatest of them as the latest", async () => {
    const project = await testProject(db);
    const anyPoint = fc.record({
      key: fc.constantFrom("a", "b"),
      value: fc.oneof(
        fc.constantFrom(Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 0),
        fc.double(),
      ),
      timestamp: fc.bigInt({ min: 0n, max: 2n }),
      step: fc.oneof(fc.bigInt({ min: -2n, max: 2n }), fc.constantFrom(2n ** 63n - 1n, -(2n ** 63n))),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(fc.array(anyPoint, { maxLength: 8 }), { maxLength: 6 }), async (batches) => {
        const runId = await newRun(project);
        await Promise.all(
          batches.map((metrics, i) => logBatch(i % 2 ? db : replica, batch(project, runId, { metrics }))),
        );
        const latest = (await dataOf(project, runId)).metrics;
        for (const key of ["a", "b"]) {
          const sent = batches.flat().filter((candidate) => candidate.key === key);
          const distinct = new Set(sent.map(identity));
          const stored = await history(project, runId, key);
          expect(new Set(stored.map(identity))).toEqual(distinct);
          expect(stored).toHaveLength(distinct.size);
          const last = stored.at(-1);
          expect(latest.filter((candidate) => candidate.key === key).map(identity)).toEqual(
            last === undefined ? [] : [identity(last)],
          );
        }
      }),
      { numRuns: 40 },
    );
  });
});

describe("many points of few metrics", () => {
  const anyPoint = fc.record({
    key: fc.constantFrom("a", "b"),
    value: fc.constantFrom(Number.NaN, Number.NEGATIVE_INFINITY, -0, 0, 1),
    timestamp: fc.bigInt({ min: 0n, max: 1n }),
    step: fc.bigInt({ min: -2n, max: 5n }),
  });
  const manyPoints = fc.array(anyPoint, { minLength: 16, maxLength: 40, size: "max" });

  test("are stored as a set beside what is there, whoever else stores the same at the same moment", async () => {
    const project = await testProject(db);
    await fc.assert(
      fc.asyncProperty(fc.array(manyPoints, { minLength: 2, maxLength: 5 }), async (batches) => {
        const runId = await newRun(project);
        const log = (pool: Database, metrics: MetricPoint[]) =>
          logBatch(pool, batch(project, runId, { metrics }));
        const [first = [], ...others] = batches;
        await log(db, first);
        await Promise.all(others.flatMap((metrics) => [log(db, metrics), log(replica, metrics)]));
        for (const key of ["a", "b"]) {
          const sent = batches.flat().filter((candidate) => candidate.key === key);
          const stored = await history(project, runId, key);
          expect(stored.map(identity).toSorted()).toEqual([...new Set(sent.map(identity))].toSorted());
        }
      }),
      { numRuns: 40 },
    );
  });
});

/** 0 and -0 are one value to Postgres, and so are all NaN. */
const identity = ({ value, step, timestamp }: MetricPoint) =>
  `${value === 0 ? 0 : value} ${step} ${timestamp}`;

describe("the statement", () => {
  const project = 1n;
  const runId = "0".repeat(32);
  const text = (parts: Partial<Batch>) =>
    batchStatement([batch(project, runId, parts)])
      .compile(db)
      .sql.replace(/^\s*\n/gm, "");

  test("for metrics alone is this one", async () => {
    await expect(text({ metrics: [point("m", 1)] })).toMatchFileSnapshot("./sql/log-metrics.sql");
  });

  test("for metrics, params and tags is this one", async () => {
    const item = { key: "k", value: "v" };
    await expect(text({ metrics: [point("m", 1)], params: [item], tags: [item] })).toMatchFileSnapshot(
      "./sql/log-batch.sql",
    );
  });

  test("for many points of few metrics is this one", async () => {
    const metrics = Array.from({ length: 100 }, (_, i) => point("m", i));
    await expect(text({ metrics })).toMatchFileSnapshot("./sql/log-many-points.sql");
  });

  test("is the same for one point and for a thousand metrics of many runs, so that it is prepared once", () => {
    const points = Array.from({ length: 1000 }, (_, i) => point(`m${i}`, i));
    const many = batchStatement([
      batch(project, runId, { metrics: points }),
      batch(2n, runId, { metrics: points }),
    ]);
    const one = batchStatement([batch(project, runId, { metrics: [point("m", 1)] })]);
    expect(many.compile(db).sql).toBe(one.compile(db).sql);
  });
});
