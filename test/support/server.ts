import { mkdtemp, rm } from "node:fs/promises";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { DescService } from "@bufbuild/protobuf";
import {
  type Client,
  ConnectError,
  createClient,
  type Interceptor,
  type Transport,
} from "@connectrpc/connect";
import {
  createConnectTransport,
  createGrpcTransport,
  createGrpcWebTransport,
} from "@connectrpc/connect-node";
import { afterAll } from "vitest";
import { DatabricksServiceExceptionProtoSchema, ErrorCode } from "../../gen/mlflow/databricks_pb.js";
import { localArtifacts } from "../../src/artifacts/local.ts";
import { createServer } from "../../src/server.ts";
import type { Database } from "../../src/store/database.ts";
import { testDatabase, testProject } from "./database.ts";
import { restTransport } from "./rest-transport.ts";

/** The ways in which a call reaches the server. */
export const protocols = ["rest", "connect", "grpc", "grpc-web"] as const;
export type Protocol = (typeof protocols)[number];

export interface TestServer {
  db: Database;
  /** `http://127.0.0.1:<port>` */
  url: string;
  /** Where the artifact objects lie. */
  artifactsRoot: string;
  /** A project of the caller's own. */
  project(): Promise<TestProject>;
}

export interface TestProject {
  id: bigint;
  /** Its tracking URI. */
  uri: string;
  /** A typed client of `service` that works in this project. */
  client<S extends DescService>(service: S, protocol: Protocol): Client<S>;
  /** One plain HTTP exchange below `/api/2.0/mlflow/` (or an absolute path below the tracking URI). */
  rest(method: string, path: string, body?: unknown): Promise<RestAnswer>;
}

export interface RestAnswer {
  status: number;
  headers: Headers;
  // biome-ignore lint/suspicious/noExplicitAny: a test reads what it expects to be there.
  body: any;
}

/** A real server on a database of this test file's own, listening on loopback; stopped after the file. */
export async function testServer(): Promise<TestServer> {
  const { db } = await testDatabase();
  const artifactsRoot = await mkdtemp(join(tmpdir(), "loggia-artifacts-"));
  const server = await createServer({ db, artifacts: localArtifacts(artifactsRoot) });
  await server.listen({ host: "127.0.0.1", port: 0 });
  const { port } = server.server.address() as AddressInfo;
  const url = `http://127.0.0.1:${port}`;
  const stops: (() => void)[] = [];
  afterAll(async () => {
    for (const stop of stops) stop();
    await server.close();
    await rm(artifactsRoot, { recursive: true, force: true });
  });
  return {
    db,
    url,
    artifactsRoot,
    async project() {
      const id = await testProject(db);
      const uri = `${url}/api/v4/projects/${id}/ml/mlflow`;
      return {
        id,
        uri,
        client: (service, protocol) => createClient(service, transport(url, uri, id, protocol)),
        async rest(method, path, body) {
          const response = await fetch(
            path.startsWith("/") ? `${uri}${path}` : `${uri}/api/2.0/mlflow/${path}`,
            {
              method,
              ...(body === undefined ? {} : { body: typeof body === "string" ? body : JSON.stringify(body) }),
            },
          );
          const text = await response.text();
          const json = response.headers.get("content-type")?.includes("json") && text !== "";
          return { status: response.status, headers: response.headers, body: json ? JSON.parse(text) : text };
        },
      };
    },
  };
}

function transport(baseUrl: string, uri: string, project: bigint, protocol: Protocol): Transport {
  const interceptors: Interceptor[] = [
    (next) => (request) => {
      request.header.set("loggia-project", String(project));
      return next(request);
    },
  ];
  switch (protocol) {
    case "rest":
      return restTransport(uri);
    case "connect":
      return createConnectTransport({ baseUrl, httpVersion: "1.1", interceptors });
    case "grpc":
      return createGrpcTransport({ baseUrl, interceptors });
    case "grpc-web":
      return createGrpcWebTransport({ baseUrl, httpVersion: "1.1", interceptors });
  }
}

/** The MLflow error code and message with which a call fails, whatever the protocol; throws when it succeeds. */
export async function failure(call: Promise<unknown>): Promise<{ errorCode: string; message: string }> {
  const error = await call.then(
    (answer) => {
      throw new Error(
        `the call succeeded: ${JSON.stringify(answer, (_, v) => (typeof v === "bigint" ? String(v) : v))}`,
      );
    },
    (reason: unknown) => reason,
  );
  if (!(error instanceof ConnectError)) throw error;
  const detail = [
    ...error.findDetails(DatabricksServiceExceptionProtoSchema),
    ...error.details.flatMap((found) =>
      "value" in found && "desc" in found ? [found.value as { errorCode?: ErrorCode }] : [],
    ),
  ][0];
  return {
    errorCode: detail?.errorCode === undefined ? "no detail" : ErrorCode[detail.errorCode],
    message: error.rawMessage,
  };
}
