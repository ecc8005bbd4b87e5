import http2 from "node:http2";
import { text } from "node:stream/consumers";
import type { MessageInitShape } from "@bufbuild/protobuf";
import { fromBinary } from "@bufbuild/protobuf";
import { FileDescriptorProtoSchema } from "@bufbuild/protobuf/wkt";
import { createClient } from "@connectrpc/connect";
import {
  createConnectTransport,
  createGrpcTransport,
  createGrpcWebTransport,
} from "@connectrpc/connect-node";
import { describe, expect, test } from "vitest";
import {
  ServerReflection,
  type ServerReflectionRequestSchema,
  type ServerReflectionResponse,
} from "../../gen/grpc/reflection/v1/reflection_pb.js";
import { MlflowService } from "../../gen/mlflow/service_pb.js";
import { createProject } from "../../src/store/projects.ts";
import { failure, protocols, testServer } from "../support/server.ts";

const server = await testServer();

// biome-ignore lint/suspicious/noExplicitAny: a test reads what it expects to be there.
const json = (response: Response): Promise<any> => response.json();

describe.each(protocols)("over %s", (protocol) => {
  test("a call is about the project it names, and answers what was stored there", async () => {
    const [one, two] = await Promise.all([server.project(), server.project()]);
    const { experimentId } = await one
      .client(MlflowService, protocol)
      .createExperiment({ name: `wire-${protocol}-é😀` });
    const { experiment } = await one.client(MlflowService, protocol).getExperiment({ experimentId });
    expect(experiment).toMatchObject({
      experimentId,
      name: `wire-${protocol}-é😀`,
      lifecycleStage: "active",
    });
    expect(await failure(two.client(MlflowService, protocol).getExperiment({ experimentId }))).toEqual({
      errorCode: "RESOURCE_DOES_NOT_EXIST",
      message: `No Experiment with id=${experimentId} exists`,
    });
  });

  test("int64 at both ends of its range and special doubles arrive as they were sent", async () => {
    const client = (await server.project()).client(MlflowService, protocol);
    const { run } = await client.createRun({ experimentId: "0", startTime: 1n });
    const runId = run?.info?.runId ?? "";
    const points = [
      { key: "m", value: Number.NaN, timestamp: 2n ** 63n - 1n, step: -(2n ** 63n) },
      { key: "m", value: Number.NEGATIVE_INFINITY, timestamp: 2n ** 53n + 1n, step: 2n ** 63n - 1n },
    ];
    await client.logBatch({ runId, metrics: points });
    const { metrics } = await client.getMetricHistory({ runId, metricKey: "m" });
    expect(metrics.map(({ value, timestamp, step }) => ({ key: "m", value, timestamp, step }))).toEqual(
      points,
    );
  });

  test("a missing parameter, an unknown project and a missing RPC have their MLflow names", async () => {
    const project = await server.project();
    expect(await failure(project.client(MlflowService, protocol).getRun({}))).toEqual({
      errorCode: "INVALID_PARAMETER_VALUE",
      message:
        "Missing value for required parameter 'run_id'. See the API docs for more information about request parameters.",
    });
  });
});

test("one port speaks Connect and gRPC-Web over HTTP/1.1 and HTTP/2, in JSON and binary, and gRPC", async () => {
  const transports = [
    ...(["1.1", "2"] as const).flatMap((httpVersion) =>
      [true, false].flatMap((useBinaryFormat) => [
        createConnectTransport({ baseUrl: server.url, httpVersion, useBinaryFormat }),
        createGrpcWebTransport({ baseUrl: server.url, httpVersion, useBinaryFormat }),
      ]),
    ),
    createGrpcTransport({ baseUrl: server.url }),
    createGrpcTransport({ baseUrl: server.url, useBinaryFormat: false }),
  ];
  for (const transport of transports) {
    const { experiment } = await createClient(MlflowService, transport).getExperiment({ experimentId: "0" });
    expect(experiment?.name).toBe("Default");
  }
});

test("REST is there over cleartext HTTP/2 too", async () => {
  const session = http2.connect(server.url);
  try {
    const stream = session.request({ ":path": "/api/2.0/mlflow/runs/create", ":method": "POST" });
    stream.end(JSON.stringify({ experiment_id: 0 }));
    expect(JSON.parse(await text(stream)).run.info.experiment_id).toBe("0");
  } finally {
    session.close();
  }
});

describe("addresses", () => {
  const path = "api/2.0/mlflow/experiments/get?experiment_id=0";

  test.each(["", "api/v4/projects/default/ml/mlflow/", "api/v4/projects/1/ml/mlflow/"])(
    "the default project is at /%s",
    async (prefix) => {
      const response = await fetch(`${server.url}/${prefix}${path}`);
      expect([response.status, (await json(response)).experiment.name]).toEqual([200, "Default"]);
    },
  );

  test("the aliases of MLflow's pages and of old clients are the same routes", async () => {
    const { uri } = await server.project();
    for (const alias of [path, path.replace("api/", "ajax-api/"), path.replace("2.0/", "2.0/preview/")])
      expect((await fetch(`${uri}/${alias}`)).status).toBe(200);
  });

  test.each([
    ["nobody/here", "nobody%2Fhere"],
    ["99999999", "99999999"],
    ["%2e%2e", "%252e%252e"],
  ])("there is no project %s", async (shown, written) => {
    const response = await fetch(`${server.url}/api/v4/projects/${written}/ml/mlflow/${path}`);
    expect([response.status, await response.json()]).toEqual([
      404,
      { error_code: "RESOURCE_DOES_NOT_EXIST", message: `Project '${shown}' not found` },
    ]);
  });

  test("a project is found by its path in any case, and encoded twice, as requests sends it before a file name with a %", async () => {
    const id = await createProject(server.db, "team/vision");
    const file = "api/2.0/mlflow-artifacts/artifacts/0/a%20b%25.txt";
    await fetch(`${server.url}/api/v4/projects/${id}/ml/mlflow/${file}`, { method: "PUT", body: "bytes" });
    for (const reference of ["team%2Fvision", "TEAM%2fVision", "team%252Fvision", "team%252fvision"]) {
      const response = await fetch(`${server.url}/api/v4/projects/${reference}/ml/mlflow/${file}`);
      expect([reference, await response.text()]).toEqual([reference, "bytes"]);
    }
  });

  test("a prefix counts once, and a broken one names nothing", async () => {
    const prefix = "/api/v4/projects/1/ml/mlflow";
    for (const url of [
      `${prefix}${prefix}/${path}`,
      `/api/v4/projects//ml/mlflow/${path}`,
      `/api/v4/projects/1/ml/mlflowx/${path}`,
    ])
      expect((await fetch(`${server.url}${url}`)).status).toBe(404);
    expect((await fetch(`${server.url}/api/v4/projects/%zz/ml/mlflow/${path}`)).status).toBe(400);
  });
});

describe("what is not an RPC", () => {
  test("/health is MLflow's, /livez and /readyz are JSON", async () => {
    const health = await fetch(`${server.url}/health`);
    expect([health.status, health.headers.get("content-type"), await health.text()]).toEqual([
      200,
      "text/html; charset=utf-8",
      "OK",
    ]);
    for (const path of ["/livez", "/readyz"]) {
      const response = await fetch(server.url + path);
      expect([response.status, await response.json()]).toEqual([200, { status: "ok" }]);
    }
  });

  test("/version and /openapi.json name the same version", async () => {
    const { version } = await json(await fetch(`${server.url}/version`));
    const description = await json(await fetch(`${server.url}/openapi.json`));
    expect(version).toMatch(/^\d+\.\d+\.\d+/);
    expect([description.openapi, description.info.version]).toEqual(["3.1.0", version]);
  });

  test("every path of /openapi.json is a route", async () => {
    const { paths } = await json(await fetch(`${server.url}/openapi.json`));
    expect(Object.keys(paths)).toEqual(
      expect.arrayContaining(["/oauth/token", "/api/1.0/loggia/ci/gitlab-webhook"]),
    );
    for (const [path, verbs] of Object.entries(paths)) {
      const response = await fetch(server.url + path.replace(/\{\w+\}/g, "x"), { method: "OPTIONS" });
      expect([path, response.status]).toEqual([path, 200]);
      for (const verb of Object.keys(verbs as object))
        expect(response.headers.get("allow")).toContain(verb.toUpperCase());
    }
  });

  test("the registry's RPCs are there or say that they are not", async () => {
    const response = await fetch(`${server.url}/api/2.0/mlflow/registered-models/get?name=nobody`);
    expect(response.status).toBe(404);
    expect((await json(response)).error_code).toMatch(/^(ENDPOINT_NOT_FOUND|RESOURCE_DOES_NOT_EXIST)$/);
  });
});

describe("reflection", () => {
  type Question = NonNullable<MessageInitShape<typeof ServerReflectionRequestSchema>["messageRequest"]>;

  async function ask(...questions: Question[]): Promise<ServerReflectionResponse["messageResponse"][]> {
    const client = createClient(ServerReflection, createGrpcTransport({ baseUrl: server.url }));
    const answers: ServerReflectionResponse["messageResponse"][] = [];
    async function* requests() {
      for (const messageRequest of questions) yield { messageRequest };
    }
    for await (const { messageResponse } of client.serverReflectionInfo(requests()))
      answers.push(messageResponse);
    return answers;
  }

  test("lists the services", async () => {
    const [list] = await ask({ case: "listServices", value: "*" });
    expect(list?.case === "listServicesResponse" && list.value.service.map((s) => s.name).sort()).toEqual([
      "grpc.reflection.v1.ServerReflection",
      "loggia.v1.AuditService",
      "loggia.v1.CandidateService",
      "loggia.v1.CiService",
      "loggia.v1.ExperimentService",
      "loggia.v1.ExportService",
      "loggia.v1.IngestService",
      "loggia.v1.MemberService",
      "loggia.v1.MetricService",
      "loggia.v1.ProjectService",
      "loggia.v1.PurgeService",
      "loggia.v1.SessionService",
      "loggia.v1.TokenService",
      "loggia.v1.UserService",
      "loggia.v1.WatchService",
      "mlflow.MlflowService",
      "mlflow.ModelRegistryService",
      "mlflow.artifacts.MlflowArtifactsService",
    ]);
  });

  test("describes a file with all that it imports, by a symbol, a name or an extension in it", async () => {
    const answers = await ask(
      { case: "fileContainingSymbol", value: "mlflow.MlflowService.logMetric" },
      { case: "fileContainingSymbol", value: "mlflow.LogMetric.Response" },
      { case: "fileByFilename", value: "mlflow/service.proto" },
      {
        case: "fileContainingExtension",
        value: { containingType: "google.protobuf.MethodOptions", extensionNumber: 51310 },
      },
    );
    const files = answers.map((answer) => {
      if (answer.case !== "fileDescriptorResponse") throw new Error(`the answer is ${answer.case}`);
      return answer.value.fileDescriptorProto.map(
        (bytes) => fromBinary(FileDescriptorProtoSchema, bytes).name,
      );
    });
    expect(files.map(([first]) => first)).toEqual([
      ...Array(3).fill("mlflow/service.proto"),
      "mlflow/databricks.proto",
    ]);
    expect(new Set(files[0])).toEqual(
      new Set([
        "mlflow/service.proto",
        "mlflow/databricks.proto",
        "scalapb/scalapb.proto",
        "google/protobuf/descriptor.proto",
      ]),
    );
  });

  test("knows the numbers of extensions, and says what it does not know", async () => {
    const [numbers, unknown, nothing] = await ask(
      { case: "allExtensionNumbersOfType", value: "google.protobuf.FieldOptions" },
      { case: "fileContainingSymbol", value: "mlflow.Nothing" },
      { case: "fileByFilename", value: "nothing.proto" },
    );
    expect(numbers?.case === "allExtensionNumbersResponse" && numbers.value.extensionNumber).toContain(51311);
    for (const answer of [unknown, nothing])
      expect(answer?.case === "errorResponse" && answer.value.errorCode).toBe(5);
  });
});
