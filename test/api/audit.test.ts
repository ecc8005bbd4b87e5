import { sql } from "kysely";
import { describe, expect, test } from "vitest";
import { AuditService, type Event } from "../../gen/loggia/v1/audit_pb.js";
import { CandidateService } from "../../gen/loggia/v1/candidates_pb.js";
import { MemberService } from "../../gen/loggia/v1/members_pb.js";
import { ModelRegistryService } from "../../gen/mlflow/model_registry_pb.js";
import { MlflowService } from "../../gen/mlflow/service_pb.js";
import { recordEvent } from "../../src/store/audit.ts";
import { absent, invalid } from "../support/mlflow-errors.ts";
import { person } from "../support/person.ts";
import { failure, protocols, testServer } from "../support/server.ts";
import { revokeToken } from "../support/tokens.ts";
import { until } from "../support/until.ts";

const server = await testServer({ open: false });
const { db } = server;
const admin = await person(db, { isAdmin: true });
const denied = { errorCode: "PERMISSION_DENIED" };
const route = "/api/1.0/loggia/audit/export";

const setUp = async () => {
  const { id } = await server.project();
  const owner = await person(db, { projects: [[id, "owner"]] });
  return { id, owner };
};

const record = (project: bigint, object: string, action = "thing.do", actor = "ann") =>
  recordEvent(db, { project, actor, action, object, result: "ok", address: "192.0.2.1", requestId: "r" });

/** Many events at once: `n0`, `n1` … */
const recordMany = (project: bigint, count: number) =>
  sql`
    insert into audit_events (project_id, actor, action, object, result, address, request_id, details)
    select ${project}, 'ann', 'thing.do', 'n' || i, 'ok', '', '', jsonb_build_object('text', repeat('x', 500))
    from generate_series(0, ${count - 1}) i order by i`.execute(db);

const objects = (events: readonly Event[]) => events.map(({ object }) => object);

describe.each(protocols)("the audit log over %s", (protocol) => {
  const as = (token: string, id = 0n) => server.at(id).client(AuditService, protocol, token);

  test("an event says who did what, where, from where, with which token and in which request", async () => {
    const { id, owner } = await setUp();
    const before = BigInt(Date.now());
    await server
      .at(id)
      .client(MemberService, protocol, owner.token)
      .setMember(
        { username: admin.username, role: "guest" },
        { headers: { "x-request-id": `r-${protocol}` } },
      );
    const { events } = await as(owner.token, id).listEvents({});
    const token = await db
      .selectFrom("tokens")
      .innerJoin("users", "users.user_id", "tokens.user_id")
      .select("token_id")
      .where("username", "=", owner.username)
      .executeTakeFirstOrThrow();
    expect(events).toMatchObject([
      {
        projectId: id,
        actor: owner.username,
        tokenId: token.token_id,
        action: "member.set",
        object: admin.username,
        result: "ok",
        address: expect.stringMatching(/^(127\.0\.0\.1|::1)$/),
        details: [{ key: "role", value: "guest" }],
      },
    ]);
    expect(events[0]?.requestId).not.toBe("");
    expect(events[0]?.at).toBeGreaterThanOrEqual(before - 1n);
  });

  test("what is deleted or restored is recorded once, and nothing of what was not there", async () => {
    const { id } = await setUp();
    const project = server.at(id);
    const token = await project.token({ role: "owner" });
    const runs = project.client(MlflowService, protocol, token);
    const registry = project.client(ModelRegistryService, protocol, token);
    const { experimentId } = await runs.createExperiment({ name: "doomed" });
    const runId = (await runs.createRun({ experimentId: "0" })).run?.info?.runId ?? "";
    await registry.createRegisteredModel({ name: "model" });
    await registry.createModelVersion({ name: "model", source: "s3://elsewhere/model" });
    const { model } = await runs.createLoggedModel({ experimentId: "0", name: "logged" });
    const modelId = model?.info?.modelId ?? "";
    const file = "/api/2.0/mlflow-artifacts/artifacts/0/file";
    await project.rest("PUT", file, "bytes", { token });

    await runs.deleteRun({ runId });
    await failure(runs.deleteRun({ runId }));
    await runs.restoreRun({ runId });
    const candidates = project.client(CandidateService, protocol, token);
    const other = (await runs.createRun({ experimentId: "0" })).run?.info?.runId ?? "";
    await candidates.deleteCandidates({ runIds: [other] });
    await candidates.deleteCandidates({ runIds: [runId, other] });
    await candidates.deleteCandidates({ runIds: [runId, other] });
    await failure(candidates.restoreCandidates({ runIds: [runId, "f".repeat(32)] }));
    await candidates.restoreCandidates({ runIds: [runId, other] });
    await runs.deleteExperiment({ experimentId });
    await runs.restoreExperiment({ experimentId });
    await failure(runs.deleteExperiment({ experimentId: "77" }));
    await registry.deleteModelVersion({ name: "model", version: "1" });
    await registry.deleteRegisteredModel({ name: "model" });
    await failure(registry.deleteRegisteredModel({ name: "model" }));
    await runs.deleteLoggedModel({ modelId });
    for (let i = 0; i < 2; i++) await project.rest("DELETE", file, undefined, { token });

    const { events } = await as(token, id).listEvents({});
    expect(events.map(({ action, object, actor }) => [action, object, actor]).toReversed()).toEqual(
      [
        ["run.delete", runId],
        ["run.restore", runId],
        ["run.delete", other],
        ["run.delete", runId],
        ["run.restore", `${runId} ${other}`],
        ["experiment.delete", experimentId],
        ["experiment.restore", experimentId],
        ["model_version.delete", "model 1"],
        ["registered_model.delete", "model"],
        ["logged_model.delete", modelId],
        ["artifact.delete", "0/file"],
      ].map((event) => [...event, "token test"]),
    );
  });

  test("events are listed the newest first, page by page, each once", async () => {
    const { id, owner } = await setUp();
    await recordMany(id, 7);
    const seen: string[] = [];
    let pageToken = "";
    do {
      const page = await as(owner.token, id).listEvents({ maxResults: 3, pageToken });
      seen.push(...objects(page.events));
      pageToken = page.nextPageToken ?? "";
    } while (pageToken !== "");
    expect(seen).toEqual(["n6", "n5", "n4", "n3", "n2", "n1", "n0"]);
  });

  test("events are found by actor, by action, by its family, and by time", async () => {
    const { id, owner } = await setUp();
    await record(id, "a", "member.set", "ann");
    await record(id, "b", "member.remove", "bob");
    await record(id, "c", "members_100%.x", "bob");
    const client = as(owner.token, id);
    const find = async (filter: object) => objects((await client.listEvents(filter)).events);
    expect(await find({ actor: "bob" })).toEqual(["c", "b"]);
    expect(await find({ action: "member.set" })).toEqual(["a"]);
    expect(await find({ action: "member.*" })).toEqual(["b", "a"]);
    expect(await find({ action: "members_%.*" })).toEqual([]);
    const { events } = await client.listEvents({});
    const at = events[1]?.at ?? 0n;
    const matches = (test: (event: Event) => boolean) => objects(events.filter(test));
    expect(await find({ from: at + 1n })).toEqual(matches((event) => event.at > at));
    expect(await find({ until: at })).toEqual(matches((event) => event.at < at));
    expect(await find({ actor: "bob", action: "member.*", from: 0n })).toEqual(["b"]);
  });

  test("a page token belongs to its filter and its project", async () => {
    const { id, owner } = await setUp();
    await recordMany(id, 3);
    const { nextPageToken: pageToken = "" } = await as(owner.token, id).listEvents({ maxResults: 1 });
    const foreign = invalid(expect.stringContaining("another search"));
    expect(await failure(as(owner.token, id).listEvents({ pageToken, actor: "bob" }))).toMatchObject(foreign);
    const other = await setUp();
    expect(await failure(as(other.owner.token, other.id).listEvents({ pageToken }))).toMatchObject(foreign);
  });

  test("wrong times and numbers are refused with the name of the parameter", async () => {
    const { id, owner } = await setUp();
    const wrong = [
      [{ from: -1n }, "'from'"],
      [{ until: 2n ** 62n }, "'until'"],
      [{ maxResults: 1001 }, "'max_results'"],
      [{ actor: "x".repeat(301) }, "'actor'"],
      [{ action: "a\0" }, "action"],
    ] as const;
    for (const [filter, parameter] of wrong)
      expect(await failure(as(owner.token, id).listEvents(filter))).toMatchObject(
        invalid(expect.stringContaining(parameter)),
      );
  });

  test("the log is for owners alone, and another tenant finds no project", async () => {
    const { id } = await setUp();
    await record(id, "secret");
    const maintainer = await person(db, { projects: [[id, "maintainer"]] });
    expect(await failure(as(maintainer.token, id).listEvents({}))).toMatchObject(denied);
    const stranger = await setUp();
    expect(await failure(as(stranger.owner.token, id).listEvents({}))).toEqual(
      absent(`Project '${id}' not found`),
    );
    expect((await as(stranger.owner.token, stranger.id).listEvents({})).events).toEqual([]);
  });

  test("administrators alone list the events of the server and of every project, the newest first", async () => {
    const [one, two] = [await setUp(), await setUp()];
    const action = `server-${protocol}.do`;
    await record(one.id, "a", action);
    await record(0n, "b", action);
    await record(two.id, "c", action);
    await record(one.id, "d", action);
    const client = as(admin.token);
    expect(objects((await client.listServerEvents({ action })).events)).toEqual(["d", "c", "b", "a"]);
    const first = await client.listServerEvents({ action, maxResults: 2 });
    const rest = await client.listServerEvents({ action, pageToken: first.nextPageToken ?? "" });
    expect([objects(first.events), objects(rest.events)]).toEqual([
      ["d", "c"],
      ["b", "a"],
    ]);
    expect(objects((await client.listServerEvents({ action, projectId: 0n })).events)).toEqual(["b"]);
    expect(objects((await client.listServerEvents({ action, projectId: one.id })).events)).toEqual([
      "d",
      "a",
    ]);
    expect(await failure(as(one.owner.token).listServerEvents({}))).toMatchObject(denied);
  });
});

describe.each(["connect", "grpc", "grpc-web"] as const)("the export of the audit log over %s", (protocol) => {
  const exported = async (token: string, id: bigint, filter = {}) => {
    const chunks: Event[][] = [];
    for await (const { events } of server.at(id).client(AuditService, protocol, token).exportEvents(filter))
      chunks.push(events);
    return chunks;
  };

  test("all events come in chunks, the oldest first, and the export is the last of them", async () => {
    const { id, owner } = await setUp();
    await recordMany(id, 2_500);
    const chunks = await exported(owner.token, id);
    expect(chunks.map((events) => events.length)).toEqual([1000, 1000, 501]);
    const all = chunks.flat();
    expect(objects(all.slice(0, -1))).toEqual(Array.from({ length: 2_500 }, (_, i) => `n${i}`));
    expect(all.at(-1)).toMatchObject({ action: "audit.export", actor: owner.username });
    expect((await exported(owner.token, id, { action: "audit.*" })).flat()).toHaveLength(2);
  });

  test("it ends with the token that began it", async () => {
    const { id } = await setUp();
    const token = await server.at(id).token({ role: "owner" });
    await recordMany(id, 30_000);
    const client = server.at(id).client(AuditService, protocol, token);
    const chunks = client.exportEvents({})[Symbol.asyncIterator]();
    await chunks.next();
    await revokeToken(db, token);
    await until("the server has heard of it", () =>
      client.listEvents({}).then(
        () => false,
        () => true,
      ),
    );
    const rest = async () => {
      for (let read = 1; !(await chunks.next()).done; read++) if (read > 30) throw new Error("it went on");
    };
    expect(await failure(rest())).toMatchObject({
      errorCode: "CUSTOMER_UNAUTHORIZED",
      message: "The token was revoked.",
    });
  });

  test("it is for owners alone, and another tenant finds no project", async () => {
    const { id } = await setUp();
    const maintainer = await person(db, { projects: [[id, "maintainer"]] });
    expect(await failure(exported(maintainer.token, id))).toMatchObject(denied);
    expect(await failure(exported((await setUp()).owner.token, id))).toEqual(
      absent(`Project '${id}' not found`),
    );
  });
});

describe("the export of the audit log as NDJSON", () => {
  const lines = (body: string) =>
    body
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line));

  test("each event is a line, in the order in which they happened", async () => {
    const { id, owner } = await setUp();
    await recordMany(id, 2_500);
    const { status, headers, body } = await server.at(id).rest("GET", route, undefined, owner);
    expect(status).toBe(200);
    expect(headers.get("content-type")).toBe("application/x-ndjson");
    expect(headers.get("content-disposition")).toContain("attachment");
    const events = lines(body);
    expect(events.map(({ object }) => object)).toEqual([
      ...Array.from({ length: 2_500 }, (_, i) => `n${i}`),
      "audit log",
    ]);
    expect(events[0]).toMatchObject({
      project_id: Number(id),
      actor: "ann",
      token_id: null,
      details: { text: "x".repeat(500) },
    });
    expect(new Date(events[0].at).toISOString()).toBe(events[0].at);
  });

  test("it takes the filters of the listing, and refuses what that refuses", async () => {
    const { id, owner } = await setUp();
    await record(id, "a", "member.set", "ann");
    await record(id, "b é\n\u2028", "token.create", "bob");
    const get = (query: string) => server.at(id).rest("GET", `${route}${query}`, undefined, owner);
    expect(lines((await get("?actor=bob")).body).map(({ object }) => object)).toEqual(["b é\n\u2028"]);
    expect(lines((await get("?action=member.*")).body).map(({ object }) => object)).toEqual(["a"]);
    expect((await get("?actor=nobody")).body).toBe("");
    for (const query of ["?from=x", "?until=-1", "?from=1&from=2"]) {
      const { status, body } = await get(query);
      expect([status, body.error_code]).toEqual([400, "INVALID_PARAMETER_VALUE"]);
    }
  });

  test("it is for owners alone: without a token 401, a lesser role 403, another tenant 404", async () => {
    const { id } = await setUp();
    const get = async (token?: string) => {
      const { status } = await server
        .at(id)
        .rest("GET", route, undefined, token === undefined ? {} : { token });
      return status;
    };
    expect(await get()).toBe(401);
    expect(await get((await person(db, { projects: [[id, "maintainer"]] })).token)).toBe(403);
    expect(await get((await setUp()).owner.token)).toBe(404);
  });

  test("a reader who goes away in the middle ends the export, and the next one has everything", async () => {
    const { id, owner } = await setUp();
    await recordMany(id, 20_000);
    const leaving = new AbortController();
    const response = await fetch(`${server.at(id).uri}${route}`, {
      headers: { authorization: `Bearer ${owner.token}` },
      signal: leaving.signal,
    });
    await response.body?.getReader().read();
    leaving.abort();
    const { body } = await server.at(id).rest("GET", `${route}?action=thing.do`, undefined, owner);
    expect(lines(body)).toHaveLength(20_000);
  });
});

test("what is written in the log is changed and removed by nobody who serves calls", async () => {
  const { id } = await setUp();
  await record(id, "a");
  const served = server.db;
  for (const statement of [
    sql`update audit_events set actor = 'nobody' where project_id = ${id}`,
    sql`delete from audit_events where project_id = ${id}`,
    sql`truncate audit_events`,
  ])
    await expect(statement.execute(served)).rejects.toThrow(/permission denied/);
});
