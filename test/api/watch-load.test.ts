import { once } from "node:events";
import { tmpdir } from "node:os";
import { createClient } from "@connectrpc/connect";
import { createGrpcTransport } from "@connectrpc/connect-node";
import { sql } from "kysely";
import { expect, test } from "vitest";
import { WatchService } from "../../gen/loggia/v1/watch_pb.js";
import { MlflowService, RunStatus } from "../../gen/mlflow/service_pb.js";
import { launch } from "../support/process.ts";
import { failure, type TestProject, testServer } from "../support/server.ts";
import { until } from "../support/until.ts";
import { reader } from "../support/watching.ts";

const server = await testServer();
const mlflow = (project: TestProject) => project.client(MlflowService, "grpc");
const newRun = async (project: TestProject): Promise<string> =>
  (await mlflow(project).createRun({ experimentId: "0" })).run?.info?.runId ?? "";

test("five hundred watch at once, each another run, and each is told of its own alone", async () => {
  const project = await server.project();
  const runs = await Promise.all(Array.from({ length: 500 }, () => newRun(project)));
  // A connection has a hundred calls at most.
  const clients = Array.from({ length: 5 }, () => project.client(WatchService, "grpc"));
  const watches = runs.map((runId, i) => ({
    runId,
    watch: reader((clients[i % 5] as (typeof clients)[0]).watch({ runIds: [runId], onlyChanges: true })),
  }));
  await Promise.all(watches.map(({ watch }) => watch.caughtUp()));
  await Promise.all(
    runs.map((runId, i) =>
      mlflowOf(project).logMetric({ runId, key: "m", value: i, timestamp: 1n, step: 1n }),
    ),
  );
  await Promise.all(
    watches.map(({ runId, watch }, i) => watch.until((known) => known.get(runId)?.latest.m === i)),
  );
  for (const { runId, watch } of watches) expect([...watch.runs.keys()]).toEqual([runId]);
  await Promise.all(watches.map(({ watch }) => watch.leave()));
});

const writers = new Map<bigint, ReturnType<typeof mlflow>>();
function mlflowOf(project: TestProject) {
  const known = writers.get(project.id) ?? mlflow(project);
  writers.set(project.id, known);
  return known;
}

test("a watch that does not read is ended and told why; it resumes without a gap, and others never notice", async () => {
  const project = await server.project();
  const runId = await newRun(project);
  const request = { runIds: [runId], pointKeys: ["m"] };
  const client = createClient(
    WatchService,
    createGrpcTransport({
      baseUrl: server.url,
      interceptors: [
        (next) => (call) => {
          call.header.set("loggia-project", String(project.id));
          return next(call);
        },
      ],
    }),
  );
  const slow = reader(client.watch(request));
  const quick = reader(project.client(WatchService, "grpc").watch(request));
  await Promise.all([slow.caughtUp(), quick.caughtUp()]);
  // What is under way holds one of them, and two are more than may wait. It is read as soon as it is ended: it has 30 s to read why.
  const rounds = 4;
  const each = 80_000;
  for (let round = 0; round < rounds; round++) {
    await sql`
      with point as (
        insert into metrics (project_id, run_key, key, step, "timestamp", value)
        select project_id, run_key, 'm', n, 1, n
        from runs, generate_series(${round * each}::int, ${(round + 1) * each - 1}::int) as n
        where run_id = ${runId}::uuid
      )
      insert into latest_metrics (project_id, run_key, key, experiment_id, step, "timestamp", value)
      select project_id, run_key, 'm', experiment_id, ${(round + 1) * each - 1}::int, 1, 0 from runs where run_id = ${runId}::uuid
      on conflict (project_id, run_key, key) do update set step = excluded.step`.execute(server.db);
    await quick.until(() => quick.run(runId).points.m?.length === (round + 1) * each);
  }
  expect(await failure(slow.until(() => false))).toMatchObject({
    errorCode: "REQUEST_LIMIT_EXCEEDED",
    message: expect.stringContaining("too slowly"),
  });
  const resumed = reader(client.watch({ ...request, resumeToken: slow.token }));
  const known = () =>
    new Set([...(slow.runs.get(runId)?.points.m ?? []), ...(resumed.runs.get(runId)?.points.m ?? [])]).size;
  await resumed.caughtUp();
  expect(known()).toBe(rounds * each);
  await Promise.all([resumed.leave(), quick.leave()]);
}, 300_000);

test("loggia watch prints values as they come, and ends with the run", async () => {
  const project = await server.project();
  const runId = await newRun(project);
  await mlflow(project).logMetric({ runId, key: "loss", value: 0.5, timestamp: 1n, step: 1n });
  const child = launch(tmpdir(), "watch", runId, "--json", "--tracking-uri", project.uri);
  let printed = "";
  child.stdout?.on("data", (chunk) => {
    printed += chunk;
  });
  // Not "exit", which may come before what it printed last.
  const exit = once(child, "close");
  await until("the first value is printed", () => printed.includes('"value":0.5'));
  await mlflow(project).logMetric({ runId, key: "loss", value: 0.25, timestamp: 2n, step: 2n });
  await until("the second value is printed", () => printed.includes('"value":0.25'));
  await mlflow(project).updateRun({ runId, status: RunStatus.FINISHED });
  expect(await exit).toEqual([0, null]);
  const lines = printed.trim().split("\n");
  expect(JSON.parse(lines.at(-1) ?? "")).toMatchObject({ run_id: runId, kind: "run", status: "FINISHED" });
});

test("loggia watch says what is wrong: no run, a run that is not there", async () => {
  const project = await server.project();
  for (const [args, message] of [
    [[], "say what to watch"],
    [["0".repeat(32)], `Run with id=${"0".repeat(32)} not found`],
  ] as const) {
    const child = launch(tmpdir(), "watch", ...args, "--tracking-uri", project.uri);
    let errors = "";
    child.stderr?.on("data", (chunk) => {
      errors += chunk;
    });
    const [code] = await once(child, "close");
    expect(code).not.toBe(0);
    expect(errors).toContain(message);
  }
});
