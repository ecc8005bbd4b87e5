import { describe, expect, test } from "vitest";
import { MlflowService, type Run, ViewType } from "../../gen/mlflow/service_pb.js";
import { invalid } from "../support/mlflow-errors.ts";
import { failure, protocols, testServer } from "../support/server.ts";

const server = await testServer();

const badCount = (count: number) =>
  invalid(
    `Invalid value ${count} for parameter 'max_results' supplied. Hint: Value was of type 'int'. See the API docs for more information about request parameters.`,
  );

const names = (runs: readonly Run[]) => runs.map((run) => run.info?.runName);

describe.each(protocols)("runs/search over %s", (protocol) => {
  /** A project with runs named after their order of creation: a (the oldest), b, c… with metric m of their place. */
  const setUp = async (made = "abc") => {
    const project = await server.project();
    const client = project.client(MlflowService, protocol);
    const ids: Record<string, string> = {};
    for (const [i, name] of [...made].entries()) {
      const { run } = await client.createRun({
        experimentId: "0",
        startTime: BigInt(1000 + i),
        tags: [{ key: "mlflow.runName", value: name }],
      });
      const runId = run?.info?.runId ?? "";
      ids[name] = runId;
      await client.logBatch({
        runId,
        metrics: [{ key: "m", value: i, timestamp: 5n, step: 3n }],
        params: [{ key: "p q", value: `v${i}` }],
      });
    }
    return { project, client, ids };
  };
  const experimentIds = ["0"];

  test("without filter and order, the newest come first, with all they have logged", async () => {
    const { client, ids } = await setUp();
    const { runs, nextPageToken } = await client.searchRuns({ experimentIds });
    expect(names(runs)).toEqual(["c", "b", "a"]);
    expect(nextPageToken).toBe("");
    const { run } = await client.getRun({ runId: ids.c ?? "" });
    expect(runs[0]).toEqual(run);
    expect(runs[0]?.data).toMatchObject({
      metrics: [{ key: "m", value: 2, timestamp: 5n, step: 3n }],
      params: [{ key: "p q", value: "v2" }],
      tags: [{ key: "mlflow.runName", value: "c" }],
    });
  });

  test("a filter narrows and an order sorts", async () => {
    const { client } = await setUp("abcd");
    const filter =
      "metrics.m >= 1 AND params.`p q` != 'v2' and tags.mlflow.runName LIKE '_' and status = 'RUNNING'";
    expect(names((await client.searchRuns({ experimentIds, filter })).runs)).toEqual(["d", "b"]);
    expect(
      names((await client.searchRuns({ experimentIds, filter, orderBy: ["metrics.m ASC"] })).runs),
    ).toEqual(["b", "d"]);
  });

  test("the latest value counts, not the greatest", async () => {
    const { client, ids } = await setUp();
    await client.logMetric({ runId: ids.c ?? "", key: "m", value: -1, timestamp: 6n, step: 4n });
    await client.logMetric({ runId: ids.b ?? "", key: "m", value: 99, timestamp: 6n, step: 2n });
    expect(names((await client.searchRuns({ experimentIds, filter: "metrics.m > 0" })).runs)).toEqual(["b"]);
    const { runs } = await client.searchRuns({ experimentIds, orderBy: ["metrics.m DESC"] });
    expect(names(runs)).toEqual(["b", "a", "c"]);
  });

  test("infinities are numbers and NaN comes after them", async () => {
    const { client, ids } = await setUp();
    const log = (name: string, value: number) =>
      client.logMetric({ runId: ids[name] ?? "", key: "x", value, timestamp: 1n });
    await log("a", Number.NEGATIVE_INFINITY);
    await log("b", Number.NaN);
    await log("c", Number.POSITIVE_INFINITY);
    const { runs } = await client.searchRuns({ experimentIds, orderBy: ["metrics.x DESC"] });
    expect(names(runs)).toEqual(["c", "a", "b"]);
    expect(runs.map((run) => run.data?.metrics.find(({ key }) => key === "x")?.value)).toEqual([
      Number.POSITIVE_INFINITY,
      Number.NEGATIVE_INFINITY,
      Number.NaN,
    ]);
  });

  test("pages follow one another to the end, and only a page with more behind it has a token", async () => {
    const { client } = await setUp("abcd");
    const search = { experimentIds, orderBy: ["metrics.m"] };
    const first = await client.searchRuns({ ...search, maxResults: 2 });
    expect(names(first.runs)).toEqual(["a", "b"]);
    expect(first.nextPageToken).not.toBe("");
    const second = await client.searchRuns({ ...search, maxResults: 2, pageToken: first.nextPageToken });
    expect(names(second.runs)).toEqual(["c", "d"]);
    expect(second.nextPageToken).toBe("");
    const rest = await client.searchRuns({ ...search, pageToken: first.nextPageToken });
    expect(names(rest.runs)).toEqual(["c", "d"]);
  });

  test("a token is good only for the search it came from", async () => {
    const { client } = await setUp();
    const { experimentId } = await client.createExperiment({ name: "other" });
    const { nextPageToken: pageToken } = await client.searchRuns({ experimentIds, maxResults: 1 });
    const foreign = invalid(
      "Invalid page token, it belongs to another search. Repeat the request that it came from, or leave page_token empty to start anew.",
    );
    for (const change of [
      { filter: "metrics.m > 0" },
      { orderBy: ["metrics.m"] },
      { runViewType: ViewType.ALL },
      { experimentIds: ["0", experimentId] },
      { experimentIds: [] },
    ]) {
      expect(await failure(client.searchRuns({ experimentIds, pageToken, ...change }))).toEqual(foreign);
    }
    const stranger = (await server.project()).client(MlflowService, protocol);
    expect(await failure(stranger.searchRuns({ experimentIds, pageToken }))).toEqual(foreign);
    expect(
      await failure(client.searchRuns({ experimentIds, pageToken: "eyJvZmZzZXQiOiAyfQ==" })),
    ).toMatchObject({
      errorCode: "INVALID_PARAMETER_VALUE",
      message: expect.stringContaining("Invalid page token"),
    });
  });

  test("max_results 0 is an empty page without a token; outside 0 to 50000 is refused", async () => {
    const { client } = await setUp();
    const none = await client.searchRuns({ experimentIds, maxResults: 0 });
    expect(none.runs).toEqual([]);
    expect(none.nextPageToken).toBe("");
    expect((await client.searchRuns({ experimentIds, maxResults: 50_000 })).runs).toHaveLength(3);
    for (const maxResults of [-1, 50_001])
      expect(await failure(client.searchRuns({ experimentIds, maxResults }))).toEqual(badCount(maxResults));
  });

  test("the view type chooses active runs, deleted ones, or both", async () => {
    const { client, ids } = await setUp();
    await client.deleteRun({ runId: ids.b ?? "" });
    const found = async (runViewType: ViewType) =>
      names((await client.searchRuns({ experimentIds, runViewType })).runs);
    expect(names((await client.searchRuns({ experimentIds })).runs)).toEqual(["c", "a"]);
    expect(await found(ViewType.ACTIVE_ONLY)).toEqual(["c", "a"]);
    expect(await found(ViewType.DELETED_ONLY)).toEqual(["b"]);
    expect(await found(ViewType.ALL)).toEqual(["c", "b", "a"]);
  });

  test("several experiments are one list; ids that no experiment has find nothing", async () => {
    const { client } = await setUp();
    const { experimentId } = await client.createExperiment({ name: "other" });
    await client.createRun({ experimentId, startTime: 1001n, tags: [{ key: "mlflow.runName", value: "x" }] });
    const found = async (...ids: string[]) =>
      names((await client.searchRuns({ experimentIds: ids, orderBy: ["tags.mlflow.runName"] })).runs);
    expect(await found("0", experimentId)).toEqual(["a", "b", "c", "x"]);
    expect(await found("000", "0", "777", "abc", "-1", "", "99999999999999999999")).toEqual(["a", "b", "c"]);
    expect(await found("777")).toEqual([]);
    expect(await found()).toEqual([]);
  });

  test("another project's runs are never found", async () => {
    await setUp();
    const stranger = (await server.project()).client(MlflowService, protocol);
    expect((await stranger.searchRuns({ experimentIds, runViewType: ViewType.ALL })).runs).toEqual([]);
  });

  test("a filter or order that cannot be understood is refused in MLflow's words, even if nothing is searched", async () => {
    const { client } = await setUp("");
    const refused: [{ filter?: string; orderBy?: string[] }, string][] = [
      [{ filter: "metrics.m > 'a'" }, "Expected numeric value type for metric. Found 'a'"],
      [{ filter: "metrics.m > 1 OR metrics.m < 0" }, "Invalid clause(s) in filter string: 'OR'"],
      [{ orderBy: ["metrics.m foo"] }, "Invalid ordering key in order_by clause 'metrics.m foo'."],
      [
        { orderBy: ["metrics.a", "metric.a DESC"] },
        "`order_by` contains duplicate fields: ['metrics.a', 'metric.a DESC']",
      ],
    ];
    for (const [bad, message] of refused) {
      const refusal = await failure(client.searchRuns({ experimentIds: [], ...bad }));
      expect(refusal.errorCode).toBe("INVALID_PARAMETER_VALUE");
      expect(refusal.message).toContain(message);
    }
  });

  test("what a filter says is data, never SQL", async () => {
    const { client } = await setUp();
    for (const filter of [
      "params.`a'; drop table runs; --` = 'x'",
      "params.p = '\"; drop table runs; --'",
      "tags.`%s$1?` ILIKE '%$1\\\\%'",
    ]) {
      expect((await client.searchRuns({ experimentIds, filter })).runs).toEqual([]);
    }
    expect((await client.searchRuns({ experimentIds })).runs).toHaveLength(3);
  });
});

test("a run without what it is sorted by comes last, up and down, across pages", async () => {
  const project = await server.project();
  const client = project.client(MlflowService, "connect");
  for (const [i, value] of [undefined, "1", undefined, "10", "2"].entries()) {
    await client.createRun({
      experimentId: "0",
      startTime: BigInt(i),
      tags: [
        { key: "mlflow.runName", value: String(i) },
        ...(value === undefined ? [] : [{ key: "t", value }]),
      ],
    });
  }
  for (const [orderBy, wanted] of [
    ["tags.t", ["1", "3", "4", "2", "0"]],
    ["tags.t DESC", ["4", "3", "1", "2", "0"]],
  ] as const) {
    const found: (string | undefined)[] = [];
    let pageToken = "";
    do {
      const page = await client.searchRuns({
        experimentIds: ["0"],
        orderBy: [orderBy],
        maxResults: 1,
        pageToken,
      });
      found.push(...names(page.runs));
      pageToken = page.nextPageToken;
    } while (pageToken !== "");
    expect(found).toEqual(wanted);
  }
});

test("GET searches as well, on the preview path", async () => {
  const project = await server.project();
  const client = project.client(MlflowService, "rest");
  for (const startTime of [1n, 2n]) await client.createRun({ experimentId: "0", startTime });
  const path = "/api/2.0/preview/mlflow/runs/search?experiment_ids=0&order_by=start_time+ASC&max_results=1";
  const { status, body } = await project.rest("GET", path);
  expect(status).toBe(200);
  expect(body.runs).toMatchObject([{ info: { start_time: 1 } }]);
  const next = await project.rest("GET", `${path}&page_token=${encodeURIComponent(body.next_page_token)}`);
  expect(next.body.runs).toMatchObject([{ info: { start_time: 2 } }]);
  expect(next.body).not.toHaveProperty("next_page_token");
});

test("an answer without runs is an empty object", async () => {
  const project = await server.project();
  const { status, body } = await project.rest("POST", "runs/search", { experiment_ids: ["0"] });
  expect({ status, body }).toEqual({ status: 200, body: {} });
});
