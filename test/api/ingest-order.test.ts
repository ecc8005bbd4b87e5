import { sql } from "kysely";
import { describe, expect, test } from "vitest";
import { IngestService } from "../../gen/loggia/v1/ingest_pb.js";
import { ErrorCode } from "../../gen/mlflow/databricks_pb.js";
import { MlflowService } from "../../gen/mlflow/service_pb.js";
import { answers, outgoing } from "../support/outgoing.ts";
import { failure, protocols, type TestProject, testServer } from "../support/server.ts";
import { until } from "../support/until.ts";

const server = await testServer();
const replica = await server.replica();

interface Request {
  sequence: bigint;
  writes?: object[];
  producer?: { id: string; epoch: bigint };
}

const newRun = async (project: TestProject): Promise<string> =>
  (await project.client(MlflowService, "grpc").createRun({ experimentId: "0" })).run?.info?.runId ?? "";

const tagsOf = async (project: TestProject, runId: string) =>
  Object.fromEntries(
    (await project.client(MlflowService, "grpc").getRun({ runId })).run?.data?.tags.map((t) => [
      t.key,
      t.value,
    ]) ?? [],
  );

const open = (project: TestProject, at = server.url) => {
  const requests = outgoing<Request>();
  const client = project.client(IngestService, "grpc", undefined, at);
  return { requests, acknowledged: answers(client.ingest(requests)) };
};

const tag = (runId: string, value: string) => ({ runId, tags: [{ key: "at", value }] });

describe.each([
  ["this replica", () => server.url],
  ["another replica", () => replica],
])("when a connection breaks and its sender goes on at %s", (_, at) => {
  test("a tag that the old connection is still writing does not overwrite the new one's", async () => {
    const project = await server.project();
    const runId = await newRun(project);
    const old = open(project);
    old.requests.send({ sequence: 1n, writes: [tag(runId, "1")], producer: { id: "p", epoch: 1n } });
    await old.acknowledged.next();

    // A reader's lock on the tag, for which the old connection's write has to wait, and with it its producer.
    const release = Promise.withResolvers<void>();
    const held = Promise.withResolvers<void>();
    const holder = server.db.transaction().execute(async (tx) => {
      await sql`select from tags where project_id = ${project.id} for share`.execute(tx);
      held.resolve();
      await release.promise;
    });
    await held.promise;
    old.requests.send({ sequence: 2n, writes: [tag(runId, "2")] });
    await untilWaiting(1);

    const fresh = open(project, at());
    fresh.requests.send(
      { sequence: 2n, writes: [tag(runId, "2")], producer: { id: "p", epoch: 2n } },
      { sequence: 3n, writes: [tag(runId, "3")] },
    );
    await untilWaiting(2);
    // More of the old connection, that was read before it broke.
    old.requests.send({ sequence: 2_000n, writes: [tag(runId, "late")] });
    release.resolve();
    await holder;
    await fresh.acknowledged.until(({ durableSequence }) => durableSequence === 3n);
    old.requests.send({ sequence: 3_000n, writes: [tag(runId, "later still")] });
    expect(await failure(old.acknowledged.rest())).toMatchObject({ errorCode: "BAD_REQUEST" });
    expect(await tagsOf(project, runId)).toMatchObject({ at: "3" });
    fresh.requests.end();
    await fresh.acknowledged.rest();
  });
});

/** Waits until so many statements wait for a lock. */
const untilWaiting = (count: number) =>
  until(`${count} statements wait for a lock`, async () => {
    const { rows } = await sql<{ waiting: number }>`
      select count(*)::int as waiting from pg_stat_activity
      where datname = current_database() and wait_event_type = 'Lock'`.execute(server.owner);
    return (rows[0]?.waiting ?? 0) >= count;
  });

test("points of an old connection are stored still: a point is its own key", async () => {
  const project = await server.project();
  const runId = await newRun(project);
  const point = { runId, metrics: [{ key: "m", steps: [1n], timestamps: [1n], values: [1] }] };
  for (const epoch of [2n, 1n]) {
    const { requests, acknowledged } = open(project);
    requests.send({ sequence: 1n, writes: [point], producer: { id: "p", epoch } });
    requests.end();
    expect((await acknowledged.rest()).at(-1)?.durableSequence).toBe(1n);
  }
});

/** Sends requests that cannot be committed, since `table` is locked. @returns how many are taken; and what lets them be stored. */
async function heldBack(project: TestProject, table: "metrics" | "tags", all: readonly object[]) {
  const release = Promise.withResolvers<void>();
  const held = Promise.withResolvers<void>();
  const holder = server.db.transaction().execute(async (tx) => {
    await sql`lock table ${sql.table(table)} in exclusive mode`.execute(tx);
    held.resolve();
    await release.promise;
  });
  await held.promise;
  const { requests, acknowledged } = open(project);
  for (const [n, writes] of all.entries()) requests.send({ sequence: BigInt(n + 1), writes: [writes] });
  requests.end();
  const answered = acknowledged.rest();
  let before = -1;
  let still = 0;
  await until("nothing more is taken", () => {
    still = requests.taken === before ? still + 1 : 0;
    before = requests.taken;
    return requests.taken > 0 && still === 30;
  });
  return {
    taken: requests.taken,
    async store() {
      release.resolve();
      await holder;
      expect((await answered).at(-1)?.durableSequence).toBe(BigInt(all.length));
    },
  };
}

test("a sender is held back, not refused, while nothing can be committed, and nothing is lost", async () => {
  const project = await server.project();
  const runId = await newRun(project);
  const all = Array.from({ length: 300 }, (_, n) => {
    const steps = Array.from({ length: 1_000 }, (_, i) => BigInt(n * 1_000 + i));
    return { runId, metrics: [{ key: "m", steps, timestamps: steps, values: steps.map(Number) }] };
  });
  const { taken, store } = await heldBack(project, "metrics", all);
  await store();
  expect(taken).toBeGreaterThan(20);
  expect(taken).toBeLessThan(150);
  const { rows } =
    await sql`select count(*)::int as points from metrics where project_id = ${project.id}`.execute(
      server.db,
    );
  expect(rows).toEqual([{ points: 300_000 }]);
});

test("a sender of long texts is held back sooner", async () => {
  const project = await server.project();
  const runId = await newRun(project);
  // 50 MB of 10,000 tags.
  const tags = Array.from({ length: 100 }, (_, i) => ({ key: `t${i}`, value: "x".repeat(5_000) }));
  const { taken, store } = await heldBack(
    project,
    "tags",
    Array.from({ length: 100 }, () => ({ runId, tags })),
  );
  await store();
  expect(taken).toBeLessThan(50);
});

test("a quota of points holds a stream back, and a quota of none ends it", async () => {
  const project = await server.project();
  const runId = await newRun(project);
  const send = async (count: number) => {
    const steps = Array.from({ length: count }, (_, i) => BigInt(i));
    const { requests, acknowledged } = open(project, quick);
    requests.send({
      sequence: 1n,
      writes: [{ runId, metrics: [{ key: "m", steps, timestamps: steps, values: steps.map(Number) }] }],
    });
    requests.end();
    return (await acknowledged.rest()).at(-1)?.durableSequence;
  };
  await sql`update projects set quota_points_per_minute = 6000 where project_id = ${project.id}`.execute(
    server.db,
  );
  // One that has heard of no quota yet.
  const quick = await server.replica();
  expect(await send(6_000)).toBe(1n);
  const began = performance.now();
  expect(await send(100)).toBe(1n);
  expect(performance.now() - began, "a hundred points are granted in a second").toBeGreaterThan(900);
  await sql`update projects set quota_points_per_minute = 0 where project_id = ${project.id}`.execute(
    server.db,
  );
  const full = await server.replica();
  const { requests, acknowledged } = open(project, full);
  requests.send({
    sequence: 1n,
    writes: [{ runId, metrics: [{ key: "m", steps: [9n], timestamps: [9n], values: [9] }] }],
  });
  expect(await failure(acknowledged.next())).toMatchObject({ errorCode: "REQUEST_LIMIT_EXCEEDED" });
});

describe.each(protocols)("IngestBatch over %s", (protocol) => {
  test("it stores what Ingest would, repeats the sequence number and tells refusals", async () => {
    const project = await server.project();
    const runId = await newRun(project);
    const client = project.client(IngestService, protocol);
    const request = {
      sequence: 2n ** 60n,
      writes: [
        {
          runId,
          metrics: [
            {
              key: "m",
              steps: [1n, 2n ** 62n],
              timestamps: [5n, 6n],
              values: [Number.NaN, Number.NEGATIVE_INFINITY],
            },
          ],
          params: [{ key: "p", value: "v" }],
          tags: [{ key: "t", value: "v" }],
        },
        { runId: "0".repeat(32), tags: [{ key: "t", value: "v" }] },
      ],
    };
    for (let i = 0; i < 2; i++) {
      const { durableSequence, refusals } = await client.ingestBatch(request);
      expect(durableSequence).toBe(2n ** 60n);
      expect(refusals).toMatchObject([
        {
          sequence: 2n ** 60n,
          runId: "0".repeat(32),
          error: {
            errorCode: ErrorCode.RESOURCE_DOES_NOT_EXIST,
            message: `Run with id=${"0".repeat(32)} not found`,
          },
        },
      ]);
    }
    const { rows } = await sql`
      select step, "timestamp", value from metrics where project_id = ${project.id} order by step`.execute(
      server.db,
    );
    expect(rows).toEqual([
      { step: 1n, timestamp: 5n, value: Number.NaN },
      { step: 2n ** 62n, timestamp: 6n, value: Number.NEGATIVE_INFINITY },
    ]);
    expect(await tagsOf(project, runId)).toMatchObject({ t: "v" });
  });

  test("malformed data is refused with the name of the field, and tags of a lesser epoch", async () => {
    const project = await server.project();
    const runId = await newRun(project);
    const client = project.client(IngestService, protocol);
    expect(
      await failure(
        client.ingestBatch({ writes: [{ runId, metrics: [{ key: "m", steps: [1n], values: [1] }] }] }),
      ),
    ).toEqual({
      errorCode: "INVALID_PARAMETER_VALUE",
      message:
        "Invalid value for parameter 'writes[0].metrics[0].timestamps': it has 0 items, but there are 1 values.",
    });
    const write = (epoch: bigint, value: string) =>
      client.ingestBatch({ writes: [tag(runId, value)], producer: { id: "p", epoch } });
    await write(2n, "new");
    expect(await failure(write(1n, "old"))).toMatchObject({ errorCode: "BAD_REQUEST" });
    await write(2n, "newer");
    expect(await tagsOf(project, runId)).toMatchObject({ at: "newer" });
  });
});
