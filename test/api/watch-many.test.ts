import { sql } from "kysely";
import { beforeAll, beforeEach, describe, expect, test } from "vitest";
import { WatchService } from "../../gen/loggia/v1/watch_pb.js";
import { encodePageToken } from "../../src/search/page-token.ts";
import { catchUp } from "../../src/services/watch-catch-up.ts";
import { deleteExperiment, restoreExperiment } from "../../src/store/experiments.ts";
import { type Batch, logBatch } from "../../src/store/log-batch.ts";
import { moveRuns, tagRuns } from "../../src/store/many-runs.ts";
import { createRun } from "../../src/store/new-runs.ts";
import { logInOrder } from "../../src/store/ordered-writes.ts";
import { moveRun, updateRun } from "../../src/store/runs.ts";
import { pageTokenSecret } from "../../src/store/secrets.ts";
import { bareOf, currentSnapshot } from "../../src/store/snapshots.ts";
import { changeTag, deleteTag } from "../../src/store/tags.ts";
import { forgetNotes } from "../../src/store/written-runs.ts";
import { type TestProject, testServer } from "../support/server.ts";
import { type KnownRun, reader } from "../support/watching.ts";

/**
 * Watches of an experiment with more runs than are all looked at. What writes here is another pool than the server's, of which
 * nobody hears a hint: as another replica whose notifications are lost.
 */

/** Looks at runs that are there for other reasons than that they were noted: a page of them, or all at once. */
let looks = 0;
const server = await testServer({
  plugin: {
    transformQuery: ({ node }) => {
      const text = node.kind === "RawNode" ? node.sqlFragments.join("") : "";
      // What stands in the place of its parts is not in the text.
      if (text.trim() === "with moment as materialized ()") looks++;
      return node;
    },
    transformResult: async ({ result }) => result,
  },
});
const { db } = server;
const runs = 20_001;
let project: TestProject;

const idOf = async (key: number) => {
  const { rows } = await sql<{ id: string }>`
    select replace(run_id::text, '-', '') as id from runs where project_id = ${project.id} and run_key = ${key}`.execute(
    db,
  );
  return rows[0]?.id ?? "";
};

beforeAll(async () => {
  project = await server.project();
  await sql`
    insert into runs (project_id, run_key, run_id, experiment_id, user_id, status, start_time, artifact_uri)
    select ${project.id}, n, md5(n::text)::uuid, 0, '', 'RUNNING', n, '' from generate_series(1, ${runs}::int) n`.execute(
    db,
  );
  await sql`update counters set value = ${runs} where project_id = ${project.id} and name = 'run'`.execute(
    db,
  );
  await sql`vacuum analyze runs`.execute(server.owner);
});
beforeEach(() => {
  looks = 0;
});

const batch = (runId: string, parts: Partial<Batch>): Batch => ({
  ...{ project: project.id, runId, metrics: [], params: [], tags: [] },
  ...parts,
});
const log = (runId: string, step: number) =>
  logBatch(db, batch(runId, { metrics: [{ key: "m", value: step, timestamp: 1n, step: BigInt(step) }] }));

/** Each way in which runs are written to, and how a reader can tell. */
const writes: [string, (runId: string) => Promise<unknown>, (run: KnownRun | undefined) => boolean][] = [
  ["a point", (id) => log(id, 1), (run) => run?.latest.m === 1],
  ["a point soon after another", (id) => log(id, 2), (run) => run?.latest.m === 2],
  [
    "a param over a stream",
    (id) =>
      logInOrder(db, {
        project: project.id,
        batches: [batch(id, { params: [{ key: "p", value: "v" }] })],
        producer: { id: "it", epoch: 1n },
      }),
    (run) => run?.params.p === "v",
  ],
  ["a tag", (id) => changeTag(db, project.id, id, "t", () => "v"), (run) => run?.tags.t === "v"],
  [
    "a tag's end",
    (id) => deleteTag(db, project.id, id, "t"),
    (run) => run !== undefined && !("t" in run.tags),
  ],
  [
    "a status",
    (id) => updateRun(db, project.id, id, { status: "FINISHED" }),
    (run) => run?.status === "FINISHED",
  ],
  ["a deletion", (id) => moveRun(db, project.id, id, "active"), (run) => run?.stage === "deleted"],
  ["a restoration", (id) => moveRun(db, project.id, id, "deleted"), (run) => run?.stage === "active"],
  ["a tag of many", (id) => tagRuns(db, project.id, [id], "many", "v"), (run) => run?.tags.many === "v"],
  [
    "the deletion of many",
    (id) => moveRuns(db, project.id, [id], "deleted"),
    (run) => run?.stage === "deleted",
  ],
];

function watch(resumeToken = "") {
  const leaving = new AbortController();
  const request = { experimentId: "0", onlyChanges: true, resumeToken };
  const client = project.client(WatchService, "grpc");
  // A reader that merely stops to read would be told of all that the tests behind it write.
  return Object.assign(reader(client.watch(request, { signal: leaving.signal })), {
    leave: async () => leaving.abort(),
  });
}

describe(`a watch of ${runs} runs`, () => {
  test("is told of every kind of write that nobody hints at, without a look at all runs", async () => {
    const watching = watch();
    await watching.caughtUp();
    const id = await idOf(7);
    for (const [, write, isTold] of writes) {
      await write(id);
      await watching.until((runs) => isTold(runs.get(id)));
    }
    const made = "0123456789abcdef".repeat(2);
    await createRun(db, {
      ...{ project: project.id, experiment: 0n, runId: made, userId: "", startTime: 0n, tags: [] },
    });
    await watching.until((runs) => runs.get(made)?.status === "RUNNING");
    expect([...watching.runs.keys()].sort()).toEqual([id, made].sort());
    expect(looks).toBe(0);
    await watching.leave();
  });

  test.each(writes)(
    "that resumes is told of %s, without a look at all runs",
    async (_name, write, isTold) => {
      const id = await idOf(8);
      const watching = watch();
      await watching.caughtUp();
      await watching.leave();
      await write(id);
      const resumed = watch(watching.token);
      await resumed.caughtUp();
      expect(isTold(resumed.runs.get(id))).toBe(true);
      expect(looks).toBe(0);
      await resumed.leave();
    },
  );

  test("that resumes with a token that no notes go back to looks at all runs, page by page, and may break off", async () => {
    const changed = [await idOf(10), await idOf(7_000), await idOf(runs)];
    const secret = await pageTokenSecret(db);
    const identity = JSON.stringify(["watch", String(project.id), [], "0", []]);
    const told = bareOf(await currentSnapshot(db));
    for (const id of changed) await log(id, 3);
    const broken = watch(encodePageToken(secret, identity, [told]));
    await broken.take();
    await broken.take();
    await broken.leave();
    expect([...broken.runs.keys()]).toEqual([changed[0], changed[1]]);
    expect(looks).toBeGreaterThanOrEqual(2);
    expect(looks).toBeLessThan(5);
    await log(changed[0] ?? "", 4);
    const resumed = watch(broken.token);
    await resumed.caughtUp();
    expect(resumed.run(changed[0] ?? "").latest.m, "a write to a run that was passed already").toBe(4);
    expect(resumed.run(changed[2] ?? "").latest.m).toBe(3);
    expect(resumed.runs.has(changed[1] ?? ""), "what was told by the pages before").toBe(false);
    await resumed.leave();
  });

  test("is told of its experiment's deletion and restoration, of each run, by connections that have moved single ones", async () => {
    // But those that were deleted before, by themselves.
    const all = (known: Map<string, KnownRun>, stage: string) =>
      [...known.values()].filter((run) => run.stage === stage).length >= runs - 2;
    const watching = watch();
    await watching.caughtUp();
    await deleteExperiment(db, project.id, 0n, 1n);
    await watching.until((known) => all(known, "deleted"));
    await watching.leave();
    await restoreExperiment(db, project.id, 0n, 2n);
    const resumed = watch(watching.token);
    await resumed.caughtUp();
    expect(all(resumed.runs, "active")).toBe(true);
    await resumed.leave();
  }, 180_000);
});

test("a catching up in pages tells all that changed, and with the next one what is written between the pages", async () => {
  const own = await server.project();
  const ids: string[] = [];
  for (let n = 0; n < 40; n++) {
    const runId = n.toString(16).padStart(32, "a");
    ids.push(runId);
    await createRun(db, {
      ...{ project: own.id, experiment: 0n, runId, userId: "", startTime: 0n, tags: [] },
    });
  }
  const write = (n: number, key: string) =>
    logBatch(db, { ...batch(ids[n] ?? "", { params: [{ key, value: "v" }] }), project: own.id });
  const told = bareOf(await currentSnapshot(db));
  for (let n = 0; n < 40; n += 3) await write(n, "before");
  const first = await currentSnapshot(db);
  const subject = { project: own.id, runKeys: new Map(), experiment: 0n, pointKeys: [] };
  const sizes = { few: 10, page: 7, mostNoted: 1_000 };
  const seen = new Map<string, Set<string>>();
  const pages: (bigint | undefined)[] = [];
  const take = async (since: string) => {
    for await (const { told, upTo } of catchUp(db, subject, { told: since }, sizes)) {
      pages.push(upTo);
      for (const { change } of told)
        for (const { key } of change.params)
          seen.set(change.runId, (seen.get(change.runId) ?? new Set()).add(key));
      // Of a run that was passed, one of the page that comes, and the last.
      const page = pages.length;
      for (const n of [page, Math.min(39, page * 7 + 1), 39]) await write(n, `page-${page}`);
    }
  };
  await take(told);
  expect(pages).toEqual([7n, 14n, 21n, 28n, 35n, 40n]);
  await take(first);
  const wanted = new Map<string, Set<string>>();
  const want = (n: number, key: string) =>
    wanted.set(ids[n] ?? "", (wanted.get(ids[n] ?? "") ?? new Set()).add(key));
  for (let n = 0; n < 40; n += 3) want(n, "before");
  for (let page = 1; page <= 6; page++)
    for (const n of [page, Math.min(39, page * 7 + 1), 39]) want(n, `page-${page}`);
  for (const [id, keys] of wanted)
    expect([...(seen.get(id) ?? [])]).toEqual(expect.arrayContaining([...keys]));
  expect(seen.size).toBe(wanted.size);
});

test("notes are forgotten after a day, and not before", async () => {
  await sql`
    insert into written_runs (project_id, experiment_id, noted_at, run)
    select ${project.id}, 5, now() - make_interval(hours => hours), 1 from unnest(array[1, 23, 24, 26, 50]) hours`.execute(
    db,
  );
  await forgetNotes(db);
  const { rows } = await sql`
    select from written_runs where project_id = ${project.id} and experiment_id = 5`.execute(db);
  expect(rows.length).toBe(3);
});
