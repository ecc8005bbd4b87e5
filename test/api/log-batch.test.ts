import { describe, expect, test } from "vitest";
import { MlflowService } from "../../gen/mlflow/service_pb.js";
import { badName, invalid, missing, noRun } from "../support/mlflow-errors.ts";
import { failure, protocols, testServer } from "../support/server.ts";

const server = await testServer();

const metric = (key: string, value = 1, step = 0n) => ({ key, value, timestamp: 1n, step });
const many = (count: number, prefix: string) =>
  Array.from({ length: count }, (_, i) => ({ key: `${prefix}${i}`, value: "v" }));

describe.each(protocols)("log-batch over %s", (protocol) => {
  const setUp = async () => {
    const client = (await server.project()).client(MlflowService, protocol);
    const runId = (await client.createRun({ experimentId: "0" })).run?.info?.runId ?? "";
    const data = async () => {
      const found = (await client.getRun({ runId })).run?.data;
      return {
        metrics: found?.metrics.map(({ key, value }) => [key, value]),
        params: found?.params.map(({ key, value }) => [key, value]),
        tags: found?.tags.map(({ key, value }) => [key, value]),
      };
    };
    const refused = (batch: object) => failure(client.logBatch({ runId, ...batch }));
    return { client, runId, data, refused };
  };
  const nothing = { metrics: [], params: [], tags: [] };

  test("metrics, params and tags are stored together, and again without a trace", async () => {
    const { client, runId, data } = await setUp();
    const batch = {
      runId,
      metrics: [metric("m", 1), metric("m", 1), metric("m", 2, 1n), metric("n", 3)],
      params: [{ key: "p", value: 'a"b\\' }, { key: "empty" }],
      tags: [
        { key: "t", value: "first" },
        { key: "t", value: "last" },
      ],
    };
    for (let i = 0; i < 2; i++) {
      await client.logBatch(batch);
      expect(await data()).toEqual({
        metrics: [
          ["m", 2],
          ["n", 3],
        ],
        params: [
          ["empty", ""],
          ["p", 'a"b\\'],
        ],
        tags: [["t", "last"]],
      });
      expect((await client.getMetricHistory({ runId, metricKey: "m" })).metrics).toHaveLength(2);
    }
  });

  test("an empty batch on an active run is fine", async () => {
    const { client, runId, data } = await setUp();
    await client.logBatch({ runId });
    expect(await data()).toEqual(nothing);
  });

  test("one changed param refuses all of the batch; equal ones beside new ones are stored", async () => {
    const { client, runId, data, refused } = await setUp();
    await client.logBatch({ runId, params: [{ key: "p", value: "1" }] });
    expect(
      await refused({
        metrics: [metric("m")],
        params: [
          { key: "p", value: "it's" },
          { key: "new", value: "1" },
        ],
        tags: [{ key: "t", value: "1" }],
      }),
    ).toEqual(
      invalid(
        `Changing param values is not allowed. Params were already logged='[{'key': 'p', 'old_value': '1', 'new_value': "it's"}, {'key': 'new', 'old_value': None, 'new_value': '1'}]' for run ID='${runId}'.`,
      ),
    );
    expect(await data()).toEqual({ ...nothing, params: [["p", "1"]] });
    await client.logBatch({
      runId,
      params: [
        { key: "p", value: "1" },
        { key: "new", value: "2" },
      ],
    });
    expect((await data()).params).toEqual([
      ["new", "2"],
      ["p", "1"],
    ]);
  });

  test("one wrong item refuses all of the batch", async () => {
    const { data, refused } = await setUp();
    const good = { metrics: [metric("m")], params: [{ key: "p" }], tags: [{ key: "t" }] };
    expect(await refused({ ...good, metrics: [metric("m"), metric("a$")] })).toEqual(badName("metric", "a$"));
    expect(await refused({ ...good, params: [{ key: "a\tb" }] })).toEqual(badName("parameter", "a\tb"));
    expect(await refused({ ...good, tags: [{ key: "t" }, { key: "t$" }] })).toEqual(badName("tag", "t$"));
    expect(await refused({ ...good, metrics: [{ ...metric("m"), timestamp: -1n }] })).toEqual(
      invalid(
        "Got invalid timestamp -1 for metric 'm' (value=1.0). Timestamp must be a nonnegative long (64-bit integer) ",
      ),
    );
    expect(await refused({ ...good, params: [{ key: "p", value: "v".repeat(501) }] })).toEqual(
      invalid(`Param value '${"v".repeat(250)}' had length 501, which exceeded length limit of 500`),
    );
    expect(await refused({ ...good, tags: [{ key: "t", value: "v".repeat(5001) }] })).toEqual(
      invalid(`Tag value '${"v".repeat(250)}' had length 5001, which exceeded length limit of 5000`),
    );
    expect(await refused({ ...good, metrics: [metric("m".repeat(251))] })).toEqual(
      invalid(`Metric name '${"m".repeat(250)}' had length 251, which exceeded length limit of 250`),
    );
    expect(await data()).toEqual(nothing);
  });

  test("an item that lacks a member is quoted as Python would", async () => {
    const { refused } = await setUp();
    const list = (parameter: string, value: string) =>
      invalid(
        `Invalid value ${value} for parameter '${parameter}' supplied. Hint: Value was of type 'list'. See the API docs for more information about request parameters.`,
      );
    const { step: _, ...stepless } = metric("m");
    expect(await refused({ metrics: [stepless] })).toEqual(
      list("metrics", "[{'key': 'm', 'value': 1, 'timestamp': 1, 'step': None}]"),
    );
    expect(
      await refused({
        params: [
          { key: "a", value: "b" },
          { key: "", value: "it's" },
        ],
      }),
    ).toEqual(list("params", `[{'key': 'a', 'value': 'b'}, {'key': '', 'value': "it's"}]`));
    expect(await refused({ tags: [{ value: "v" }] })).toEqual(list("tags", "[{'key': None, 'value': 'v'}]"));
  });

  test("the counts have their limits, each by itself and together", async () => {
    const { client, runId, data, refused } = await setUp();
    const metrics = Array.from({ length: 1001 }, (_, i) => metric(`m${i}`));
    const limit = (most: number, what: string, count: number) =>
      invalid(
        `A batch logging request can contain at most ${most} ${what}. Got ${count} ${what}. Please split up ${what} across multiple requests and try again.`,
      );
    expect(await refused({ metrics })).toEqual(limit(1000, "metrics", 1001));
    expect(await refused({ params: many(101, "p") })).toEqual(limit(100, "params", 101));
    expect(await refused({ tags: many(101, "t") })).toEqual(limit(100, "tags", 101));
    expect(await refused({ metrics: metrics.slice(0, 1000), tags: many(1, "t") })).toEqual(
      limit(1000, "metrics, params, and tags", 1001),
    );
    expect(await data()).toEqual(nothing);
    await client.logBatch({
      runId,
      metrics: metrics.slice(0, 800),
      params: many(100, "p"),
      tags: many(100, "t"),
    });
    const stored = await data();
    expect([stored.metrics, stored.params, stored.tags].map((list) => list?.length)).toEqual([800, 100, 100]);
  });

  test("a param twice in one batch is refused, each repeat named", async () => {
    const { data, refused } = await setUp();
    const params = ["d", "e", "d", "d"].map((key) => ({ key, value: "1" }));
    expect(await refused({ params })).toEqual(
      invalid(
        "Duplicate parameter keys have been submitted: ['d', 'd']. Please ensure the request contains only one param value per param key.",
      ),
    );
    expect(await data()).toEqual(nothing);
  });

  test("the run must be named, well-formed and there", async () => {
    const { client, refused } = await setUp();
    expect(await failure(client.logBatch({}))).toEqual(missing("run_id"));
    expect(await refused({ runId: "a$" })).toEqual(invalid("Invalid run ID: 'a$'"));
    for (const id of ["x", "f".repeat(32)]) expect(await refused({ runId: id })).toEqual(noRun(id));
  });
});

test("of two batches that race for a param, exactly one is stored, whole", async () => {
  const client = (await server.project()).client(MlflowService, "rest");
  for (let round = 0; round < 10; round++) {
    const runId = (await client.createRun({ experimentId: "0" })).run?.info?.runId ?? "";
    const racers = Array.from({ length: 8 }, (_, i) =>
      client.logBatch({
        runId,
        metrics: [metric(`m${i}`)],
        params: [{ key: "p", value: String(i) }],
        tags: [{ key: `t${i}`, value: "" }],
      }),
    );
    const results = await Promise.allSettled(racers);
    const won = results.flatMap((result, i) => (result.status === "fulfilled" ? [String(i)] : []));
    expect(won).toHaveLength(1);
    const data = (await client.getRun({ runId })).run?.data;
    expect(data?.params.map(({ value }) => value)).toEqual(won);
    expect(data?.metrics.map(({ key }) => key)).toEqual(won.map((i) => `m${i}`));
    expect(data?.tags.map(({ key }) => key)).toEqual(won.map((i) => `t${i}`));
  }
});
