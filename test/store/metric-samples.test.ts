import fc from "fast-check";
import { sql } from "kysely";
import { expect, test } from "vitest";
import { newRunId } from "../../src/services/ids.ts";
import { batchStatement, logBatch } from "../../src/store/log-batch.ts";
import { type RollupSizes, rollUp } from "../../src/store/metric-rollups.ts";
import { type Bucket, type Point, sampleHistories } from "../../src/store/metric-samples.ts";
import { createRun } from "../../src/store/new-runs.ts";
import { testDatabase, testProject } from "../support/database.ts";

const { db, another } = await testDatabase();
const replica = another();

const least = -(2n ** 63n);
const greatest = 2n ** 63n - 1n;
/** Small, so that a few hundred points are a long history. */
const sizes: RollupSizes = { worthwhile: 20, bucket: 4, chunk: 50 };

async function newRun(project: bigint) {
  const runId = newRunId();
  const made = await createRun(db, {
    project,
    experiment: 0n,
    runId,
    userId: "",
    startTime: 0n,
    tags: [],
  });
  if (made.state !== "created") throw new Error("the run was not made");
  return { runId, runKey: made.row.run_key };
}

const log = (project: bigint, runId: string, points: readonly Point[], key = "m", on = db) =>
  logBatch(on, { project, runId, metrics: points.map((point) => ({ key, ...point })), params: [], tags: [] });

interface Range {
  from?: bigint;
  to?: bigint;
  buckets: number;
}

async function sample(project: bigint, runId: string, { from = least, to = greatest, buckets }: Range) {
  const found = await sampleHistories(db, { project, runIds: [runId], keys: ["m"], from, to, buckets });
  return found.map(({ content }) => content)[0];
}

const compare = (a: number | bigint, b: number | bigint) => (a < b ? -1 : a > b ? 1 : 0);
/** As Postgres: NaN above all. */
const compareValues = (a: number, b: number) =>
  Number.isNaN(a) || Number.isNaN(b) ? Number(Number.isNaN(a)) - Number(Number.isNaN(b)) : compare(a, b);
const inOrder = (a: Point, b: Point) =>
  compare(a.step, b.step) || compare(a.timestamp, b.timestamp) || compareValues(a.value, b.value);

/** The answer by looking at every point. */
function scan(all: readonly Point[], { from = least, to = greatest, buckets }: Range) {
  const stored = new Map(all.map((point) => [`${point.step} ${point.timestamp} ${point.value}`, point]));
  const points = [...stored.values()]
    .filter((point) => point.step >= from && point.step <= to)
    .toSorted(inOrder);
  const [first, last] = [points[0], points.at(-1)];
  if (first === undefined || last === undefined) return undefined;
  if (points.length <= buckets) return { points };
  const place = first.step === last.step ? (point: Point) => point.timestamp : (point: Point) => point.step;
  const places = points.map(place).toSorted(compare);
  const floor = (value: bigint, width: bigint) => (value - (((value % width) + width) % width)) / width;
  let width = 1n;
  const isTooNarrow = () =>
    floor(places.at(-1) ?? 0n, width) - floor(places[0] ?? 0n, width) >= BigInt(buckets);
  while (width < 2n ** 64n && isTooNarrow()) width *= 2n;
  const parts = Map.groupBy(points, (point) => (width === 2n ** 64n ? 0n : floor(place(point), width)));
  return {
    buckets: [...parts.entries()]
      .toSorted(([a], [b]) => compare(a, b))
      .map(([, part]): Bucket => {
        const numbers = part.filter(({ value }) => !Number.isNaN(value));
        const min = numbers.reduce<Point | undefined>((a, b) => (a && a.value <= b.value ? a : b), undefined);
        const max = numbers.reduce<Point | undefined>((a, b) => (a && a.value >= b.value ? a : b), undefined);
        const [first] = part;
        const last = part.at(-1);
        if (first === undefined || last === undefined) throw new Error("unreachable");
        return {
          first,
          last,
          min,
          max,
          count: BigInt(part.length),
          nanCount: BigInt(part.length - numbers.length),
        };
      }),
  };
}

const value = fc.oneof(
  { weight: 6, arbitrary: fc.integer({ min: -5, max: 5 }) },
  { weight: 2, arbitrary: fc.double({ noNaN: true }).map((x) => (x === 0 ? 0 : x)) },
  { weight: 2, arbitrary: fc.constantFrom(Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY) },
);
const steps = {
  dense: fc.bigInt(-100n, 400n),
  sparse: fc.bigInt(0n, 10n ** 15n),
  extreme: fc.oneof(
    fc.constantFrom(least, least + 1n, -1n, 0n, greatest - 1n, greatest),
    fc.bigInt(least, greatest),
  ),
  single: fc.constant(7n),
};
const history = fc.constantFrom(...Object.values(steps)).chain((step) => {
  const point: fc.Arbitrary<Point> = fc.record({ step, timestamp: fc.bigInt(0n, 1000n), value });
  const range = fc.record(
    { from: step, to: step, buckets: fc.integer({ min: 1, max: 60 }) },
    { requiredKeys: ["buckets"] },
  );
  return fc.record({
    // Each is a request of a writer; after some of them, part of the history is put into buckets.
    writes: fc.array(
      fc.record({
        points: fc.array(point, { minLength: 1, maxLength: 150, size: "max" }),
        rolls: fc.boolean(),
      }),
      { minLength: 1, maxLength: 6, size: "max" },
    ),
    ranges: fc.array(range, { minLength: 3, maxLength: 6 }),
  });
});

test("a sample is what a scan of all points gives, whatever is late and whatever is in buckets", async () => {
  const project = await testProject(db);
  let rolled = 0;
  await fc.assert(
    fc.asyncProperty(history, async ({ writes, ranges }) => {
      const { runId, runKey } = await newRun(project);
      const all: Point[] = [];
      for (const { points, rolls } of writes) {
        await log(project, runId, points);
        all.push(...points);
        if (rolls) await rollUp(db, { project, runKey, key: "m" }, sizes);
        for (const range of ranges) expect(await sample(project, runId, range)).toEqual(scan(all, range));
      }
      rolled += await bucketsOf(project, runKey);
    }),
    { numRuns: 60, interruptAfterTimeLimit: 100_000, markInterruptAsFailure: true },
  );
  expect(rolled).toBeGreaterThan(1_000);
}, 120_000);

async function bucketsOf(project: bigint, runKey: bigint): Promise<number> {
  const { rows } = await sql<{ count: bigint }>`
    select count(*) from metric_buckets where project_id = ${project} and run_key = ${runKey}`.execute(db);
  return Number(rows[0]?.count);
}

test("no point is lost that writers on two replicas log while two others put the history into buckets", async () => {
  const project = await testProject(db);
  const { runId, runKey } = await newRun(project);
  const all: Point[] = [];
  let writing = true;
  const write = async (on: typeof db, of: bigint) => {
    for (let i = 0n; i < 150n; i++) {
      // Mostly forward, each writer at steps of its own, at times far back.
      const points = Array.from({ length: 7 }, (_, j): Point => {
        const place = i % 11n === 5n ? (i * 37n) % (i * 7n) : i * 7n + BigInt(j);
        return { step: place * 4n + of, timestamp: i, value: Math.sin(Number(place)) };
      });
      await log(project, runId, points, "m", on);
      all.push(...points);
    }
  };
  const roll = async (on: typeof db) => {
    while (writing) await rollUp(on, { project, runKey, key: "m" }, sizes);
  };
  const rollers = [roll(db), roll(replica)];
  await Promise.all([write(db, 0n), write(db, 1n), write(replica, 2n), write(replica, 3n)]);
  writing = false;
  await Promise.all(rollers);
  expect(await bucketsOf(project, runKey)).toBeGreaterThan(20);
  for (const range of [
    { buckets: 1 },
    { buckets: 13 },
    { buckets: 200 },
    { buckets: 2_000 },
    { buckets: 30, from: 777n, to: 2_222n },
  ])
    expect(await sample(project, runId, range)).toEqual(scan(all, range));
});

test("a point whose writer began before the history was put into buckets, and ended behind that, is not lost", async () => {
  const project = await testProject(db);
  const { runId, runKey } = await newRun(project);
  const points = Array.from({ length: 200 }, (_, i): Point => ({ step: BigInt(i), timestamp: 0n, value: i }));
  await log(project, runId, points);
  const late: Point = { step: 100n, timestamp: 1n, value: 1_000 };
  const metrics = [{ key: "m", ...late }];
  let rolling: Promise<void> | undefined;
  await replica.transaction().execute(async (tx) => {
    await batchStatement([{ project, runId, metrics, params: [], tags: [] }]).execute(tx);
    rolling = rollUp(db, { project, runKey, key: "m" }, sizes);
    // Enough for the buckets to be made, if nothing waited for this transaction.
    for (let i = 0; i < 50; i++)
      expect(await sample(project, runId, { buckets: 10 })).toEqual(scan(points, { buckets: 10 }));
  });
  await rolling;
  expect(await bucketsOf(project, runKey)).toBeGreaterThan(20);
  expect(await sample(project, runId, { buckets: 10 })).toEqual(scan([...points, late], { buckets: 10 }));
});

test("late points are put into buckets too, and then nothing is read point by point but the end", async () => {
  const project = await testProject(db);
  const { runId, runKey } = await newRun(project);
  const point = (step: number): Point => ({ step: BigInt(step), timestamp: 0n, value: step });
  const even = Array.from({ length: 300 }, (_, i) => point(2 * i));
  await log(project, runId, even);
  const series = { project, runKey, key: "m" };
  const unrolled = async () => {
    const [found] = await sampleHistories(db, {
      project,
      runIds: [runId],
      keys: ["m"],
      from: least,
      to: greatest,
      buckets: 10,
    });
    return found?.unrolled;
  };
  expect(await unrolled()).toBe(300);
  await rollUp(db, series, sizes);
  expect(await unrolled()).toBe(1);
  const odd = Array.from({ length: 200 }, (_, i) => point(2 * i + 1));
  await log(project, runId, odd);
  expect(await unrolled()).toBeGreaterThan(200);
  expect(await sample(project, runId, { buckets: 10 })).toEqual(scan([...even, ...odd], { buckets: 10 }));
  await rollUp(db, series, sizes);
  expect(await unrolled()).toBe(1);
  expect(await sample(project, runId, { buckets: 10 })).toEqual(scan([...even, ...odd], { buckets: 10 }));
});

test("a run that has no buckets has no late points", async () => {
  const project = await testProject(db);
  const { runId } = await newRun(project);
  for (const step of [3n, 2n, 1n]) await log(project, runId, [{ step, timestamp: 0n, value: 0 }]);
  const { rows } = await sql`select from late_metrics where project_id = ${project}`.execute(db);
  expect(rows).toEqual([]);
});

test("the statement that writes points of a run with buckets is this", async () => {
  const metrics = [{ key: "m", step: 0n, timestamp: 0n, value: 0 }];
  const statement = batchStatement([{ project: 1n, runId: newRunId(), metrics, params: [], tags: [] }], true);
  await expect(statement.compile(db).sql).toMatchFileSnapshot("./sql/log-late-metrics.sql");
});
