import { type DescMethod, getOption } from "@bufbuild/protobuf";
import { ConnectError } from "@connectrpc/connect";
import { describe, expect, test } from "vitest";
import { ServerReflection } from "../../gen/grpc/reflection/v1/reflection_pb.js";
import { AuditService } from "../../gen/loggia/v1/audit_pb.js";
import { MlflowArtifactsService } from "../../gen/mlflow/artifacts/mlflow_artifacts_pb.js";
import { rpc } from "../../gen/mlflow/databricks_pb.js";
import { MlflowService } from "../../gen/mlflow/service_pb.js";
import { type Permission, permissionOf } from "../../src/auth/permissions.ts";
import type { Role } from "../../src/auth/roles.ts";
import { newToken } from "../../src/auth/token.ts";
import type { Deps } from "../../src/services/deps.ts";
import { services } from "../../src/services/index.ts";
import { failure, protocols, type TestProject, testServer } from "../support/server.ts";

/** Every RPC and every route, on every protocol, with every kind of token that is not good enough, and one that just is. */

const server = await testServer({ open: false, failedLogins: { most: 1_000_000 } });
const project = await server.project();
const other = await server.project();

/** How a call ended, and whether it was told how to log in. */
interface Outcome {
  code: string;
  message: string;
  challenge: string | null;
}

interface Target {
  name: string;
  permission: Permission;
  call(project: TestProject, token: string | undefined): Promise<Outcome>;
}

const described = [...services({ db: server.db } as Deps).map(({ service }) => service), ServerReflection];
const methods = described.flatMap((service) => service.methods);

const permission = (method: DescMethod): Permission => {
  const found = permissionOf(method);
  if (found === undefined) throw new Error(`${method.name} has no permission`);
  return found;
};

const codes: Record<number, string> = {
  401: "CUSTOMER_UNAUTHORIZED",
  403: "PERMISSION_DENIED",
  404: "RESOURCE_DOES_NOT_EXIST",
};

async function http(method: string, path: string, { uri }: TestProject, token: string | undefined) {
  const response = await fetch(`${uri}${path}`, {
    method,
    headers: token === undefined ? {} : { authorization: `Bearer ${token}` },
    ...(method === "GET" || method === "HEAD" ? {} : { body: "{}" }),
  });
  const text = await response.text();
  const body = text.startsWith("{") ? JSON.parse(text) : {};
  return {
    code: body.error_code ?? codes[response.status] ?? String(response.status),
    message: String(body.message ?? ""),
    challenge: response.headers.get("www-authenticate"),
  };
}

const route = (method: string, path: string, of: DescMethod): Target => ({
  name: `${method} ${path}`,
  permission: permission(of),
  call: (project, token) => http(method, path, project, token),
});

const { uploadArtifact, downloadArtifact, deleteArtifact } = MlflowArtifactsService.method;
const file = "/api/2.0/mlflow-artifacts/artifacts/0/x/artifacts/f";
const bytes = [
  route("GET", file, downloadArtifact),
  route("HEAD", file, downloadArtifact),
  route("PUT", file, uploadArtifact),
  route("DELETE", file, deleteArtifact),
  route("GET", "/get-artifact?run_id=x&path=f", downloadArtifact),
  route("GET", "/model-versions/get-artifact?name=x&version=1&path=f", downloadArtifact),
  route("GET", "/api/1.0/loggia/artifacts/archive?run_id=x&path=f", downloadArtifact),
  route("GET", "/api/1.0/loggia/audit/export", AuditService.method.listEvents),
  route("GET", "/api/1.0/loggia/export/runs", MlflowService.method.searchRuns),
  route("GET", "/api/1.0/loggia/export/metrics", MlflowService.method.getMetricHistory),
  route("GET", "/api/2.0/mlflow/metrics/get-history-bulk", MlflowService.method.getMetricHistory),
  route("GET", "/api/2.0/mlflow/metrics/get-history-bulk-interval", MlflowService.method.getMetricHistory),
];

/** Every endpoint of every RPC, the previews and second names among them. */
const rest = [
  ...methods.flatMap((method) =>
    getOption(method, rpc)
      .endpoints.filter(({ path }) => !path.includes("<"))
      .map(({ method: verb, path, since }) =>
        route(verb, `/api/${since?.major}.${since?.minor}${path.replace(/\{\w+\}/g, "x")}`, method),
      ),
  ),
  ...bytes,
];

/** Every RPC, streams as well. */
const rpcs = (protocol: "connect" | "grpc" | "grpc-web"): Target[] =>
  methods
    // Only HTTP/2 can send and receive at the same time.
    .filter(({ methodKind }) => methodKind !== "bidi_streaming" || protocol === "grpc")
    .map((method) => ({
      name: `${method.parent.typeName}/${method.name}`,
      permission: permission(method),
      async call(project, token) {
        const client = project.client(method.parent, protocol, token) as Record<
          string,
          (input: unknown) => Promise<unknown> | AsyncIterable<unknown>
        >;
        const invoke = client[method.localName] as (
          input: unknown,
        ) => Promise<unknown> | AsyncIterable<unknown>;
        const ended = async () => {
          if (method.methodKind === "unary") return invoke({});
          const input = method.methodKind === "server_streaming" ? {} : (async function* () {})();
          for await (const _ of invoke(input) as AsyncIterable<unknown>);
        };
        try {
          await ended();
          return { code: "OK", message: "", challenge: null };
        } catch (error) {
          const { errorCode, message } = await failure(Promise.reject(error));
          const { metadata } = ConnectError.from(error);
          return { code: errorCode, message, challenge: metadata.get("www-authenticate") };
        }
      },
    }));

const targets: Record<(typeof protocols)[number], Target[]> = {
  rest,
  connect: rpcs("connect"),
  grpc: rpcs("grpc"),
  "grpc-web": rpcs("grpc-web"),
};

/** What `call` makes of each target, by its name: a difference to what is expected names all that are wrong. */
async function walk(walked: readonly Target[], call: (target: Target) => Promise<unknown>) {
  const outcomes: Record<string, unknown> = {};
  const waiting = [...walked];
  await Promise.all(
    Array.from({ length: 16 }, async () => {
      for (let target = waiting.shift(); target !== undefined; target = waiting.shift())
        outcomes[target.name] = await call(target);
    }),
  );
  return outcomes;
}

const all = (walked: readonly Target[], outcome: unknown) =>
  Object.fromEntries(walked.map(({ name }) => [name, outcome]));

const hour = 3_600_000;
const useless: Record<string, () => string | undefined | Promise<string>> = {
  "no token": () => undefined,
  "a token of another form": () => "glpat-0123456789abcdefghij",
  "a token whose checksum is wrong": () => newToken("project").slice(0, -1).concat("_"),
  "a token that nobody issued": () => newToken("project"),
  "an expired token": () => project.token({ role: "owner", expiresAt: new Date(Date.now() - hour) }),
  "a revoked token": () => project.token({ role: "owner", revokedAt: new Date(Date.now() - hour) }),
};

/** The best role that is not enough for an action; none for reading, which every role may. */
const tooLow: Partial<Record<Permission["action"], Role>> = {
  write: "reporter",
  purge: "developer",
  manage: "developer",
  own: "maintainer",
  admin: "owner",
};
const enough: Partial<Record<Permission["action"], Role>> = {
  read: "guest",
  write: "developer",
  purge: "maintainer",
  manage: "maintainer",
  own: "owner",
};
const governing = ["project", "member", "token", "audit"];

describe.each(protocols)("over %s", (protocol) => {
  const every = targets[protocol].filter(({ permission }) => permission.action !== "open");
  const inProject = every.filter(({ permission }) => permission.resource !== "server");

  test.each(Object.keys(useless))("%s is 401 everywhere, with what to log in by", async (kind) => {
    const token = await useless[kind]?.();
    const outcomes = await walk(every, async (target) => {
      const { code, challenge } = await target.call(project, token);
      return { code, challenge };
    });
    expect(outcomes).toEqual(
      all(every, { code: "CUSTOMER_UNAUTHORIZED", challenge: 'Bearer realm="loggia"' }),
    );
  });

  test("another project's token finds no project, whatever its role", async () => {
    const token = await other.token({ role: "owner" });
    const outcomes = await walk(inProject, async (target) => {
      const { code, message } = await target.call(project, token);
      return { code, message: target.name.startsWith("HEAD") ? "" : message };
    });
    const missing = { code: "RESOURCE_DOES_NOT_EXIST", message: `Project '${project.id}' not found` };
    expect(outcomes).toEqual(
      Object.fromEntries(
        inProject.map(({ name }) => [name, name.startsWith("HEAD") ? { ...missing, message: "" } : missing]),
      ),
    );
  });

  test("a token of the wrong scope is 403, though its role is owner", async () => {
    const forContents = await project.token({ role: "owner", scopes: ["admin_project"] });
    const forSettings = await project.token({ role: "owner", scopes: ["write_runs", "write_artifacts"] });
    const outcomes = await walk(inProject, async (target) => {
      const governs = governing.includes(target.permission.resource);
      return (await target.call(project, governs ? forSettings : forContents)).code;
    });
    expect(outcomes).toEqual(all(inProject, "PERMISSION_DENIED"));
  });

  test("a read_api token changes nothing", async () => {
    const token = await project.token({ role: "owner", scopes: ["read_api"] });
    const changing = every.filter(({ permission }) => permission.action !== "read");
    const outcomes = await walk(changing, async (target) => (await target.call(project, token)).code);
    expect(outcomes).toEqual(all(changing, "PERMISSION_DENIED"));
  });

  test("a role that is one too low is 403", async () => {
    const tokens = new Map<Role, string>();
    for (const role of new Set(Object.values(tooLow))) tokens.set(role, await project.token({ role }));
    const guarded = every.filter(
      ({ permission: { resource, action } }) =>
        tooLow[action] !== undefined && (resource !== "server" || action === "admin"),
    );
    const outcomes = await walk(guarded, async (target) => {
      const role = tooLow[target.permission.action];
      return (await target.call(project, role && tokens.get(role))).code;
    });
    expect(outcomes).toEqual(all(guarded, "PERMISSION_DENIED"));
  });

  test("the least role that is enough comes through, to where the message is looked at", async () => {
    const reachable = inProject.filter(({ permission }) => enough[permission.action] !== undefined);
    const outcomes = await walk(reachable, async (target) => {
      const own = await server.project(); // since an empty message may well delete it
      const role = enough[target.permission.action];
      const { code, message } = await target.call(own, await own.token(role && { role }));
      if (code === "CUSTOMER_UNAUTHORIZED") return code;
      return /scopes of this token|needs the role|^Project '\d+' not found/.test(message)
        ? message
        : "through";
    });
    expect(outcomes).toEqual(all(reachable, "through"));
  });
});

test("what is open is open to everyone, and is no more than this", async () => {
  const anyone = Object.values(targets)
    .flat()
    .filter(({ permission }) => permission.action === "open");
  expect(new Set(anyone.map(({ name }) => name))).toEqual(
    new Set([
      "GET /api/1.0/loggia/sessions/viewer",
      "POST /api/1.0/loggia/sessions/sign-out",
      "loggia.v1.SessionService/GetViewer",
      "loggia.v1.SessionService/SignOut",
    ]),
  );
  for (const target of anyone) expect((await target.call(project, undefined)).code).toMatch(/^(?:200|OK)$/);
});

/** Routes that say nothing of anyone's, or that check a credential of another kind themselves. */
const open = [
  "/health",
  "/livez",
  "/readyz",
  "/version",
  "/openapi.json",
  "/api/3.0/mlflow/server-info",
  "/oauth/token",
  "/api/1.0/loggia/ci/gitlab-webhook",
  "/api/1.0/loggia/sessions/viewer",
  "/api/1.0/loggia/sessions/sign-out",
  "/loggia.v1.SessionService/GetViewer",
  "/loggia.v1.SessionService/SignOut",
];

test("no route of the router answers without a token, by any method, but for those that are meant to", async () => {
  const routes = server.routes();
  expect(routes.length).toBeGreaterThan(rest.length);
  const leaks: string[] = [];
  const asked = new Set<string>();
  await Promise.all(
    routes
      .filter((url) => !open.includes(url))
      .flatMap((url) =>
        ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"].map(async (method) => {
          const { code } = await http(
            method,
            url.replace(/:\w+/g, "x").replace("*", "/x"),
            project,
            undefined,
          );
          if (code === "CUSTOMER_UNAUTHORIZED") asked.add(url);
          // Another method than the route's, another type than Connect's, another HTTP than a stream's.
          else if (!["ENDPOINT_NOT_FOUND", "405", "415", "505"].includes(code))
            leaks.push(`${method} ${url}: ${code}`);
        }),
      ),
  );
  expect(leaks).toEqual([]);
  const silent = routes.filter((url) => !open.includes(url) && !asked.has(url));
  // What takes Connect's types alone was asked for in them, above.
  expect(
    silent.filter((url) => !methods.some(({ parent, name }) => url === `/${parent.typeName}/${name}`)),
  ).toEqual([]);
});

test("a body that could not be read is not looked at before the token is", async () => {
  const { status } = await fetch(`${project.uri}/api/2.0/mlflow/runs/create`, { method: "POST", body: "{" });
  expect(status).toBe(401);
});

test("a missing project and one of others answer alike, to the byte", async () => {
  const token = await other.token({ role: "owner" });
  const ask = async (id: string) => {
    const response = await fetch(
      `${server.url}/api/v4/projects/${id}/ml/mlflow/api/2.0/mlflow/experiments/get?experiment_id=0`,
      { headers: { authorization: `Bearer ${token}` } },
    );
    const headers = [...response.headers].filter(([name]) => !["date", "x-request-id"].includes(name));
    return [response.status, headers, (await response.text()).replace(id, "<id>")];
  };
  const missing = String(project.id).replace(/./g, "9");
  expect(await ask(String(project.id))).toEqual(await ask(missing));
});
