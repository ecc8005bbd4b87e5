import { describe, expect, test } from "vitest";
import { TokenService } from "../../gen/loggia/v1/tokens_pb.js";
import { MlflowService } from "../../gen/mlflow/service_pb.js";
import type { Role } from "../../src/auth/roles.ts";
import { hashOf, isWellFormed } from "../../src/auth/token.ts";
import { absent, invalid, missing } from "../support/mlflow-errors.ts";
import { person } from "../support/person.ts";
import { failure, protocols, testServer } from "../support/server.ts";

const server = await testServer({ open: false });
const { db } = server;
const denied = { errorCode: "PERMISSION_DENIED" };
const unauthorized = { errorCode: "CUSTOMER_UNAUTHORIZED" };
const day = 86_400_000;

const inDays = (days: number) => BigInt(Date.now() + days * day);

/** Days from now, to the hour. */
const daysAhead = (at: bigint | undefined) =>
  at === undefined ? undefined : Math.round(((Number(at) - Date.now()) / day) * 24) / 24;

describe.each(protocols)("tokens of a project over %s", (protocol) => {
  const setUp = async () => {
    const { id } = await server.project();
    const owner = await person(db, { projects: [[id, "owner"]] });
    const as = (token: string) => server.at(id).client(TokenService, protocol, token);
    const mlflow = (token: string) => server.at(id).client(MlflowService, protocol, token);
    return { id, owner, as, mlflow, client: as(owner.token) };
  };

  test("a created token works in its project with its role, and its secret is stored nowhere", async () => {
    const { id, owner, client, mlflow } = await setUp();
    const { token, secret } = await client.createToken({ name: "CI of vision", role: "reporter" });
    expect(secret).toMatch(/^glmp_/);
    expect(isWellFormed(secret)).toBe(true);
    expect(token).toMatchObject({
      kind: "project",
      name: "CI of vision",
      hint: secret.slice(-4),
      projectId: id,
      role: "reporter",
      scopes: ["api"],
      createdBy: owner.username,
    });
    expect(token?.username).toBeUndefined();
    expect(daysAhead(token?.expiresAt)).toBe(30);
    expect((await mlflow(secret).getExperiment({ experimentId: "0" })).experiment?.name).toBe("Default");
    expect(await failure(mlflow(secret).createRun({ experimentId: "0" }))).toMatchObject(denied);
    const { rows } = {
      rows: await db.selectFrom("tokens").selectAll().where("project_id", "=", id).execute(),
    };
    const events = await db.selectFrom("audit_events").selectAll().where("project_id", "=", id).execute();
    expect(rows[0]?.hash).toEqual(hashOf(secret));
    const all = JSON.stringify([rows, events], (_, value) =>
      typeof value === "bigint" ? String(value) : value,
    );
    expect(all).not.toContain(secret.slice(5, -4));
  });

  test("a token lives for thirty days unless told otherwise, and for a year at most", async () => {
    const { client } = await setUp();
    const create = (expiresAt: bigint) => client.createToken({ name: "t", role: "guest", expiresAt });
    expect(daysAhead((await create(inDays(364))).token?.expiresAt)).toBe(364);
    const at = inDays(1);
    expect((await create(at)).token?.expiresAt).toBe(at);
    for (const wrong of [inDays(366), inDays(-1), 0n, -1n, 2n ** 62n])
      expect(await failure(create(wrong))).toMatchObject(invalid(expect.stringContaining("'expires_at'")));
  });

  test("a token that never expires is made by administrators alone", async () => {
    const { id, client, as } = await setUp();
    const wanted = { name: "t", role: "guest", neverExpires: true };
    expect(await failure(client.createToken(wanted))).toMatchObject(denied);
    const admin = as((await person(db, { isAdmin: true })).token);
    expect((await admin.createToken(wanted)).token?.expiresAt).toBeUndefined();
    expect(await failure(admin.createToken({ ...wanted, expiresAt: inDays(1) }))).toMatchObject(
      invalid(expect.stringContaining("'never_expires'")),
    );
    const boundAdmin = as((await person(db, { isAdmin: true, project: id })).token);
    expect(await failure(boundAdmin.createToken(wanted))).toMatchObject(denied);
  });

  test("nobody gives scopes that their own token has not", async () => {
    const { id, as } = await setUp();
    const owner = await person(db, {
      projects: [[id, "owner"]],
      scopes: ["admin_project", "read_artifacts"],
    });
    const client = as(owner.token);
    for (const scope of ["api", "read_api", "write_runs", "write_artifacts"])
      expect(await failure(client.createToken({ name: "t", role: "guest", scopes: [scope] }))).toMatchObject(
        denied,
      );
    expect(await failure(client.createToken({ name: "t", role: "guest" }))).toMatchObject(denied);
    const scopes = ["read_artifacts", "admin_project"];
    expect((await client.createToken({ name: "t", role: "owner", scopes })).token?.scopes).toEqual(scopes);
  });

  test("a token of a role makes no token of a greater one", async () => {
    const { id, as, client } = await setUp();
    const limited = await person(db, { projects: [[id, "owner"]], role: "maintainer" });
    expect(await failure(as(limited.token).createToken({ name: "t", role: "guest" }))).toMatchObject(denied);
    const { secret } = await client.createToken({ name: "o", role: "owner" });
    const made = await as(secret).createToken({ name: "by a token", role: "owner" });
    expect(made.token?.createdBy).toBe("token o");
  });

  test("a revoked token is refused at once, on every replica, and revoking it again changes nothing", async () => {
    const { id, client, mlflow } = await setUp();
    const { token, secret } = await client.createToken({ name: "t", role: "guest" });
    const elsewhere = `${await server.replica()}/api/v4/projects/${id}/ml/mlflow/api/2.0/mlflow/experiments/get?experiment_id=0`;
    const there = async () =>
      (await fetch(elsewhere, { headers: { authorization: `Bearer ${secret}` } })).status;
    await mlflow(secret).getExperiment({ experimentId: "0" });
    expect(await there()).toBe(200);
    const tokenId = token?.tokenId ?? 0n;
    await client.revokeToken({ tokenId });
    await expect
      .poll(() => failure(mlflow(secret).getExperiment({ experimentId: "0" })), { timeout: 900 })
      .toEqual({ ...unauthorized, message: "The token was revoked." });
    await expect.poll(there, { timeout: 900 }).toBe(401);
    const [row] = (await client.listTokens({ includeInactive: true })).tokens;
    await client.revokeToken({ tokenId });
    expect((await client.listTokens({ includeInactive: true })).tokens).toEqual([row]);
    expect(row?.revokedAt).toBeGreaterThan(0n);
  });

  test("a rotated token has a new secret and the same rights, and the old secret ends", async () => {
    const { client, mlflow } = await setUp();
    const first = await client.createToken({
      name: "t",
      role: "developer",
      scopes: ["write_runs"],
      expiresAt: inDays(7),
    });
    const second = await client.rotateToken({ tokenId: first.token?.tokenId ?? 0n });
    expect(second.secret).not.toBe(first.secret);
    expect(second.token).toMatchObject({ name: "t", role: "developer", scopes: ["write_runs"] });
    expect(second.token?.tokenId).not.toBe(first.token?.tokenId);
    expect(daysAhead(second.token?.expiresAt)).toBe(7);
    expect((await mlflow(second.secret).createRun({ experimentId: "0" })).run?.info?.status).toBeDefined();
    await expect
      .poll(() => failure(mlflow(first.secret).createRun({ experimentId: "0" })))
      .toMatchObject(unauthorized);
    const third = await client.rotateToken({ tokenId: second.token?.tokenId ?? 0n, expiresAt: inDays(3) });
    expect(daysAhead(third.token?.expiresAt)).toBe(3);
    for (const { token } of [first, second])
      expect(await failure(client.rotateToken({ tokenId: token?.tokenId ?? 0n }))).toMatchObject(
        invalid(expect.stringContaining("it was revoked")),
      );
    expect((await client.listTokens({})).tokens).toEqual([third.token]);
  });

  test("of two who rotate a token at the same time, one succeeds", async () => {
    const { client } = await setUp();
    const { token } = await client.createToken({ name: "t", role: "guest" });
    const tokenId = token?.tokenId ?? 0n;
    const outcomes = await Promise.allSettled([
      client.rotateToken({ tokenId }),
      client.rotateToken({ tokenId }),
      client.rotateToken({ tokenId }),
    ]);
    expect(outcomes.map(({ status }) => status).sort()).toEqual(["fulfilled", "rejected", "rejected"]);
    expect((await client.listTokens({})).tokens).toHaveLength(1);
  });

  test("nobody learns by rotation the secret of a token that may do more than theirs", async () => {
    const { id, client, as, mlflow } = await setUp();
    const { token, secret } = await client.createToken({ name: "t", role: "developer" });
    const governor = await person(db, { projects: [[id, "owner"]], scopes: ["admin_project"] });
    expect(await failure(as(governor.token).rotateToken({ tokenId: token?.tokenId ?? 0n }))).toMatchObject(
      denied,
    );
    expect((await mlflow(secret).createRun({ experimentId: "0" })).run?.info?.status).toBeDefined();
  });

  test("neither an expired token nor one of a CI job is rotated", async () => {
    const { id, client } = await setUp();
    const project = server.at(id);
    await project.token({ expiresAt: new Date(Date.now() - 1000) });
    await project.token({ kind: "ci", role: "developer" });
    const { tokens } = await client.listTokens({ includeInactive: true });
    const [ci, expired] = tokens;
    expect([ci?.kind, expired?.kind]).toEqual(["ci", "project"]);
    expect(await failure(client.rotateToken({ tokenId: expired?.tokenId ?? 0n }))).toMatchObject(
      invalid(expect.stringContaining("it has expired")),
    );
    expect(await failure(client.rotateToken({ tokenId: ci?.tokenId ?? 0n }))).toMatchObject(
      invalid(expect.stringContaining("kind 'ci'")),
    );
  });

  test("tokens are listed the newest first, page by page, those that ended only when asked for", async () => {
    const { id, client } = await setUp();
    await server.at(id).token({ expiresAt: new Date(Date.now() - 1000) });
    const made: bigint[] = [];
    for (let i = 0; i < 3; i++)
      made.unshift((await client.createToken({ name: `t${i}`, role: "guest" })).token?.tokenId ?? 0n);
    const first = await client.listTokens({ maxResults: 2 });
    const second = await client.listTokens({ maxResults: 2, pageToken: first.nextPageToken ?? "" });
    expect([...first.tokens, ...second.tokens].map(({ tokenId }) => tokenId)).toEqual(made);
    expect(second.nextPageToken).toBeUndefined();
    expect((await client.listTokens({ includeInactive: true })).tokens).toHaveLength(4);
  });

  test("the personal tokens of members are none of the project's", async () => {
    const { id, client } = await setUp();
    const bound = await person(db, { project: id, projects: [[id, "developer"]] });
    expect((await client.listTokens({})).tokens).toEqual([]);
    const { token_id } = await db
      .selectFrom("tokens")
      .select("token_id")
      .where("hash", "=", hashOf(bound.token))
      .executeTakeFirstOrThrow();
    expect(await failure(client.revokeToken({ tokenId: token_id }))).toEqual(
      absent(`Token with id=${token_id} not found`),
    );
  });

  test("what is absent or wrong is refused with the name of the parameter", async () => {
    const { client } = await setUp();
    expect(await failure(client.createToken({ role: "guest" }))).toEqual(missing("name"));
    expect(await failure(client.createToken({ name: "t" }))).toEqual(missing("role"));
    expect(await failure(client.revokeToken({}))).toEqual(missing("token_id"));
    expect(await failure(client.rotateToken({}))).toEqual(missing("token_id"));
    const wrong = [
      [{ name: "t", role: "king" }, "'role'"],
      [{ name: "t", role: "guest", scopes: ["api", "sudo"] }, "'scopes'"],
      [{ name: "a\u001b[31m", role: "guest" }, "'name'"],
      [{ name: "x".repeat(256), role: "guest" }, "'name'"],
    ] as const;
    for (const [request, parameter] of wrong)
      expect(
        await failure(
          client.createToken({ ...request, scopes: "scopes" in request ? [...request.scopes] : [] }),
        ),
      ).toMatchObject(invalid(expect.stringContaining(parameter)));
    expect(await failure(client.listTokens({ maxResults: 1001 }))).toMatchObject(
      invalid(expect.stringContaining("'max_results'")),
    );
  });

  test("a token of another project is absent, and another tenant finds no project", async () => {
    const { id, client } = await setUp();
    const elsewhere = await setUp();
    const { token } = await elsewhere.client.createToken({ name: "t", role: "guest" });
    const tokenId = token?.tokenId ?? 0n;
    const gone = absent(`Token with id=${tokenId} not found`);
    expect(await failure(client.revokeToken({ tokenId }))).toEqual(gone);
    expect(await failure(client.rotateToken({ tokenId }))).toEqual(gone);
    expect(await failure(client.rotateToken({ tokenId: 2n ** 63n - 1n }))).toMatchObject({
      errorCode: "RESOURCE_DOES_NOT_EXIST",
    });
    const stranger = server.at(id).client(TokenService, protocol, elsewhere.owner.token);
    const hidden = absent(`Project '${id}' not found`);
    expect(await failure(stranger.createToken({ name: "t", role: "guest" }))).toEqual(hidden);
    expect(await failure(stranger.listTokens({}))).toEqual(hidden);
    expect(await failure(stranger.revokeToken({ tokenId }))).toEqual(hidden);
    expect(await failure(stranger.rotateToken({ tokenId }))).toEqual(hidden);
  });

  test("tokens are for owners alone", async () => {
    const { id, as } = await setUp();
    for (const role of ["guest", "developer", "maintainer"] satisfies Role[]) {
      const client = as((await person(db, { projects: [[id, role]] })).token);
      expect(await failure(client.createToken({ name: "t", role: "guest" }))).toMatchObject(denied);
      expect(await failure(client.listTokens({}))).toMatchObject(denied);
      expect(await failure(client.revokeToken({ tokenId: 1n }))).toMatchObject(denied);
      expect(await failure(client.rotateToken({ tokenId: 1n }))).toMatchObject(denied);
    }
  });

  test("each change is one event, and one that is refused is none", async () => {
    const { id, owner, client } = await setUp();
    const { token } = await client.createToken({ name: "t", role: "guest", expiresAt: inDays(1) });
    const rotated = await client.rotateToken({ tokenId: token?.tokenId ?? 0n });
    const tokenId = rotated.token?.tokenId ?? 0n;
    await client.revokeToken({ tokenId });
    await client.revokeToken({ tokenId });
    await failure(client.rotateToken({ tokenId }));
    const events = await db
      .selectFrom("audit_events")
      .select(["action", "object", "actor", "details"])
      .where("project_id", "=", id)
      .orderBy("event_id")
      .execute();
    const details = { kind: "project", role: "guest", scopes: "api" };
    const common = { object: "t", actor: owner.username };
    expect(events).toMatchObject([
      { ...common, action: "token.create", details: { ...details, token: String(token?.tokenId) } },
      {
        ...common,
        action: "token.rotate",
        details: { ...details, token: String(token?.tokenId), new_token: String(tokenId) },
      },
      { ...common, action: "token.revoke", details: { ...details, token: String(tokenId) } },
    ]);
    expect(events).toHaveLength(3);
  });
});
