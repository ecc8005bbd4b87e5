import { createClient, type Interceptor } from "@connectrpc/connect";
import { createConnectTransport } from "@connectrpc/connect-node";
import { describe, expect, test } from "vitest";
import { CandidateService } from "../../gen/loggia/v1/candidates_pb.js";
import { SessionService } from "../../gen/loggia/v1/sessions_pb.js";
import { TokenService } from "../../gen/loggia/v1/tokens_pb.js";
import { newToken } from "../../src/auth/token.ts";
import { failure, protocols, testServer } from "../support/server.ts";
import { issueToken, makeUser, revokeToken } from "../support/tokens.ts";
import { until } from "../support/until.ts";

const server = await testServer({ open: false, failedLogins: { most: 10_000 } });
const replica = await server.replica();

const path = "/api/1.0/loggia/sessions/";

/** One call of a page of ours. */
async function call(verb: "GET" | "POST", name: string, headers: Record<string, string>, url = server.url) {
  const response = await fetch(`${url}${path}${name}`, {
    method: verb,
    headers: {
      "sec-fetch-site": "same-origin",
      ...(verb === "POST" && { "content-type": "application/json" }),
      ...headers,
    },
    ...(verb === "POST" && { body: "{}" }),
  });
  const cookies = response.headers.getSetCookie();
  // biome-ignore lint/suspicious/noExplicitAny: a test reads what it expects to be there.
  const body = (await response.json()) as any;
  return { status: response.status, cookies, body };
}

async function signIn(token: string, headers: Record<string, string> = {}) {
  const answer = await call("POST", "sign-in", { authorization: `Bearer ${token}`, ...headers });
  const [cookie = ""] = answer.cookies;
  return { ...answer, cookie: cookie.split(";")[0] ?? "", attributes: cookie };
}

const viewer = async (cookie: string, url?: string) =>
  (await call("GET", "viewer", { cookie }, url)).body.viewer;

async function personal() {
  const project = await server.project();
  const user = await makeUser(server.db, { projects: [[project.id, "developer"]] });
  const token = await issueToken(server.db, { kind: "personal", user });
  return { project, user, token };
}

describe("a session", () => {
  test("begins with a token and then stands for it, until it is ended", async () => {
    const { project, token } = await personal();
    const { status, cookie, attributes, body } = await signIn(token);
    expect(status).toBe(200);
    expect(cookie).toMatch(/^loggia_session=glms_\w{38}$/);
    expect(attributes).toMatch(/; Path=\/; Expires=[^;]+; HttpOnly; SameSite=Strict$/);
    expect(body.viewer).toMatchObject({ kind: "session", is_user: true, is_administrator: false });
    const session = { cookie, "sec-fetch-site": "same-origin" };
    const list = () =>
      fetch(`${project.uri}/api/2.0/mlflow/experiments/search?max_results=5`, { headers: session });
    expect((await list()).status).toBe(200);
    expect(await viewer(cookie)).toMatchObject({ kind: "session", name: body.viewer.name });
    const out = await call("POST", "sign-out", { cookie });
    expect(out.cookies).toEqual([
      expect.stringMatching(/^loggia_session=; Path=\/; Expires=Thu, 01 Jan 1970/),
    ]);
    expect((await list()).status).toBe(401);
    expect(await viewer(cookie)).toMatchObject({ kind: "anonymous" });
    await until(
      "the other server has heard",
      async () => (await viewer(cookie, replica)).kind === "anonymous",
    );
  });

  test("reads and writes bytes and RPCs of every form that a browser can send", async () => {
    const { project, token } = await personal();
    const { cookie } = await signIn(token);
    const own = { cookie, "sec-fetch-site": "same-origin" };
    const created = await fetch(`${project.uri}/api/2.0/mlflow/runs/create`, {
      method: "POST",
      headers: { ...own, "content-type": "application/json" },
      body: JSON.stringify({ experiment_id: "0" }),
    });
    const { run } = (await created.json()) as { run: { info: { run_id: string } } };
    const file = `${project.uri}/api/2.0/mlflow-artifacts/artifacts/0/${run.info.run_id}/artifacts/f.txt`;
    expect((await fetch(file, { method: "PUT", headers: own, body: "bytes" })).status).toBe(200);
    expect(await (await fetch(file, { headers: own })).text()).toBe("bytes");
    const withCookie: Interceptor = (next) => (request) => {
      request.header.set("cookie", cookie);
      request.header.set("loggia-project", String(project.id));
      return next(request);
    };
    const transport = createConnectTransport({
      baseUrl: server.url,
      httpVersion: "1.1",
      interceptors: [withCookie],
    });
    const found = await createClient(CandidateService, transport).searchCandidates({ experimentIds: ["0"] });
    expect(found.candidates).toMatchObject([{ runId: run.info.run_id, hasArtifacts: true }]);
  });

  test("of a project's token is of use in that project alone, with its role", async () => {
    const project = await server.project();
    const { cookie, body } = await signIn(await project.token({ role: "reporter" }));
    expect(body.viewer).toMatchObject({
      kind: "session",
      name: "token test",
      is_user: false,
      bound_project_id: Number(project.id),
    });
    const told = async (id: bigint) =>
      (await (
        await fetch(`${server.url}${path}viewer?project=${id}`, { headers: { cookie } })
      ).json()) as Record<string, unknown>;
    expect((await told(project.id)).project).toMatchObject({
      role: "reporter",
      can_write_runs: false,
      can_manage_settings: false,
    });
    const other = await server.project();
    expect((await told(other.id)).project).toBeUndefined();
    const foreign = await fetch(`${other.uri}/api/2.0/mlflow/experiments/search?max_results=5`, {
      headers: { cookie },
    });
    expect(foreign.status).toBe(404);
  });

  test("ends on every server with the token with which it began", async () => {
    const { token } = await personal();
    const { cookie } = await signIn(token);
    expect((await viewer(cookie, replica)).kind).toBe("session");
    await revokeToken(server.db, token);
    for (const url of [server.url, replica])
      await until("the session has ended", async () => (await viewer(cookie, url)).kind === "anonymous");
  });

  test("ends when its token expires", async () => {
    const project = await server.project();
    const token = await project.token({ expiresAt: new Date(Date.now() + 2_000) });
    const { cookie } = await signIn(token);
    expect((await viewer(cookie)).kind).toBe("session");
    await until("the session has ended", async () => (await viewer(cookie)).kind === "anonymous");
  });

  test("ends after its lifetime", async () => {
    const brief = await testServer({ open: false, pages: { sessionLifetime: 1_000 } });
    const project = await brief.project();
    const response = await fetch(`${brief.url}${path}sign-in`, {
      method: "POST",
      headers: { authorization: `Bearer ${await project.token()}` },
    });
    const cookie = response.headers.getSetCookie()[0]?.split(";")[0] ?? "";
    expect((await viewer(cookie, brief.url)).kind).toBe("session");
    await until("the session has ended", async () => (await viewer(cookie, brief.url)).kind === "anonymous");
  });

  test("is no token that is listed, revoked or rotated, and makes tokens as its user does", async () => {
    const { token } = await personal();
    const { cookie } = await signIn(token);
    const tokens = async (name: string, body?: unknown) => {
      const response = await fetch(`${server.url}/api/1.0/loggia/tokens/personal/${name}`, {
        method: body === undefined ? "GET" : "POST",
        headers: { cookie, "content-type": "application/json" },
        ...(body !== undefined && { body: JSON.stringify(body) }),
      });
      return { status: response.status, body: (await response.json()) as Record<string, never> };
    };
    const kinds = async () =>
      ((await tokens("list")).body.tokens as unknown as { kind: string }[]).map(({ kind }) => kind);
    expect(await kinds()).toEqual(["personal"]);
    const row = await server.db
      .selectFrom("tokens")
      .select("token_id")
      .where("kind", "=", "session")
      .orderBy("token_id", "desc")
      .executeTakeFirstOrThrow();
    for (const verb of ["revoke", "rotate"])
      expect((await tokens(verb, { token_id: Number(row.token_id) })).status).toBe(404);
    expect((await tokens("create", { name: "mine" })).status).toBe(200);
    expect(await kinds()).toEqual(["personal", "personal"]);
  });

  test("is written down where it begins and ends, without its secret", async () => {
    const project = await server.project();
    const { cookie } = await signIn(await project.token({ role: "owner" }));
    await call("POST", "sign-out", { cookie });
    const events = await server.db
      .selectFrom("audit_events")
      .selectAll()
      .where("project_id", "=", project.id)
      .where("action", "like", "session.%")
      .orderBy("event_id")
      .execute();
    expect(events).toMatchObject([
      { action: "session.begin", actor: "token test", result: "ok" },
      { action: "session.end", actor: "token test", result: "ok" },
    ]);
    const text = JSON.stringify(events, (_, value) => (typeof value === "bigint" ? String(value) : value));
    expect(text).not.toContain(cookie.split("=")[1]);
    const rows = await server.db.selectFrom("tokens").select("hash").where("kind", "=", "session").execute();
    expect(rows.some(({ hash }) => hash.toString("latin1").includes("glms_"))).toBe(false);
  });
});

describe("a cookie", () => {
  test("has the prefix __Host- where the connection is TLS, and counts there under no other name", async () => {
    const behind = await testServer({
      open: false,
      edge: { trustedProxies: ["127.0.0.1"] },
    });
    const project = await behind.project();
    const token = await project.token();
    const tls = { "x-forwarded-proto": "https", "sec-fetch-site": "same-origin" };
    const response = await fetch(`${behind.url}${path}sign-in`, {
      method: "POST",
      headers: { ...tls, authorization: `Bearer ${token}`, "content-type": "application/json" },
      body: "{}",
    });
    const [cookie = ""] = response.headers.getSetCookie();
    expect(cookie).toMatch(
      /^__Host-loggia_session=glms_\w+; Path=\/; [^;]+; HttpOnly; SameSite=Strict; Secure$/,
    );
    const pair = cookie.split(";")[0] ?? "";
    const kind = async (sent: string) => {
      const answer = await fetch(`${behind.url}${path}viewer`, { headers: { ...tls, cookie: sent } });
      return ((await answer.json()) as { viewer: { kind: string } }).viewer.kind;
    };
    expect(await kind(pair)).toBe("session");
    expect(await kind(pair.replace("__Host-", ""))).toBe("anonymous");
  });

  test.each(["cross-site", "same-site"])(
    "that a %s page makes a browser send counts for nothing",
    async (site) => {
      const { project, token } = await personal();
      const { cookie } = await signIn(token);
      const headers = { cookie, "sec-fetch-site": site };
      const read = await fetch(`${project.uri}/api/2.0/mlflow/experiments/search?max_results=5`, { headers });
      expect(read.status).toBe(401);
      const write = await fetch(`${project.uri}/api/2.0/mlflow/runs/create`, {
        method: "POST",
        headers: { ...headers, "content-type": "application/json" },
        body: '{"experiment_id":"0"}',
      });
      expect(write.status).toBe(403);
      const named = await fetch(`${project.uri}/api/2.0/mlflow/runs/create`, {
        method: "POST",
        headers: { cookie, origin: "https://evil.example", "content-type": "application/json" },
        body: '{"experiment_id":"0"}',
      });
      expect(named.status).toBe(403);
    },
  );

  test("holds a session and no token of another kind; a header goes before it", async () => {
    const { token } = await personal();
    const other = await personal();
    const { cookie } = await signIn(token);
    const sent = async (headers: Record<string, string>) =>
      (await call("GET", "viewer", headers)).body.viewer;
    expect((await sent({ cookie: `loggia_session=${token}` })).kind).toBe("anonymous");
    expect((await sent({ cookie: `loggia_session=${newToken("session")}` })).kind).toBe("anonymous");
    expect((await sent({ cookie: `a=b; ${cookie}; c=d` })).kind).toBe("session");
    const header = await sent({ cookie, authorization: `Bearer ${other.token}` });
    expect(header.kind).toBe("token");
    expect(header.name).not.toBe((await sent({ cookie })).name);
  });
});

test("a session that has ended is taken from its browser, and keeps nobody from signing in again", async () => {
  const strict = await testServer({ open: false });
  const project = await strict.project();
  const cookie = `loggia_session=${newToken("session")}`;
  for (let i = 0; i < 15; i++) {
    const told = await call("GET", "viewer", { cookie }, strict.url);
    expect([told.status, told.body.viewer.kind]).toEqual([200, "anonymous"]);
    expect(told.cookies).toEqual([expect.stringMatching(/^loggia_session=; .*1970/)]);
  }
  const authorization = `Bearer ${await project.token()}`;
  const again = await call("POST", "sign-in", { cookie, authorization }, strict.url);
  expect([again.status, again.body.viewer?.kind]).toEqual([200, "session"]);
});

describe.each(protocols)("over %s", (protocol) => {
  test("who calls is told, and what they may do in a project", async () => {
    const { project, token } = await personal();
    const client = project.client(SessionService, protocol, token);
    expect(await client.getViewer({ project: String(project.id) })).toMatchObject({
      viewer: { kind: "token", isUser: true, isAdministrator: false, scopes: ["api"] },
      server: { isOpen: false, hasAnonymousReads: false },
      project: {
        projectId: project.id,
        role: "developer",
        canWriteRuns: true,
        canWriteArtifacts: true,
        canPurge: false,
        canManageSettings: false,
        canManageMembers: false,
      },
    });
    const narrow = await project.token({ role: "owner", scopes: ["read_api"] });
    const reader = await project
      .client(SessionService, protocol, narrow)
      .getViewer({ project: String(project.id) });
    expect(reader.project).toMatchObject({ role: "owner", canWriteRuns: false, canReadAudit: false });
  });

  test("without a token the server tells of itself, and of no project", async () => {
    const { project } = await personal();
    const found = await project.client(SessionService, protocol).getViewer({ project: String(project.id) });
    expect(found).toMatchObject({
      viewer: { kind: "anonymous", name: "", scopes: [] },
      server: { isOpen: false },
    });
    expect(found.project).toBeUndefined();
    expect(found.server?.oidcSignInPath).toBeUndefined();
    await project.client(SessionService, protocol).signOut({});
  });

  test("a session is not begun without a token, with a bad one, or with a job's", async () => {
    const { project } = await personal();
    const attempt = async (token?: string) =>
      (await failure(project.client(SessionService, protocol, token).signIn({}))).errorCode;
    expect(await attempt()).toBe("CUSTOMER_UNAUTHORIZED");
    expect(await attempt(newToken("personal"))).toBe("CUSTOMER_UNAUTHORIZED");
    expect(await attempt(await project.token({ expiresAt: new Date(0) }))).toBe("CUSTOMER_UNAUTHORIZED");
    expect(await attempt(await project.token({ kind: "ci" }))).toBe("PERMISSION_DENIED");
    expect(await failure(project.client(TokenService, protocol).listTokens({}))).toMatchObject({
      errorCode: "CUSTOMER_UNAUTHORIZED",
    });
  });

  test("on an open server everyone is the same, and signs in nowhere", async () => {
    const open = await testServer();
    const project = await open.project();
    const client = project.client(SessionService, protocol);
    expect((await client.signIn({})).viewer).toMatchObject({ kind: "local", isAdministrator: true });
    expect(await client.getViewer({ project: String(project.id) })).toMatchObject({
      viewer: { kind: "local" },
      server: { isOpen: true },
      project: { role: "owner", canManageMembers: true },
    });
  });
});

test("guesses at signing in are limited like every other, and recorded", async () => {
  const strict = await testServer({ open: false });
  const statuses: number[] = [];
  for (let i = 0; i < 12; i++) {
    const response = await fetch(`${strict.url}${path}sign-in`, {
      method: "POST",
      headers: { authorization: `Bearer ${newToken("personal")}` },
    });
    statuses.push(response.status);
  }
  expect(statuses.slice(0, 10)).toEqual(Array(10).fill(401));
  expect(statuses.slice(10)).toEqual([429, 429]);
  await until("they are recorded", async () => {
    const { count } = await strict.db
      .selectFrom("audit_events")
      .select((eb) => eb.fn.countAll<bigint>().as("count"))
      .where("action", "=", "login.refuse")
      .executeTakeFirstOrThrow();
    return count >= 10n;
  });
});

test("public projects are told of without signing in where they are read without a token", async () => {
  const reading = await testServer({ open: false, anonymousReads: true });
  const project = await reading.project();
  const read = async () =>
    (await project.client(SessionService, "connect").getViewer({ project: String(project.id) })).project;
  expect(await read()).toBeUndefined();
  await reading.db
    .updateTable("projects")
    .set({ visibility: "public" })
    .where("project_id", "=", project.id)
    .execute();
  expect(await read()).toMatchObject({ role: "guest", canWriteRuns: false, canReadAudit: false });
});
