import { sql } from "kysely";
import { describe, expect, test } from "vitest";
import { IngestService, type Refusal } from "../../gen/loggia/v1/ingest_pb.js";
import { ErrorCode } from "../../gen/mlflow/databricks_pb.js";
import { MlflowService } from "../../gen/mlflow/service_pb.js";
import { answers, outgoing } from "../support/outgoing.ts";
import { failure, streamingProtocols, type TestProject, testServer } from "../support/server.ts";

const server = await testServer();
const guarded = await testServer({ open: false });

const series = (key: string, ...values: number[]) => ({
  key,
  steps: values.map((_, i) => BigInt(i)),
  timestamps: values.map((_, i) => 1_000n + BigInt(i)),
  values,
});

const newRun = async (project: TestProject): Promise<string> =>
  (await project.client(MlflowService, "grpc").createRun({ experimentId: "0" })).run?.info?.runId ?? "";

const dataOf = async (project: TestProject, runId: string) => {
  const found = (await project.client(MlflowService, "grpc").getRun({ runId })).run?.data;
  return {
    metrics: Object.fromEntries(found?.metrics.map(({ key, value }) => [key, value]) ?? []),
    params: Object.fromEntries(found?.params.map(({ key, value }) => [key, value]) ?? []),
    tags: Object.fromEntries(found?.tags.map(({ key, value }) => [key, value]) ?? []),
  };
};

const historyOf = async (project: TestProject, runId: string, metricKey: string) =>
  (await project.client(MlflowService, "grpc").getMetricHistory({ runId, metricKey })).metrics.map(
    ({ step, timestamp, value }) => [step, timestamp, value],
  );

const told = (refusals: readonly Refusal[]) =>
  refusals.map(({ sequence, runId, error }) => [
    sequence,
    runId,
    error && ErrorCode[error.errorCode],
    error?.message,
  ]);

describe.each(streamingProtocols)("Ingest over %s", (protocol) => {
  const setUp = async () => {
    const project = await server.project();
    const client = project.client(IngestService, protocol);
    const requests =
      outgoing<Parameters<typeof client.ingest>[0] extends AsyncIterable<infer R> ? R : never>();
    return { project, client, requests, acknowledged: answers(client.ingest(requests)) };
  };

  test("what is acknowledged is there: points, params and tags of many runs", async () => {
    const { project, requests, acknowledged } = await setUp();
    const [one, two] = [await newRun(project), await newRun(project)];
    requests.send({
      sequence: 7n,
      writes: [
        {
          runId: one,
          metrics: [series("loss", 3, 2, Number.NaN), series("acc", 0.5)],
          params: [{ key: "lr", value: "0.1" }],
          tags: [{ key: "phase", value: "warm up" }],
        },
        { runId: two, metrics: [series("loss", 9)] },
      ],
    });
    const { durableSequence, refusals } = await acknowledged.until(
      ({ durableSequence }) => durableSequence === 7n,
    );
    expect({ durableSequence, refusals }).toEqual({ durableSequence: 7n, refusals: [] });
    expect(await dataOf(project, one)).toEqual({
      metrics: { loss: Number.NaN, acc: 0.5 },
      params: { lr: "0.1" },
      tags: expect.objectContaining({ phase: "warm up" }),
    });
    expect(await historyOf(project, one, "loss")).toEqual([
      [0n, 1_000n, 3],
      [1n, 1_001n, 2],
      [2n, 1_002n, Number.NaN],
    ]);
    expect((await dataOf(project, two)).metrics).toEqual({ loss: 9 });
    requests.end();
    expect(await acknowledged.rest()).toEqual([]);
  });

  test("a caller that sends everything, closes and reads to the end has all of it in the last answer", async () => {
    const { project, requests, acknowledged } = await setUp();
    const run = await newRun(project);
    for (let n = 1; n <= 50; n++)
      requests.send({
        sequence: BigInt(n * 10),
        writes: [{ runId: run, metrics: [{ key: "m", steps: [BigInt(n)], timestamps: [1n], values: [n] }] }],
      });
    requests.end();
    const all = await acknowledged.rest();
    expect(all.at(-1)?.durableSequence).toBe(500n);
    const sequences = all.map(({ durableSequence }) => durableSequence);
    expect(sequences).toEqual([...new Set(sequences)].sort((a, b) => Number(a - b)));
    expect((await historyOf(project, run, "m")).length).toBe(50);
  });

  test("what is sent again over another connection is stored once", async () => {
    const { project, client, requests, acknowledged } = await setUp();
    const run = await newRun(project);
    const request = {
      sequence: 1n,
      writes: [
        {
          runId: run,
          metrics: [series("m", 1, 2, 3)],
          params: [{ key: "p", value: "v" }],
          tags: [{ key: "t", value: "v" }],
        },
      ],
    };
    requests.send(request);
    await acknowledged.next();
    await acknowledged.leave();
    const again = outgoing<typeof request>();
    again.send(request);
    again.end();
    expect((await answers(client.ingest(again)).rest()).at(-1)).toMatchObject({
      durableSequence: 1n,
      refusals: [],
    });
    const { rows } = await sql`
      select count(*)::int as points from metrics where project_id = ${project.id}`.execute(server.db);
    expect(rows).toEqual([{ points: 3 }]);
  });

  test("of a tag that a stream sets again and again the last value stays", async () => {
    const { project, requests, acknowledged } = await setUp();
    const run = await newRun(project);
    for (let n = 1; n <= 300; n++)
      requests.send({
        sequence: BigInt(n),
        writes: [
          { runId: run, tags: [{ key: "at", value: String(n) }], metrics: n % 3 ? [series("m", n)] : [] },
        ],
      });
    requests.end();
    await acknowledged.rest();
    expect((await dataOf(project, run)).tags).toMatchObject({ at: "300" });
  });

  test("data of a run that is absent, deleted, in another project, or changes a param is refused, and the stream goes on", async () => {
    const { project, requests, acknowledged } = await setUp();
    const [good, deleted] = [await newRun(project), await newRun(project)];
    const foreign = await newRun(await server.project());
    const absent = "0".repeat(32);
    await project.client(MlflowService, "grpc").deleteRun({ runId: deleted });
    const metrics = [series("m", 1)];
    requests.send(
      { sequence: 1n, writes: [{ runId: good, params: [{ key: "p", value: "old" }] }] },
      {
        sequence: 2n,
        writes: [
          { runId: good, metrics },
          { runId: deleted, metrics },
          { runId: absent, metrics },
          { runId: foreign, metrics },
          { runId: "no run's id", metrics },
        ],
      },
      {
        sequence: 3n,
        writes: [
          { runId: good, params: [{ key: "p", value: "new" }], metrics: [series("refused with it", 1)] },
          { runId: good, params: [{ key: "p", value: "old" }], tags: [{ key: "t", value: "v" }] },
          {
            runId: good,
            params: [
              { key: "q", value: "1" },
              { key: "q", value: "2" },
            ],
          },
        ],
      },
    );
    requests.end();
    const refusals = (await acknowledged.rest()).flatMap((answer) => answer.refusals);
    expect(told(refusals)).toEqual([
      [2n, deleted, "INVALID_PARAMETER_VALUE", expect.stringContaining("must be in the 'active' state")],
      [2n, absent, "RESOURCE_DOES_NOT_EXIST", `Run with id=${absent} not found`],
      [2n, foreign, "RESOURCE_DOES_NOT_EXIST", `Run with id=${foreign} not found`],
      [2n, "no run's id", "RESOURCE_DOES_NOT_EXIST", "Run with id=no run's id not found"],
      [
        3n,
        good,
        "INVALID_PARAMETER_VALUE",
        `Changing param values is not allowed. Param with key='p' was already logged with value='old' for run ID='${good}'. Attempted logging new value 'new'.`,
      ],
      [3n, good, "INVALID_PARAMETER_VALUE", expect.stringContaining("'q' is given twice")],
    ]);
    expect(await dataOf(project, good)).toEqual({
      metrics: { m: 1 },
      params: { p: "old" },
      tags: expect.objectContaining({ t: "v" }),
    });
  });

  test("two values of a param in one stream: the first is stored, the second refused, even in one breath", async () => {
    const { project, requests, acknowledged } = await setUp();
    const run = await newRun(project);
    for (const n of [1, 2, 3])
      requests.send({
        sequence: BigInt(n),
        writes: [{ runId: run, params: [{ key: "p", value: String(n) }] }],
      });
    requests.end();
    const refusals = (await acknowledged.rest()).flatMap((answer) => answer.refusals);
    expect(refusals.map(({ sequence }) => sequence)).toEqual([2n, 3n]);
    expect((await dataOf(project, run)).params).toEqual({ p: "1" });
  });

  test.each([
    ["sequence", { sequence: 0n }],
    ["sequence", { sequence: 1n }],
    ["writes[0].run_id", { writes: [{ metrics: [series("m", 1)] }] }],
    ["writes[0].metrics[1].key", { writes: [{ runId: "x", metrics: [series("m", 1), series("m#", 1)] }] }],
    ["writes[0].metrics[0].steps", { writes: [{ runId: "x", metrics: [{ ...series("m", 1), steps: [] }] }] }],
    [
      "writes[0].metrics[0].timestamps[0]",
      { writes: [{ runId: "x", metrics: [{ ...series("m", 1), timestamps: [-1n] }] }] },
    ],
    ["writes[1].params[0]", { writes: [{ runId: "x" }, { runId: "x", params: [{ key: "../p" }] }] }],
    ["writes[0].tags[0]", { writes: [{ runId: "x", tags: [{ key: "t", value: "v".repeat(5_001) }] }] }],
    ["writes[0].tags[0]", { writes: [{ runId: "x", tags: [{ key: "t", value: "\0" }] }] }],
    ["writes", { writes: [{ runId: "x", metrics: [series("m", ...Array(10_001).fill(1))] }] }],
  ])(
    "a malformed %s ends the stream and is named, once what came before is acknowledged",
    async (field, request) => {
      const { project, requests, acknowledged } = await setUp();
      const run = await newRun(project);
      requests.send({ sequence: 1n, writes: [{ runId: run, metrics: [series("m", 1)] }] });
      requests.send({ sequence: 2n, ...request });
      expect((await acknowledged.next()).durableSequence).toBe(1n);
      const { errorCode, message } = await failure(acknowledged.next());
      expect(errorCode).toBe("INVALID_PARAMETER_VALUE");
      expect(message).toContain(`'${field}'`);
      expect((await dataOf(project, run)).metrics).toEqual({ m: 1 });
    },
  );

  test.each([
    ["producer.id", { id: "" }],
    ["producer.id", { id: "x".repeat(65) }],
    ["producer.epoch", { id: "x", epoch: -1n }],
  ])("a malformed %s is named", async (field, producer) => {
    const { requests, acknowledged } = await setUp();
    requests.send({ sequence: 1n, producer });
    const { errorCode, message } = await failure(acknowledged.next());
    expect({ errorCode, message }).toMatchObject({
      errorCode: "INVALID_PARAMETER_VALUE",
      message: expect.stringContaining(`'${field}'`),
    });
  });

  test("a message beyond the limit ends the stream as too large, once what came before is acknowledged", async () => {
    const { project, requests, acknowledged } = await setUp();
    const run = await newRun(project);
    requests.send({ sequence: 1n, writes: [{ runId: run, metrics: [series("m", 1)] }] });
    await acknowledged.next();
    requests.send({
      sequence: 2n,
      writes: [{ runId: run, tags: [{ key: "t", value: "x".repeat(5 * 2 ** 20) }] }],
    });
    expect(await failure(acknowledged.next())).toMatchObject({ errorCode: "REQUEST_LIMIT_EXCEEDED" });
  });

  test("a guest may not send, and a token of another project does not find this one", async () => {
    const own = await guarded.project();
    const guest = await own.token({ role: "guest" });
    const stranger = await (await guarded.project()).token();
    for (const [token, errorCode] of [
      [guest, "PERMISSION_DENIED"],
      [stranger, "RESOURCE_DOES_NOT_EXIST"],
    ] as const) {
      const requests = outgoing<{ sequence: bigint }>();
      requests.send({ sequence: 1n });
      const { next } = answers(own.client(IngestService, protocol, token).ingest(requests));
      expect(await failure(next())).toMatchObject({ errorCode });
    }
  });
});
