import { expect, test } from "vitest";
import { MlflowService } from "../../gen/mlflow/service_pb.js";
import { testServer } from "../support/server.ts";

const server = await testServer();

const setUp = async () => {
  const project = await server.project();
  const client = project.client(MlflowService, "grpc");
  const run = async (values: number[], key = "m") => {
    const runId = (await client.createRun({ experimentId: "0" })).run?.info?.runId ?? "";
    const metrics = values.map((value, i) => ({ key, value, timestamp: BigInt(i), step: BigInt(i) }));
    await client.logBatch({ runId, metrics });
    return runId;
  };
  const read = (path: string, query: [string, string][]) =>
    project.rest("GET", `metrics/${path}?${new URLSearchParams(query)}`);
  return { project, run, read };
};
const badInput = (message: string) => ({
  status: 400,
  body: { error_code: "INVALID_PARAMETER_VALUE", message },
});

test("all points of many runs come by run and step, each with its run", async () => {
  const { run, read } = await setUp();
  const first = await run([0.5, Number.NaN, Number.NEGATIVE_INFINITY], 'a "quoted" key'.replaceAll('"', ""));
  const key = "a quoted key";
  const second = await run([2 ** 53], key);
  const query: [string, string][] = [
    ["run_id", second],
    ["run_id", first],
    ["metric_key", key],
  ];
  const point = (run_id: string, value: unknown, step: number) => ({
    key,
    value,
    timestamp: step,
    step,
    run_id,
  });
  const points = [
    point(first, 0.5, 0),
    point(first, "NaN", 1),
    point(first, "-Infinity", 2),
    point(second, 2 ** 53, 0),
  ];
  expect((await read("get-history-bulk", query)).body).toEqual({ metrics: points });
  expect((await read("get-history-bulk", [...query, ["max_results", "2"]])).body).toEqual({
    metrics: points.slice(0, 2),
  });
  expect((await read("get-history-bulk", [...query, ["max_results", "99999999"]])).status).toBe(200);
});

test("the alias that MLflow's pages use answers alike", async () => {
  const { project, run } = await setUp();
  const runId = await run([1]);
  for (const path of ["get-history-bulk?run_id", "get-history-bulk-interval?run_ids"])
    expect(
      (await project.rest("GET", `/ajax-api/2.0/mlflow/metrics/${path}=${runId}&metric_key=m`)).body,
    ).toEqual({ metrics: [{ key: "m", value: 1, timestamp: 0, step: 0, run_id: runId }] });
});

test("another project's run has no points, as one that does not exist", async () => {
  const { read } = await setUp();
  const foreign = await (await setUp()).run([1, 2]);
  for (const id of [foreign, "f".repeat(32), "x"]) {
    expect(
      await read("get-history-bulk", [
        ["run_id", id],
        ["metric_key", "m"],
      ]),
    ).toMatchObject({
      status: 200,
      body: { metrics: [] },
    });
    expect(
      await read("get-history-bulk-interval", [
        ["run_ids", id],
        ["metric_key", "m"],
      ]),
    ).toMatchObject({ status: 200, body: { metrics: [] } });
  }
});

test("a sample spreads evenly over each run's points, the first and the last among them", async () => {
  const { run, read } = await setUp();
  const long = await run(Array.from({ length: 101 }, (_, i) => i));
  const short = await run([7, 8]);
  const steps = async (...more: [string, string][]) => {
    const { body } = await read("get-history-bulk-interval", [
      ["run_ids", long],
      ["run_ids", short],
      ["metric_key", "m"],
      ...more,
    ]);
    const of = (id: string) =>
      body.metrics.filter((m: { run_id: string }) => m.run_id === id).map((m: { step: number }) => m.step);
    return [of(long), of(short)];
  };
  expect(await steps(["max_results", "5"])).toEqual([
    [0, 25, 50, 75, 100],
    [0, 1],
  ]);
  expect(await steps(["max_results", "1"])).toEqual([[100], [1]]);
  expect(await steps(["max_results", "2"])).toEqual([
    [0, 100],
    [0, 1],
  ]);
  expect(await steps(["max_results", "3"], ["start_step", "10"], ["end_step", "30"])).toEqual([
    [10, 20, 30],
    [],
  ]);
  expect((await steps())[0]).toHaveLength(101);
  for (const count of [7, 64, 99, 100, 101]) {
    const [sample] = await steps(["max_results", String(count)]);
    expect([sample?.length, sample?.[0], sample?.at(-1)]).toEqual([count, 0, 100]);
  }
});

test("what is missing or out of range is refused by name", async () => {
  const { run, read } = await setUp();
  const runId = await run([1]);
  const bulk = (...query: [string, string][]) => read("get-history-bulk", query);
  const interval = (...query: [string, string][]) =>
    read("get-history-bulk-interval", [["run_ids", runId], ["metric_key", "m"], ...query]);
  expect(await bulk(["metric_key", "m"])).toMatchObject(
    badInput("GetMetricHistoryBulk request must specify at least one run_id."),
  );
  expect(await bulk(["run_id", runId])).toMatchObject(
    badInput("GetMetricHistoryBulk request must specify a metric_key."),
  );
  const many = Array.from({ length: 101 }, (): [string, string] => ["run_id", runId]);
  expect(await bulk(...many, ["metric_key", "m"])).toMatchObject(
    badInput("GetMetricHistoryBulk request cannot specify more than 100 run_ids. Received 101 run_ids."),
  );
  expect(await bulk(["run_id", runId], ["metric_key", "m"], ["max_results", "x"])).toMatchObject(
    badInput("Invalid value for parameter 'max_results': it must be an integer of 64 bits."),
  );
  for (const count of ["0", "2501"])
    expect(await interval(["max_results", count])).toMatchObject(
      badInput("max_results must be between 1 and 2500."),
    );
  expect(await interval(["start_step", "1"])).toMatchObject(
    badInput("If either start step or end step are specified, both must be specified."),
  );
  expect(await interval(["start_step", "2"], ["end_step", "1"])).toMatchObject(
    badInput("end_step must be greater than start_step. Found start_step=2 and end_step=1."),
  );
});

test("MLflow 3 clients learn from server-info that there are no uploads in parts", async () => {
  const { project } = await setUp();
  for (const api of ["api", "ajax-api"]) {
    const { status, body } = await project.rest("GET", `/${api}/3.0/mlflow/server-info`);
    expect(status).toBe(200);
    expect(body).toMatchObject({ multipart_uploads_enabled: false, multipart_downloads_enabled: false });
  }
});

test.each([
  "/api/3.0/mlflow/traces/search",
  "/api/2.0/mlflow/gateway/endpoints/list",
  "/api/3.0/mlflow/prompts",
])("what is not served, such as %s, is an endpoint that was not found", async (path) => {
  const { project } = await setUp();
  expect(await project.rest("POST", path, {})).toMatchObject({
    status: 404,
    body: { error_code: "ENDPOINT_NOT_FOUND" },
  });
});
