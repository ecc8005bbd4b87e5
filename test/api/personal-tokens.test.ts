import { describe, expect, test } from "vitest";
import { ProjectService } from "../../gen/loggia/v1/projects_pb.js";
import { TokenService } from "../../gen/loggia/v1/tokens_pb.js";
import { MlflowService } from "../../gen/mlflow/service_pb.js";
import { absent, invalid, missing } from "../support/mlflow-errors.ts";
import { person } from "../support/person.ts";
import { failure, protocols, testServer } from "../support/server.ts";

const server = await testServer({ open: false });
const open = await testServer();
const { db } = server;
const admin = await person(db, { isAdmin: true });
const denied = { errorCode: "PERMISSION_DENIED" };

let names = 0;

describe.each(protocols)("personal tokens over %s", (protocol) => {
  const as = (token: string) => server.at(0n).client(TokenService, protocol, token);
  const experiment = (token: string, project: bigint) =>
    server.at(project).client(MlflowService, protocol, token).getExperiment({ experimentId: "0" });

  test("a user's token does what the user may, in each of their projects", async () => {
    const [one, two] = [await server.project(), await server.project()];
    const user = await person(db, {
      projects: [
        [one.id, "guest"],
        [two.id, "developer"],
      ],
    });
    const { token, secret } = await as(user.token).createPersonalToken({ name: "laptop" });
    expect(secret).toMatch(/^glmt_/);
    expect(token).toMatchObject({ kind: "personal", username: user.username, createdBy: user.username });
    expect([token?.projectId, token?.role]).toEqual([undefined, undefined]);
    await experiment(secret, one.id);
    await experiment(secret, two.id);
    const run = (id: bigint) =>
      server.at(id).client(MlflowService, protocol, secret).createRun({ experimentId: "0" });
    expect(await failure(run(one.id))).toMatchObject(denied);
    expect((await run(two.id)).run?.info?.runId).toBeTruthy();
  });

  test("a token may be bound to a project and to a role, and has no more than that", async () => {
    const [one, two] = [await server.project(), await server.project()];
    const user = await person(db, {
      projects: [
        [one.id, "owner"],
        [two.id, "owner"],
      ],
    });
    const { token, secret } = await as(user.token).createPersonalToken({
      name: "notebook",
      project: String(one.id),
      role: "reporter",
    });
    expect(token).toMatchObject({ projectId: one.id, role: "reporter" });
    await experiment(secret, one.id);
    expect(
      await failure(
        server.at(one.id).client(MlflowService, protocol, secret).createRun({ experimentId: "0" }),
      ),
    ).toMatchObject(denied);
    expect(await failure(experiment(secret, two.id))).toEqual(absent(`Project '${two.id}' not found`));
  });

  test("a limited token makes only tokens that are as limited", async () => {
    const [one, two] = [await server.project(), await server.project()];
    const user = await person(db, {
      projects: [
        [one.id, "owner"],
        [two.id, "owner"],
      ],
      project: one.id,
      role: "developer",
    });
    const client = as(user.token);
    expect((await client.createPersonalToken({ name: "t" })).token).toMatchObject({
      projectId: one.id,
      role: "developer",
    });
    expect(await failure(client.createPersonalToken({ name: "t", role: "owner" }))).toMatchObject(denied);
    expect(await failure(client.createPersonalToken({ name: "t", project: String(two.id) }))).toEqual(
      absent(`Project '${two.id}' not found`),
    );
  });

  test("only a token of the scope api makes tokens", async () => {
    const user = await person(db, { scopes: ["read_api", "write_runs", "admin_project"] });
    expect(
      await failure(as(user.token).createPersonalToken({ name: "t", scopes: ["read_api"] })),
    ).toMatchObject(denied);
  });

  test("a project that the user may not know of answers like one that is not there", async () => {
    const { id } = await server.project();
    const user = await person(db);
    const bind = (project: string) => failure(as(user.token).createPersonalToken({ name: "t", project }));
    expect(await bind(String(id))).toEqual(absent(`Project '${id}' not found`));
    expect(await bind("no/such")).toEqual(absent("Project 'no/such' not found"));
  });

  test("an administrator makes tokens for others, who become users when they are new", async () => {
    const username = `bob-${++names}`;
    const { token, secret } = await as(admin.token).createPersonalToken({ name: "first", username });
    expect(token).toMatchObject({ username, createdBy: admin.username });
    const { token: current, isAdmin } = await as(secret).getCurrentToken({});
    expect(current).toMatchObject({ username, name: "first", hint: secret.slice(-4) });
    expect(isAdmin).toBe(false);
    const { tokens } = await as(admin.token).listPersonalTokens({ username: username.toUpperCase() });
    expect(tokens.map(({ tokenId }) => tokenId)).toEqual([token?.tokenId]);
  });

  test("whoever is no administrator makes, lists, ends and rotates no token of another", async () => {
    const [user, other] = [await person(db), await person(db)];
    const { username } = other;
    const { token } = await as(other.token).createPersonalToken({ name: "t" });
    const tokenId = token?.tokenId ?? 0n;
    const client = as(user.token);
    expect(await failure(client.createPersonalToken({ name: "t", username }))).toMatchObject(denied);
    expect(await failure(client.createPersonalToken({ name: "t", username: "nobody-yet" }))).toMatchObject(
      denied,
    );
    expect(await failure(client.listPersonalTokens({ username }))).toMatchObject(denied);
    const gone = absent(`Token with id=${tokenId} not found`);
    expect(await failure(client.revokePersonalToken({ tokenId }))).toEqual(gone);
    expect(await failure(client.rotatePersonalToken({ tokenId }))).toEqual(gone);
    expect((await as(admin.token).rotatePersonalToken({ tokenId })).token).toMatchObject({ username });
  });

  test("tokens of a project reach no personal token, and administrators no project's this way", async () => {
    const project = await server.project();
    const token = await project.token({ role: "owner" });
    const { token: current } = await as(token).getCurrentToken({});
    const tokenId = current?.tokenId ?? 0n;
    expect(current).toMatchObject({ kind: "project", projectId: project.id, role: "owner" });
    expect(await failure(as(token).createPersonalToken({ name: "t" }))).toMatchObject(denied);
    expect(await failure(as(token).listPersonalTokens({}))).toMatchObject(denied);
    expect(await failure(as(token).revokePersonalToken({ tokenId }))).toMatchObject(denied);
    expect(await failure(as(admin.token).revokePersonalToken({ tokenId }))).toEqual(
      absent(`Token with id=${tokenId} not found`),
    );
  });

  test("a user rotates the token with which they call, and goes on with the new one", async () => {
    const user = await person(db);
    const { token } = await as(user.token).getCurrentToken({});
    const rotated = await as(user.token).rotatePersonalToken({
      tokenId: token?.tokenId ?? 0n,
      expiresAt: BigInt(Date.now() + 3_600_000),
    });
    await expect
      .poll(() => failure(as(user.token).getCurrentToken({})))
      .toMatchObject({ errorCode: "CUSTOMER_UNAUTHORIZED" });
    expect((await as(rotated.secret).getCurrentToken({})).token).toMatchObject({
      username: user.username,
      tokenId: rotated.token?.tokenId,
    });
  });

  test("a token without end is followed by one with an end, unless an administrator rotates it", async () => {
    const user = await person(db);
    const own = await as(user.token).getCurrentToken({});
    expect(own.token?.expiresAt).toBeUndefined();
    const { token, secret } = await as(user.token).rotatePersonalToken({ tokenId: own.token?.tokenId ?? 0n });
    expect(token?.expiresAt).toBeGreaterThan(BigInt(Date.now()));
    expect(secret).toMatch(/^glmt_/);
    const other = await as((await person(db)).token).getCurrentToken({});
    const renewed = await as(admin.token).rotatePersonalToken({ tokenId: other.token?.tokenId ?? 0n });
    expect(renewed.token?.expiresAt).toBeUndefined();
  });

  test("a token that is bound to a project sees and ends those of its user there alone", async () => {
    const { id } = await server.project();
    const user = await person(db, { projects: [[id, "developer"]] });
    const { secret: bound } = await as(user.token).createPersonalToken({
      name: "bound",
      project: String(id),
    });
    const { token: free } = await as(user.token).createPersonalToken({ name: "free" });
    expect((await as(bound).listPersonalTokens({})).tokens.map(({ name }) => name)).toEqual(["bound"]);
    expect((await as(user.token).listPersonalTokens({})).tokens).toHaveLength(3);
    const tokenId = free?.tokenId ?? 0n;
    const gone = absent(`Token with id=${tokenId} not found`);
    expect(await failure(as(bound).revokePersonalToken({ tokenId }))).toEqual(gone);
    expect(await failure(as(bound).rotatePersonalToken({ tokenId }))).toEqual(gone);
    await as(user.token).revokePersonalToken({ tokenId });
    const { tokens } = await as(user.token).listPersonalTokens({ includeInactive: true });
    expect(tokens.find((one) => one.tokenId === tokenId)?.revokedAt).toBeGreaterThan(0n);
  });

  test("what is absent or wrong is refused with the name of the parameter", async () => {
    const client = as(admin.token);
    expect(await failure(client.createPersonalToken({}))).toEqual(missing("name"));
    expect(await failure(client.revokePersonalToken({}))).toEqual(missing("token_id"));
    expect(await failure(client.createPersonalToken({ name: "t", username: "a b" }))).toMatchObject(
      invalid(expect.stringContaining("'username'")),
    );
    expect(await failure(client.createPersonalToken({ name: "t", scopes: ["all"] }))).toMatchObject(
      invalid(expect.stringContaining("'scopes'")),
    );
    expect(await failure(client.listPersonalTokens({ username: "nobody-here" }))).toEqual(
      absent("User with username=nobody-here not found"),
    );
  });
});

describe.each(protocols)("on an open server, over %s", (protocol) => {
  test("everyone administers: they make projects, users and tokens without having one", async () => {
    const project = await open.project();
    const tokens = project.client(TokenService, protocol);
    const current = await tokens.getCurrentToken({});
    expect([current.isAdmin, current.token]).toEqual([true, undefined]);
    const username = `carol-${++names}`;
    expect(await failure(tokens.createPersonalToken({ name: "t" }))).toEqual(missing("username"));
    const { token } = await tokens.createPersonalToken({ name: "t", username, neverExpires: true });
    expect(token).toMatchObject({ username, createdBy: "local mode" });
    expect(token?.expiresAt).toBeUndefined();
    const made = await tokens.createToken({ name: "t", role: "owner" });
    expect(made.token).toMatchObject({ projectId: project.id, createdBy: "local mode" });
    const projects = project.client(ProjectService, protocol);
    const path = `open/${username}`;
    expect((await projects.createProject({ path })).project).toMatchObject({ path, role: "owner" });
    expect((await projects.listProjects({ maxResults: 1000 })).projects.map((one) => one.path)).toContain(
      path,
    );
  });
});
