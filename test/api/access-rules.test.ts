import { createClient } from "@connectrpc/connect";
import { createConnectTransport } from "@connectrpc/connect-node";
import { sql } from "kysely";
import { describe, expect, test } from "vitest";
import { UserService } from "../../gen/loggia/v1/members_pb.js";
import { MlflowService } from "../../gen/mlflow/service_pb.js";
import type { Role } from "../../src/auth/roles.ts";
import { hashOf } from "../../src/auth/token.ts";
import { notifyAccessChanged } from "../../src/store/access.ts";
import { failure, protocols, testServer } from "../support/server.ts";
import { issueToken, makeUser, revokeToken } from "../support/tokens.ts";
import { until } from "../support/until.ts";

/** Who may do what beyond the single call: how a token is sent, what it is in which project, and what changes while in use. */

const server = await testServer({ open: false, failedLogins: { most: 1_000_000 } });
const { db, owner } = server;
const read = "/api/2.0/mlflow/experiments/get?experiment_id=0";

async function ask(url: string, headers: Record<string, string> = {}, body?: unknown) {
  const response = await fetch(url, {
    headers,
    ...(body !== undefined && { method: "POST", body: JSON.stringify(body) }),
  });
  // biome-ignore lint/suspicious/noExplicitAny: a test reads what it expects to be there.
  const answer: any = await response.json();
  return { status: response.status, body: answer, code: answer.error_code, message: answer.message };
}

const bearer = (token: string) => ({ authorization: `Bearer ${token}` });
const basic = (text: string) => ({ authorization: `Basic ${Buffer.from(text).toString("base64")}` });

/** Changes what decides about a project, as whoever changes it has to: so that it counts at once. */
async function change(
  project: bigint,
  set: { visibility?: string; archived_at?: Date | null; deleted_at?: Date },
) {
  await db.transaction().execute(async (tx) => {
    await tx.updateTable("projects").set(set).where("project_id", "=", project).execute();
    await notifyAccessChanged(tx);
  });
}

const personal = async (...projects: (readonly [bigint, Role])[]) =>
  issueToken(db, { kind: "personal", user: await makeUser(db, { projects }) });

describe("a token is taken", () => {
  test.each<[string, (token: string) => Record<string, string>]>([
    ["as Bearer", bearer],
    ["as bearer in small letters", (token) => ({ authorization: `bearer ${token}` })],
    ["as GitLab's PRIVATE-TOKEN", (token) => ({ "private-token": token })],
    ["as the password of Basic, whatever the user", (token) => basic(`anyone:${token}`)],
    ["as the password of a user without a name", (token) => basic(`:${token}`)],
    [
      "beside an Authorization of some other scheme",
      (token) => ({ authorization: "Negotiate abc", "private-token": token }),
    ],
  ])("%s", async (_, headers) => {
    const { uri, token } = await server.project();
    expect((await ask(uri + read, headers(await token()))).status).toBe(200);
  });

  test.each<[string, (token: string) => Record<string, string>]>([
    ["as the user of Basic", (token) => basic(`${token}:`)],
    ["as Basic without a colon", basic],
    ["with nothing behind Bearer", () => ({ authorization: "Bearer " })],
    ["without a scheme", (token) => ({ authorization: token })],
    ["with more behind it", (token) => bearer(`${token} x`)],
    ["when a wrong Bearer stands beside it", (token) => ({ ...bearer("x"), "private-token": token })],
  ])("but not %s", async (_, headers) => {
    const { uri, token } = await server.project();
    expect(await ask(uri + read, headers(await token()))).toMatchObject({
      status: 401,
      code: "CUSTOMER_UNAUTHORIZED",
    });
  });

  test("and never repeated in an answer", async () => {
    const { uri } = await server.project();
    const secret = "glmt_ThisIsNotATokenButSomebodyMayThinkSo";
    expect(JSON.stringify(await ask(uri + read, bearer(secret)))).not.toContain(secret);
  });
});

describe.each(protocols)("over %s", (protocol) => {
  test("a read_api token searches, though a search is a POST, and writes nothing", async () => {
    const project = await server.project();
    const writer = project.client(MlflowService, protocol, await project.token());
    await writer.createRun({ experimentId: "0", startTime: 1n });
    const token = await project.token({ role: "guest", scopes: ["read_api"] });
    const reader = project.client(MlflowService, protocol, token);
    const { runs } = await reader.searchRuns({ experimentIds: ["0"] });
    expect(runs).toHaveLength(1);
    expect((await reader.searchExperiments({ maxResults: 10n })).experiments).toHaveLength(1);
    expect(await failure(reader.createRun({ experimentId: "0" }))).toMatchObject({
      errorCode: "PERMISSION_DENIED",
    });
    expect((await reader.searchRuns({ experimentIds: ["0"] })).runs).toHaveLength(1);
  });

  test("a write_runs token logs, and does not register models", async () => {
    const project = await server.project();
    const token = await project.token({ scopes: ["write_runs"] });
    const client = project.client(MlflowService, protocol, token);
    const { run } = await client.createRun({ experimentId: "0", startTime: 1n });
    await client.logMetric({ runId: run?.info?.runId ?? "", key: "loss", value: 1, timestamp: 1n });
    const registered = await project.rest("POST", "registered-models/create", { name: "m" }, { token });
    expect([registered.status, registered.body.error_code]).toEqual([403, "PERMISSION_DENIED"]);
  });
});

describe("the bare root", () => {
  test("is the project of the token, over REST and Connect", async () => {
    for (const project of [await server.project(), await server.project()]) {
      const token = await project.token();
      const { body } = await ask(`${server.url}/api/2.0/mlflow/experiments/create`, bearer(token), {
        name: "mine",
      });
      expect(body.experiment_id).toBe("1");
      expect(
        (await project.rest("GET", "experiments/get?experiment_id=1", undefined, { token })).body,
      ).toMatchObject({
        experiment: { name: "mine" },
      });
      const transport = createConnectTransport({
        baseUrl: server.url,
        httpVersion: "1.1",
        interceptors: [
          (next) => (request) => {
            request.header.set("authorization", `Bearer ${token}`);
            return next(request);
          },
        ],
      });
      const { experiment } = await createClient(MlflowService, transport).getExperiment({
        experimentId: "1",
      });
      expect(experiment?.name).toBe("mine");
    }
  });

  test("is no project for a personal token that is bound to none", async () => {
    const { id } = await server.project();
    expect(await ask(server.url + read, bearer(await personal([id, "owner"])))).toMatchObject({
      status: 404,
      message: "Project 'default' not found",
    });
  });
});

describe("a personal token", () => {
  test("is in each project what its user is there, and nothing elsewhere", async () => {
    const [reads, writes, none] = [await server.project(), await server.project(), await server.project()];
    const token = await personal([reads.id, "reporter"], [writes.id, "developer"]);
    const statuses = async (project: typeof reads) => [
      (await project.rest("GET", "experiments/get?experiment_id=0", undefined, { token })).status,
      (await project.rest("POST", "experiments/create", { name: "new" }, { token })).status,
    ];
    expect(await statuses(reads)).toEqual([200, 403]);
    expect(await statuses(writes)).toEqual([200, 200]);
    expect(await statuses(none)).toEqual([404, 404]);
  });

  test("of an administrator is an owner everywhere", async () => {
    const project = await server.project();
    const token = await issueToken(db, { kind: "personal", user: await makeUser(db, { isAdmin: true }) });
    expect((await project.rest("POST", "experiments/create", { name: "new" }, { token })).status).toBe(200);
  });

  test("of an administrator that is to do less administers nothing", async () => {
    const project = await server.project();
    const user = await makeUser(db, { isAdmin: true });
    const token = await issueToken(db, { kind: "personal", user, role: "maintainer" });
    const users = project.client(UserService, "connect", token);
    expect(await failure(users.createUser({ username: "eve" }))).toMatchObject({
      errorCode: "PERMISSION_DENIED",
    });
    expect((await project.rest("POST", "experiments/create", { name: "new" }, { token })).status).toBe(200);
  });

  test("that is bound to a project is nothing in its user's others", async () => {
    const [bound, free] = [await server.project(), await server.project()];
    const user = await makeUser(db, {
      projects: [
        [bound.id, "owner"],
        [free.id, "owner"],
      ],
    });
    const token = await issueToken(db, { kind: "personal", user, project: bound.id });
    expect((await ask(bound.uri + read, bearer(token))).status).toBe(200);
    expect((await ask(free.uri + read, bearer(token))).status).toBe(404);
  });

  test("ends at once when its user is blocked", async () => {
    const { id, uri } = await server.project();
    const user = await makeUser(db, { projects: [[id, "owner"]] });
    const token = await issueToken(db, { kind: "personal", user });
    expect((await ask(uri + read, bearer(token))).status).toBe(200);
    await db.updateTable("users").set({ blocked_at: new Date() }).where("user_id", "=", user).execute();
    await notifyAccessChanged(db);
    await until(
      "the token is refused",
      async () => (await ask(uri + read, bearer(token))).status === 401,
      2_500,
    );
  });
});

describe("a project that is", () => {
  test("public is read by every personal token, written by none, and closed to other projects' tokens", async () => {
    const [project, other] = [await server.project(), await server.project()];
    await change(project.id, { visibility: "public" });
    const stranger = await personal();
    expect((await ask(project.uri + read, bearer(stranger))).status).toBe(200);
    const written = await project.rest("POST", "experiments/create", { name: "x" }, { token: stranger });
    expect([written.status, written.body.error_code]).toEqual([403, "PERMISSION_DENIED"]);
    expect((await ask(project.uri + read, bearer(await other.token({ role: "owner" })))).status).toBe(404);
    expect((await ask(project.uri + read)).status).toBe(401);
  });

  test("archived is read and not changed, until it is restored", async () => {
    const project = await server.project();
    const token = await project.token({ role: "owner" });
    const write = (name: string) => project.rest("POST", "experiments/create", { name }, { token });
    expect((await write("before")).status).toBe(200);
    await change(project.id, { archived_at: new Date() });
    await until("it is archived", async () => (await write(crypto.randomUUID())).status === 403, 2_500);
    expect((await write("while")).body).toEqual({
      error_code: "PERMISSION_DENIED",
      message: "This project is archived: it can be read, and not be changed until it is restored.",
    });
    expect((await ask(project.uri + read, bearer(token))).status).toBe(200);
    await change(project.id, { archived_at: null });
    await until("it is restored", async () => (await write(crypto.randomUUID())).status === 200, 2_500);
  });

  test("switched off, or deleted, is not there, not even for its owner", async () => {
    for (const off of [{ visibility: "disabled" }, { deleted_at: new Date() }]) {
      const project = await server.project();
      const token = await project.token({ role: "owner" });
      expect((await ask(project.uri + read, bearer(token))).status).toBe(200);
      await change(project.id, off);
      const gone = async () => (await ask(project.uri + read, bearer(token))).status === 404;
      await until(`it is gone by ${Object.keys(off)}`, gone, 2_500);
    }
  });
});

describe("a server that lets everyone read public projects", async () => {
  const lenient = await testServer({ open: false, anonymousReads: true });

  test("shows those without a token, and tells of no other", async () => {
    const [shown, hidden] = [await lenient.project(), await lenient.project()];
    await lenient.db
      .updateTable("projects")
      .set({ visibility: "public" })
      .where("project_id", "=", shown.id)
      .execute();
    expect((await ask(shown.uri + read)).status).toBe(200);
    expect((await shown.rest("POST", "runs/search", { experiment_ids: ["0"] })).status).toBe(200);
    expect((await shown.rest("POST", "experiments/create", { name: "x" })).status).toBe(401);
    const missing = `${lenient.url}/api/v4/projects/999999/ml/mlflow`;
    for (const uri of [hidden.uri, missing, lenient.url]) expect((await ask(uri + read)).status).toBe(401);
  });

  test("still refuses a wrong token", async () => {
    const shown = await lenient.project();
    await lenient.db
      .updateTable("projects")
      .set({ visibility: "public" })
      .where("project_id", "=", shown.id)
      .execute();
    expect((await ask(shown.uri + read)).status).toBe(200);
    for (const wrong of ["", "nonsense"])
      expect((await ask(shown.uri + read, { authorization: `Bearer ${wrong}` })).status).toBe(401);
  });
});

describe("on another server of the same database", async () => {
  const replica = await server.replica();
  const there = (uri: string) => uri.replace(server.url, replica);

  test("a revoked token ends at once", async () => {
    const { uri, token } = await server.project();
    const secret = await token();
    for (const at of [uri, there(uri)]) expect((await ask(at + read, bearer(secret))).status).toBe(200);
    await revokeToken(db, secret);
    for (const at of [uri, there(uri)]) {
      // Well below the five seconds for which a token is remembered.
      await until("it is refused", async () => (await ask(at + read, bearer(secret))).status === 401, 2_500);
      expect((await ask(at + read, bearer(secret))).message).toBe("The token was revoked.");
    }
  });

  test("a change of membership counts at once, and also after the connection that brings the news broke", async () => {
    const project = await server.project();
    const user = await makeUser(db, { projects: [[project.id, "owner"]] });
    const token = await issueToken(db, { kind: "personal", user });
    const status = async () => (await ask(there(project.uri) + read, bearer(token))).status;
    const remove = async () => {
      await db.deleteFrom("members").where("user_id", "=", user).execute();
      await notifyAccessChanged(db);
    };
    const join = async () => {
      await db
        .insertInto("members")
        .values({ project_id: project.id, user_id: user, role: "guest" })
        .execute();
      await notifyAccessChanged(db);
    };
    expect(await status()).toBe(200);
    await remove();
    await until("the member is gone", async () => (await status()) === 404, 2_500);
    await join();
    await until("the member is back", async () => (await status()) === 200, 2_500);

    const listeners = () =>
      sql<{ pid: number }>`
        select pid from pg_stat_activity where query like 'listen %' and datname = current_database()`.execute(
        owner,
      );
    const before = (await listeners()).rows.map(({ pid }) => pid);
    expect(before.length).toBeGreaterThanOrEqual(2);
    await sql`select pg_terminate_backend(pid) from unnest(${before}::int[]) as t(pid)`.execute(owner);
    await until("both listen again", async () => {
      const { rows } = await listeners();
      return rows.length >= before.length && rows.every(({ pid }) => !before.includes(pid));
    });
    expect(await status()).toBe(200);
    await remove();
    await until("the member is gone again", async () => (await status()) === 404, 2_500);
  });
});

test("a token that expires while it is remembered is refused at that instant", async () => {
  const { uri, token } = await server.project();
  const expiresAt = new Date(Date.now() + 1_500);
  const secret = await token({ expiresAt });
  expect((await ask(uri + read, bearer(secret))).status).toBe(200);
  await until("it has expired", async () => {
    const asked = Date.now();
    const { status } = await ask(uri + read, bearer(secret));
    if (asked >= expiresAt.getTime()) expect(status).toBe(401);
    return status === 401;
  });
});

test("the use of a token is noted in the background, with the address", async () => {
  const { uri, token } = await server.project();
  const secret = await token();
  await ask(uri + read, bearer(secret));
  const row = () =>
    db
      .selectFrom("tokens")
      .select(["last_used_at", "last_used_address"])
      .where("hash", "=", hashOf(secret))
      .executeTakeFirstOrThrow();
  await until("it is noted", async () => (await row()).last_used_at !== null);
  expect((await row()).last_used_address).toBe("127.0.0.1");
});

test("a refused login is in the audit log of the token's project, without the secret", async () => {
  const { id, uri, token } = await server.project();
  const secret = await token({ revokedAt: new Date() });
  expect((await ask(uri + read, bearer(secret))).status).toBe(401);
  const events = () => db.selectFrom("audit_events").selectAll().where("project_id", "=", id).execute();
  await until("it is written", async () => (await events()).some(({ action }) => action === "login.refuse"));
  const [event] = (await events()).filter(({ action }) => action === "login.refuse");
  expect(event).toMatchObject({
    actor: "token test",
    object: `token …${secret.slice(-4)}`,
    result: "revoked",
    address: "127.0.0.1",
  });
  expect(Object.values(event ?? {}).join()).not.toContain(secret.slice(5, 20));
});
