import { describe, expect, test } from "vitest";
import { MemberService, UserService } from "../../gen/loggia/v1/members_pb.js";
import { MlflowService } from "../../gen/mlflow/service_pb.js";
import type { Role } from "../../src/auth/roles.ts";
import { absent, invalid, missing } from "../support/mlflow-errors.ts";
import { person } from "../support/person.ts";
import { failure, protocols, testServer } from "../support/server.ts";

const server = await testServer({ open: false });
const { db } = server;
const admin = await person(db, { isAdmin: true });
const denied = { errorCode: "PERMISSION_DENIED" };

let names = 0;
const newName = () => `ann.${++names}_x-y`;

describe.each(protocols)("members over %s", (protocol) => {
  /** A project with an owner, and clients that work in it. */
  const setUp = async () => {
    const { id } = await server.project();
    const owner = await person(db, { projects: [[id, "owner"]] });
    const as = (token: string) => server.at(id).client(MemberService, protocol, token);
    return { id, owner, as, client: as(owner.token) };
  };

  test("someone who is named for the first time becomes a user and a member", async () => {
    const { client, owner } = await setUp();
    const username = newName();
    const { member } = await client.setMember({ username, role: "developer" });
    expect(member).toMatchObject({ username, name: "", role: "developer", blocked: false });
    const { members } = await client.listMembers({});
    expect(members.map((one) => [one.username, one.role])).toEqual([
      [username, "developer"],
      [owner.username, "owner"],
    ]);
    expect(members[0]).toEqual(member);
  });

  test("a name means the same user whatever its case", async () => {
    const { client } = await setUp();
    const username = newName();
    await client.setMember({ username, role: "guest" });
    const { member } = await client.setMember({ username: username.toUpperCase(), role: "reporter" });
    expect(member).toMatchObject({ username, role: "reporter" });
    expect((await client.listMembers({})).members).toHaveLength(2);
    await client.removeMember({ username: username.toUpperCase() });
    expect((await client.listMembers({})).members).toHaveLength(1);
  });

  test("members are listed page by page, each once", async () => {
    const { client } = await setUp();
    const usernames = Array.from({ length: 5 }, newName).sort();
    for (const username of usernames) await client.setMember({ username, role: "guest" });
    const seen: string[] = [];
    let pageToken = "";
    do {
      const page = await client.listMembers({ maxResults: 2, pageToken });
      seen.push(...page.members.map(({ username }) => username));
      pageToken = page.nextPageToken ?? "";
    } while (pageToken !== "");
    expect(seen.slice(0, 5)).toEqual(usernames);
    expect(seen).toHaveLength(6);
  });

  test("a role that changes counts at once, also for a token that is in use", async () => {
    const { id, client } = await setUp();
    const user = await person(db, { projects: [[id, "reporter"]] });
    const mlflow = server.at(id).client(MlflowService, protocol, user.token);
    await mlflow.getExperiment({ experimentId: "0" });
    expect(await failure(mlflow.createRun({ experimentId: "0" }))).toMatchObject(denied);
    await client.setMember({ username: user.username, role: "developer" });
    await expect
      .poll(async () => (await mlflow.createRun({ experimentId: "0" })).run?.info?.runId)
      .toBeTruthy();
    await client.removeMember({ username: user.username });
    await expect
      .poll(() => failure(mlflow.getExperiment({ experimentId: "0" })))
      .toEqual(absent(`Project '${id}' not found`));
  });

  test("the last owner is neither removed nor demoted, and may go once there is another", async () => {
    const { client, owner, as } = await setUp();
    const lastOwner = invalid(expect.stringContaining("the last owner"));
    expect(await failure(client.removeMember({ username: owner.username }))).toMatchObject(lastOwner);
    expect(await failure(client.setMember({ username: owner.username, role: "maintainer" }))).toMatchObject(
      lastOwner,
    );
    await client.setMember({ username: owner.username, role: "owner" });
    const other = await person(db);
    await client.setMember({ username: other.username, role: "owner" });
    await client.removeMember({ username: owner.username });
    const { members } = await as(other.token).listMembers({});
    expect(members.map(({ username }) => username)).toEqual([other.username]);
  });

  test("of two owners who remove each other at the same time, one stays", async () => {
    const { id, client, owner, as } = await setUp();
    const other = await person(db, { projects: [[id, "owner"]] });
    await Promise.allSettled([
      client.removeMember({ username: other.username }),
      as(other.token).removeMember({ username: owner.username }),
    ]);
    const owners = await db.selectFrom("members").selectAll().where("project_id", "=", id).execute();
    expect(owners).toHaveLength(1);
  });

  test("an owner who is blocked does not count as another owner", async () => {
    const { client, owner } = await setUp();
    const other = await person(db);
    await client.setMember({ username: other.username, role: "owner" });
    await server.at(0n).client(UserService, protocol, admin.token).blockUser({ username: other.username });
    expect(await failure(client.removeMember({ username: owner.username }))).toMatchObject(
      invalid(expect.stringContaining("the last owner")),
    );
    expect((await client.listMembers({})).members.map(({ blocked }) => blocked).sort()).toEqual([
      false,
      true,
    ]);
  });

  test("what is absent or wrong is refused with the name of the parameter", async () => {
    const { client } = await setUp();
    expect(await failure(client.setMember({ role: "guest" }))).toEqual(missing("username"));
    expect(await failure(client.setMember({ username: "x" }))).toEqual(missing("role"));
    expect(await failure(client.removeMember({}))).toEqual(missing("username"));
    expect(await failure(client.setMember({ username: "x", role: "king" }))).toMatchObject(
      invalid(expect.stringContaining("'role'")),
    );
    for (const username of ["a b", "-a", "a/b", "é", "token x", "x".repeat(256), "a\0"])
      expect(await failure(client.setMember({ username, role: "guest" }))).toMatchObject({
        errorCode: "INVALID_PARAMETER_VALUE",
      });
    expect(await failure(client.removeMember({ username: "nobody-here" }))).toEqual(
      absent("Member with username=nobody-here not found"),
    );
  });

  test("a user who is a member elsewhere is absent here", async () => {
    const { client } = await setUp();
    const elsewhere = await setUp();
    expect(await failure(client.removeMember({ username: elsewhere.owner.username }))).toEqual(
      absent(`Member with username=${elsewhere.owner.username} not found`),
    );
    expect((await elsewhere.client.listMembers({})).members).toHaveLength(1);
  });

  test("members are for owners alone: lesser roles are denied, other tenants find no project", async () => {
    const { id, as } = await setUp();
    const user = newName();
    for (const role of ["guest", "developer", "maintainer"] satisfies Role[]) {
      const client = as((await person(db, { projects: [[id, role]] })).token);
      expect(await failure(client.listMembers({}))).toMatchObject(denied);
      expect(await failure(client.setMember({ username: user, role: "guest" }))).toMatchObject(denied);
      expect(await failure(client.removeMember({ username: user }))).toMatchObject(denied);
    }
    const stranger = as((await setUp()).owner.token);
    const hidden = absent(`Project '${id}' not found`);
    expect(await failure(stranger.listMembers({}))).toEqual(hidden);
    expect(await failure(stranger.setMember({ username: user, role: "guest" }))).toEqual(hidden);
    expect(await failure(stranger.removeMember({ username: user }))).toEqual(hidden);
    expect(await db.selectFrom("users").selectAll().where("username", "=", user).execute()).toEqual([]);
  });

  test("each change is one event, and a repetition is none", async () => {
    const { id, owner, client } = await setUp();
    const username = newName();
    await client.setMember({ username, role: "guest" });
    await client.setMember({ username, role: "guest" });
    await client.setMember({ username, role: "owner" });
    await client.removeMember({ username });
    await failure(client.removeMember({ username }));
    const events = await db
      .selectFrom("audit_events")
      .select(["action", "object", "actor", "result", "details"])
      .where("project_id", "=", id)
      .orderBy("event_id")
      .execute();
    const common = { object: username, actor: owner.username, result: "ok" };
    expect(events).toEqual([
      { ...common, action: "user.create", details: null },
      { ...common, action: "member.set", details: { role: "guest" } },
      { ...common, action: "member.set", details: { role: "owner", before: "guest" } },
      { ...common, action: "member.remove", details: { before: "owner" } },
    ]);
  });
});

describe.each(protocols)("users over %s", (protocol) => {
  const as = (token: string) => server.at(0n).client(UserService, protocol, token);

  test("a created user is listed, changed, blocked and unblocked", async () => {
    const client = as(admin.token);
    const username = newName();
    const { user } = await client.createUser({ username, name: "Ann É" });
    expect(user).toMatchObject({ username, name: "Ann É", isAdmin: false });
    expect(user?.blockedAt).toBeUndefined();
    const { users } = await client.listUsers({ maxResults: 1000 });
    expect(users).toContainEqual(user);
    expect((await client.updateUser({ username, isAdmin: true })).user).toMatchObject({
      name: "Ann É",
      isAdmin: true,
    });
    expect((await client.updateUser({ username, name: "" })).user).toMatchObject({ name: "", isAdmin: true });
    expect((await client.blockUser({ username })).user?.blockedAt).toBeGreaterThan(0n);
    expect((await client.unblockUser({ username })).user?.blockedAt).toBeUndefined();
  });

  test("users are listed in the order of their names, page by page", async () => {
    const client = as(admin.token);
    const seen: string[] = [];
    let pageToken = "";
    do {
      const page = await client.listUsers({ maxResults: 3, pageToken });
      seen.push(...page.users.map(({ username }) => username));
      pageToken = page.nextPageToken ?? "";
    } while (pageToken !== "");
    const stored = await db.selectFrom("users").select("username").orderBy("username").execute();
    expect(seen).toEqual(stored.map(({ username }) => username));
  });

  test("a name is taken whatever its case", async () => {
    const username = newName();
    await as(admin.token).createUser({ username });
    const upper = username.toUpperCase();
    expect(await failure(as(admin.token).createUser({ username: upper }))).toEqual({
      errorCode: "RESOURCE_ALREADY_EXISTS",
      message: `User(username=${upper}) already exists.`,
    });
  });

  test("a blocked user's tokens are refused at once, and good again when they are unblocked", async () => {
    const project = await server.project();
    const user = await person(db, { projects: [[project.id, "guest"]] });
    const mlflow = project.client(MlflowService, protocol, user.token);
    await mlflow.getExperiment({ experimentId: "0" });
    await as(admin.token).blockUser({ username: user.username });
    await expect
      .poll(() => failure(mlflow.getExperiment({ experimentId: "0" })))
      .toMatchObject({ errorCode: "CUSTOMER_UNAUTHORIZED" });
    await as(admin.token).unblockUser({ username: user.username });
    await expect
      .poll(async () => (await mlflow.getExperiment({ experimentId: "0" })).experiment?.experimentId)
      .toBe("0");
  });

  test("administrators neither block themselves nor step down by themselves", async () => {
    const client = as(admin.token);
    const username = admin.username.toUpperCase();
    expect(await failure(client.blockUser({ username }))).toMatchObject(invalid(expect.any(String)));
    expect(await failure(client.updateUser({ username, isAdmin: false }))).toMatchObject(
      invalid(expect.any(String)),
    );
    expect((await client.updateUser({ username: admin.username, isAdmin: true })).user?.isAdmin).toBe(true);
  });

  test("what is absent or wrong is refused with the name of the parameter", async () => {
    const client = as(admin.token);
    expect(await failure(client.createUser({}))).toEqual(missing("username"));
    expect(await failure(client.createUser({ username: "a b" }))).toMatchObject(
      invalid(expect.stringContaining("'username'")),
    );
    expect(await failure(client.createUser({ username: newName(), name: "a\nb" }))).toMatchObject(
      invalid(expect.stringContaining("'name'")),
    );
    const gone = absent("User with username=nobody-here not found");
    expect(await failure(client.updateUser({ username: "nobody-here" }))).toEqual(gone);
    expect(await failure(client.blockUser({ username: "nobody-here" }))).toEqual(gone);
    expect(await failure(client.unblockUser({ username: "nobody-here" }))).toEqual(gone);
  });

  test("users are for administrators alone", async () => {
    const project = await server.project();
    const owner = await person(db, { projects: [[project.id, "owner"]] });
    const { username } = owner;
    for (const token of [
      owner.token,
      await project.token({ role: "owner" }),
      (await person(db, { isAdmin: true, scopes: ["read_api", "admin_project"] })).token,
    ]) {
      const client = as(token);
      expect(await failure(client.listUsers({}))).toMatchObject(denied);
      expect(await failure(client.createUser({ username: newName() }))).toMatchObject(denied);
      expect(await failure(client.updateUser({ username, isAdmin: true }))).toMatchObject(denied);
      expect(await failure(client.blockUser({ username }))).toMatchObject(denied);
      expect(await failure(client.unblockUser({ username }))).toMatchObject(denied);
    }
  });
});
