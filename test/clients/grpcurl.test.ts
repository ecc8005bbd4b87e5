import { spawn } from "node:child_process";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { beforeAll, expect, test } from "vitest";
import { ensureGoTools, grpcurl } from "../../scripts/go-tools.ts";
import type { Deps } from "../../src/services/deps.ts";
import { services } from "../../src/services/index.ts";
import { testServer } from "../support/server.ts";
import { until } from "../support/until.ts";

/** grpcurl, which knows nothing of Loggia but what the reflection of the server tells it. */

const server = await testServer();
const closed = await testServer({ open: false });
const address = (url: string) => new URL(url).host;

let program: string;
beforeAll(() => {
  const [folder = ""] = ensureGoTools([grpcurl]);
  program = join(folder, "grpcurl");
}, 600_000);

/** Starts grpcurl. */
function start(...args: string[]) {
  const child = spawn(program, ["-plaintext", "-max-time", "60", ...args]);
  let output = "";
  child.stdout.on("data", (chunk) => {
    output += chunk;
  });
  const errors = text(child.stderr);
  const code = new Promise<number | null>((resolve, reject) =>
    child.once("error", reject).once("close", resolve),
  );
  return {
    child,
    send: (...messages: object[]) => {
      for (const message of messages) child.stdin.write(`${JSON.stringify(message)}\n`);
    },
    /** The messages that came so far. */
    messages: () => messagesIn(output),
    async end() {
      child.stdin.end();
      return { code: await code, output, errors: await errors };
    },
  };
}

/** @returns what it printed. @throws Error with its complaint */
async function run(...args: string[]): Promise<string> {
  const { code, output, errors } = await start(...args).end();
  if (code !== 0) throw new Error(errors);
  return output;
}

/** It prints messages one after the other, each over several lines that end with a brace alone. */
// biome-ignore lint/suspicious/noExplicitAny: a test reads what it expects to be there.
const messagesIn = (output: string): any[] =>
  Array.from(output.matchAll(/^\{$[\s\S]*?^\}$|^\{\}$/gm), ([message]) => JSON.parse(message));

const call = async (method: string, message: object) =>
  messagesIn(await run("-d", JSON.stringify(message), address(server.url), method))[0];

const newRun = async (): Promise<string> =>
  (await call("mlflow.MlflowService/createRun", { experiment_id: "0" })).run.info.runId;

/** @returns the code and the details that it prints of a call that fails. */
async function complaint(...args: string[]) {
  const { code, output, errors } = await start(...args).end();
  expect(code, output).not.toBe(0);
  const details = errors.slice(errors.indexOf("Details:")).replace(/^\s*\d+\)\s*/gm, "");
  return {
    code: /Code: (\w+)/.exec(errors)?.[1],
    detail: JSON.parse(/\{[\s\S]*\}/.exec(details)?.[0] ?? "null"),
  };
}

test("it lists every service, and describes each of them and the messages of their methods", async () => {
  const listed = (await run(address(server.url), "list")).trim().split("\n");
  const served = services({} as Deps).map(({ service }) => service);
  expect(listed.sort()).toEqual(
    [...new Set(served.map(({ typeName }) => typeName)), "grpc.reflection.v1.ServerReflection"].sort(),
  );
  const described = await run(address(server.url), "describe");
  for (const service of served) {
    expect(described).toContain(`${service.typeName} is a service:`);
    for (const method of service.methods) expect(described).toMatch(new RegExp(`rpc ${method.name} \\(`));
    const [method] = service.methods;
    const name = method?.input.typeName ?? "";
    expect(await run(address(server.url), "describe", name)).toContain(`${name} is a message:`);
  }
});

test("it calls RPCs with messages of JSON, in a project that it names", async () => {
  const project = await server.project();
  const header = ["-H", `loggia-project: ${project.id}`];
  const message = JSON.stringify({ experiment_id: "0", tags: [{ key: "t", value: "ü" }] });
  const host = address(server.url);
  const [created] = messagesIn(await run(...header, "-d", message, host, "mlflow.MlflowService/createRun"));
  const { runId } = created.run.info;
  const getRun = (...args: string[]) =>
    run(...args, "-d", JSON.stringify({ run_id: runId }), host, "mlflow.MlflowService/getRun");
  const [found] = messagesIn(await getRun(...header));
  expect(found.run.info).toMatchObject({ runId, status: "RUNNING" });
  expect(found.run.data.tags).toContainEqual({ key: "t", value: "ü" });
  await expect(getRun(), "it is not in the default project").rejects.toThrow("not found");
});

test("it logs a stream from its standard input, and each answer comes while the stream is open", async () => {
  const runId = await newRun();
  const points = (...values: number[]) => ({
    key: "loss",
    steps: values,
    timestamps: values.map(() => 1),
    values,
  });
  const ingest = start("-d", "@", address(server.url), "loggia.v1.IngestService/Ingest");
  ingest.send({ sequence: 1, writes: [{ run_id: runId, metrics: [points(1, 2)] }] });
  await until("the first is durable", () => ingest.messages().at(-1)?.durableSequence === "1");
  ingest.send(
    { sequence: 2, writes: [{ run_id: runId, params: [{ key: "lr", value: "0.1" }] }] },
    { sequence: 3, writes: [{ run_id: "0".repeat(32), metrics: [points(3)] }] },
  );
  await until("all is durable", () => ingest.messages().at(-1)?.durableSequence === "3");
  expect((await ingest.end()).code).toBe(0);
  expect(ingest.messages().flatMap(({ refusals }) => refusals ?? [])).toMatchObject([
    { sequence: "3", error: { errorCode: "RESOURCE_DOES_NOT_EXIST" } },
  ]);
  const { metrics, params } = (await call("mlflow.MlflowService/getRun", { run_id: runId })).run.data;
  expect(metrics).toEqual([{ key: "loss", value: 2, timestamp: "1", step: "2" }]);
  expect(params).toEqual([{ key: "lr", value: "0.1" }]);
});

test("it watches: what is there, and then what changes", async () => {
  const runId = await newRun();
  const watched = JSON.stringify({ run_ids: [runId] });
  const watch = start("-d", watched, address(server.url), "loggia.v1.WatchService/Watch");
  const changes = () => watch.messages().flatMap((answer) => answer.changes ?? []);
  await until("the run is told", () => changes().some(({ info }) => info?.status === "RUNNING"));
  await call("mlflow.MlflowService/logMetric", {
    run_id: runId,
    key: "m",
    value: 0.5,
    timestamp: 1,
    step: 3,
  });
  const isTold = ({ latestMetrics = [] }) =>
    latestMetrics.some(({ key, value }) => key === "m" && value === 0.5);
  await until("the metric is told", () => changes().some(isTold));
  watch.child.kill();
  await watch.end();
});

test("it shows of an error the code of gRPC, and MLflow's by name", async () => {
  const host = address(server.url);
  const getRun = (message: object) =>
    complaint("-d", JSON.stringify(message), host, "mlflow.MlflowService/getRun");
  expect(await getRun({ run_id: "0".repeat(32) })).toEqual({
    code: "NotFound",
    detail: {
      "@type": "type.googleapis.com/mlflow.DatabricksServiceExceptionProto",
      errorCode: "RESOURCE_DOES_NOT_EXIST",
      message: `Run with id=${"0".repeat(32)} not found`,
    },
  });
  const malformed = JSON.stringify({ sequence: 1, writes: [{ params: [{ key: "p", value: "v" }] }] });
  expect(await complaint("-d", malformed, host, "loggia.v1.IngestService/Ingest")).toMatchObject({
    code: "InvalidArgument",
    detail: { errorCode: "INVALID_PARAMETER_VALUE", message: expect.stringContaining("'writes[0].run_id'") },
  });
  const project = await closed.project();
  const headers = [
    `authorization: Bearer ${await project.token({ role: "guest" })}`,
    `loggia-project: ${project.id}`,
  ];
  const sent = headers.flatMap((header) => ["-H", header]);
  const forbidden = ["-d", '{"experiment_id":"0"}', address(closed.url), "mlflow.MlflowService/createRun"];
  expect(await complaint(...sent, ...forbidden)).toMatchObject({
    code: "PermissionDenied",
    detail: { errorCode: "PERMISSION_DENIED" },
  });
});
