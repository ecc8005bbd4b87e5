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
import type { FastifyInstance } from "fastify";
import type { KyselyPlugin } from "kysely";
import { afterAll } from "vitest";
import { DatabricksServiceExceptionProtoSchema, ErrorCode } from "../../gen/mlflow/databricks_pb.js";
import { localArtifacts } from "../../src/artifacts/local.ts";
import { createServer, type ServerOptions } from "../../src/server.ts";
import { accessChannel } from "../../src/store/access.ts";
import type { Database } from "../../src/store/database.ts";
import { hintChannel } from "../../src/store/run-hints.ts";
import { testDatabase, testProject } from "./database.ts";
import { restTransport } from "./rest-transport.ts";
import { issueToken, type TestTokenOptions } from "./tokens.ts";

/** The ways in which a call reaches the server. */
export const protocols = ["rest", "connect", "grpc", "grpc-web"] as const;
export type Protocol = (typeof protocols)[number] | (typeof streamingProtocols)[number];

/** Those over which both sides stream. */
export const streamingProtocols = ["connect over HTTP/2", "grpc"] as const;

export interface TestServer {
  db: Database;
  /** The same database as its owner. */
  owner: Database;
  /** `http://127.0.0.1:<port>` */
  url: string;
  /** Where the artifact objects lie. */
  artifactsRoot: string;
  /** A project of the caller's own. */
  project(): Promise<TestProject>;
  /** A project that is there already, or was. */
  at(id: bigint): TestProject;
  /** Every route the server has, as the router knows it: `/api/2.0/mlflow/logged-models/:model_id`. */
  routes(): string[];
  /** Starts one more server on the same database. @returns its `http://127.0.0.1:<port>`. */
  replica(): Promise<string>;
  /** Ends the server, and starts another at the same address once `meanwhile` is done. */
  restart(meanwhile: () => Promise<void>): Promise<void>;
}

export interface TestProject {
  id: bigint;
  /** Its tracking URI. */
  uri: string;
  /** A typed client of `service` that works in this project, with a token if it is given one, at another replica if told so. */
  client<S extends DescService>(service: S, protocol: Protocol, token?: string, at?: string): Client<S>;
  /** One plain HTTP exchange below `/api/2.0/mlflow/` (or an absolute path below the tracking URI). */
  rest(method: string, path: string, body?: unknown, options?: { token?: string }): Promise<RestAnswer>;
  /** A token that is of use in this project alone: of developer and scope `api` unless told otherwise. */
  token(options?: Omit<TestTokenOptions, "project">): Promise<string>;
}

export interface TestServerOptions
  extends Pick<
    ServerOptions,
    | "open"
    | "anonymousReads"
    | "failedLogins"
    | "limits"
    | "callsPerToken"
    | "edge"
    | "log"
    | "ci"
    | "web"
    | "pages"
    | "oidc"
    | "publicUrl"
  > {
  /** Sees every statement that the server builds. */
  plugin?: KyselyPlugin;
}

export interface RestAnswer {
  status: number;
  headers: Headers;
  // biome-ignore lint/suspicious/noExplicitAny: a test reads what it expects to be there.
  body: any;
}

/** A real server on a database of this test file's own, listening on loopback; stopped after the file. */
export async function testServer({ plugin, ...options }: TestServerOptions = {}): Promise<TestServer> {
  const { db, owner, listen, another } = await testDatabase();
  const artifactsRoot = await mkdtemp(join(tmpdir(), "loggia-artifacts-"));
  const servers: FastifyInstance[] = [];
  const start = async (port = 0) => {
    // As in earnest: what the server asks outside of any scope sees nothing.
    const served = another({ projects: undefined });
    const server = await createServer({
      db: plugin === undefined ? served : served.withPlugin(plugin),
      artifacts: localArtifacts(artifactsRoot),
      listenToAccess: (changed) => listen(accessChannel, changed),
      listenToHints: (heard) => listen(hintChannel, heard),
      ...options,
    });
    servers.push(server);
    await server.listen({ host: "127.0.0.1", port });
    return `http://127.0.0.1:${(server.server.address() as AddressInfo).port}`;
  };
  const url = await start();
  afterAll(async () => {
    await Promise.all(servers.map((server) => server.close()));
    await rm(artifactsRoot, { recursive: true, force: true });
  });
  return {
    db,
    owner,
    url,
    artifactsRoot,
    replica: () => start(),
    async restart(meanwhile) {
      await servers.shift()?.close();
      await meanwhile();
      await start(Number(new URL(url).port));
    },
    routes: () => routesOf(servers[0]?.printRoutes({ commonPrefix: false }) ?? ""),
    project: async () => at(await testProject(db)),
    at,
  };

  function at(id: bigint): TestProject {
    const uri = `${url}/api/v4/projects/${id}/ml/mlflow`;
    return {
      id,
      uri,
      client: (service, protocol, token, at = url) =>
        createClient(service, transport(at, uri, id, protocol, token)),
      token: (options) => issueToken(db, { role: "developer", ...options, project: id }),
      async rest(method, path, body, { token } = {}) {
        const response = await fetch(
          path.startsWith("/") ? `${uri}${path}` : `${uri}/api/2.0/mlflow/${path}`,
          {
            method,
            headers: bearer(token),
            ...(body === undefined ? {} : { body: typeof body === "string" ? body : JSON.stringify(body) }),
          },
        );
        const text = await response.text();
        const json = response.headers.get("content-type")?.startsWith("application/json") && text !== "";
        return { status: response.status, headers: response.headers, body: json ? JSON.parse(text) : text };
      },
    };
  }
}

/** Reads Fastify's drawing of its routes: a child continues the path of its parent. */
function routesOf(tree: string): string[] {
  const path: string[] = [];
  return tree.split("\n").flatMap((line) => {
    const [, indent = "", part = ""] = /^((?:│ {3}| {4})*)(?:├── |└── )(\S+)/.exec(line) ?? [];
    if (part === "") return [];
    const depth = indent.length / 4;
    path.splice(depth, path.length, part);
    return [path.join("")];
  });
}

const bearer = (token: string | undefined): Record<string, string> =>
  token === undefined ? {} : { authorization: `Bearer ${token}` };

function transport(
  baseUrl: string,
  uri: string,
  project: bigint,
  protocol: Protocol,
  token: string | undefined,
): Transport {
  const interceptors: Interceptor[] = [
    (next) => (request) => {
      request.header.set("loggia-project", String(project));
      if (token !== undefined) request.header.set("authorization", `Bearer ${token}`);
      return next(request);
    },
  ];
  switch (protocol) {
    case "rest":
      return restTransport(uri, bearer(token));
    case "connect":
      return createConnectTransport({ baseUrl, httpVersion: "1.1", interceptors });
    case "connect over HTTP/2":
      return createConnectTransport({ baseUrl, httpVersion: "2", interceptors });
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
