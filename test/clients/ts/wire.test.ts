import { Code, type ConnectError } from "@connectrpc/connect";
import { sql } from "kysely";
import { afterEach, describe, expect, test } from "vitest";
import { createLoggia, LoggiaError, type NodeOptions } from "../../../clients/ts/src/node.ts";
import { DatabricksServiceExceptionProtoSchema, ErrorCode } from "../../../gen/mlflow/databricks_pb.js";
import { testServer } from "../../support/server.ts";

const server = await testServer();
const guarded = await testServer({ open: false });
const wires: [string, NodeOptions][] = [
  ["Connect over HTTP/2", {}],
  ["Connect over HTTP/1.1", { httpVersion: "1.1" }],
  ["gRPC", { protocol: "grpc" }],
  ["gRPC-Web over HTTP/2", { protocol: "grpc-web" }],
  ["gRPC-Web over HTTP/1.1", { protocol: "grpc-web", httpVersion: "1.1" }],
];

describe.each(wires)("over %s", (_, options) => {
  const open: { close(): void }[] = [];
  afterEach(() => {
    for (const client of open.splice(0)) client.close();
  });
  const connect = async (more: NodeOptions = {}) => {
    const loggia = createLoggia({ baseUrl: (await server.project()).uri, ...options, ...more });
    open.push(loggia);
    return loggia;
  };
  const newRun = async (loggia: Awaited<ReturnType<typeof connect>>) =>
    (await loggia.mlflow.createRun({ experimentId: "0" })).run?.info?.runId ?? "";
  const failure = async (call: Promise<unknown>): Promise<LoggiaError> => {
    const error = await call.then(
      () => undefined,
      (reason: unknown) => reason,
    );
    expect(error).toBeInstanceOf(LoggiaError);
    return error as LoggiaError;
  };

  /** What `work` does while no run can be read or written. */
  const whileRunsAreLocked = (work: () => Promise<void>) =>
    server.owner.transaction().execute(async (tx) => {
      await sql`lock table runs in access exclusive mode`.execute(tx);
      await work();
    });

  test("a deadline ends a call that waits, as DeadlineExceeded", async () => {
    const loggia = await connect();
    const runId = await newRun(loggia);
    await whileRunsAreLocked(async () => {
      const error = await failure(loggia.mlflow.getRun({ runId }, { timeoutMs: 300 }));
      expect(error).toMatchObject({ status: Code.DeadlineExceeded, code: "TEMPORARILY_UNAVAILABLE" });
      expect(error.isTemporary).toBe(true);
    });
    expect((await loggia.mlflow.getRun({ runId })).run?.info?.runId).toBe(runId);
  });

  test("the client's own timeout is the deadline of calls without one", async () => {
    const loggia = await connect({ timeout: 300 });
    const runId = await newRun(loggia);
    await whileRunsAreLocked(async () => {
      expect((await failure(loggia.mlflow.getRun({ runId }))).status).toBe(Code.DeadlineExceeded);
    });
  });

  test("an aborted call ends as Canceled, and is not temporary", async () => {
    const loggia = await connect();
    const runId = await newRun(loggia);
    const abort = new AbortController();
    await whileRunsAreLocked(async () => {
      const call = failure(loggia.mlflow.getRun({ runId }, { signal: abort.signal }));
      abort.abort();
      expect(await call).toMatchObject({ status: Code.Canceled, isTemporary: false });
    });
  });

  test("headers go out and come back, and trailers of an answer are there", async () => {
    const loggia = await connect();
    let id: string | null = null;
    let trailer: Headers | undefined;
    await loggia.mlflow.searchExperiments(
      { maxResults: 1n },
      {
        headers: { "x-request-id": "from-the-test-1" },
        onHeader: (headers) => {
          id = headers.get("x-request-id");
        },
        onTrailer: (headers) => {
          trailer = headers;
        },
      },
    );
    expect(id).toMatch(/\S/);
    expect(trailer).toBeInstanceOf(Headers);
  });

  test("the typed detail of an error gives its code and is there for who wants it", async () => {
    const loggia = await connect();
    const error = await failure(loggia.mlflow.createExperiment({ name: "Default" }));
    expect(error).toMatchObject({ code: "RESOURCE_ALREADY_EXISTS", status: Code.AlreadyExists });
    const details = (error.cause as ConnectError).findDetails(DatabricksServiceExceptionProtoSchema);
    expect(details).toMatchObject([{ errorCode: ErrorCode.RESOURCE_ALREADY_EXISTS, message: error.message }]);
  });

  test("large messages pass both ways, and one that is too large is refused", async () => {
    const loggia = await connect();
    const runId = await newRun(loggia);
    const value = "é".repeat(5_000);
    for (let part = 0; part < 4; part++)
      await loggia.mlflow.logBatch({
        runId,
        tags: Array.from({ length: 100 }, (_, i) => ({ key: `t${part}-${i}`, value })),
      });
    const { run } = await loggia.mlflow.getRun({ runId });
    expect(run?.data?.tags.map((tag) => tag.value)).toEqual(Array(400).fill(value));
    const tooLarge = loggia.mlflow.setTag({ runId, key: "k", value: "x".repeat(5 * 2 ** 20) });
    expect((await failure(tooLarge)).status).toBe(Code.ResourceExhausted);
  });

  test("a token is asked for before each call, and a wrong one is CUSTOMER_UNAUTHORIZED", async () => {
    const project = await guarded.project();
    const tokens = [await project.token(), "wrong"];
    const loggia = createLoggia({
      baseUrl: project.uri,
      ...options,
      token: async () => tokens.shift() ?? "",
    });
    open.push(loggia);
    expect((await loggia.tokens.getCurrentToken({})).token?.kind).toBe("project");
    expect(await failure(loggia.tokens.getCurrentToken({}))).toMatchObject({
      code: "CUSTOMER_UNAUTHORIZED",
      status: Code.Unauthenticated,
    });
  });
});
