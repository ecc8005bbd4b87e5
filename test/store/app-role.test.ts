import { randomUUID } from "node:crypto";
import { sql } from "kysely";
import { afterAll, beforeAll, describe, expect, inject, test } from "vitest";
import { ensureAppRole } from "../../src/store/app-role.ts";
import { openDatabase } from "../../src/store/database.ts";
import { migrateToLatest, pendingMigrations } from "../../src/store/migrate.ts";
import { defaultProjectPath, findProject } from "../../src/store/projects.ts";
import { isSecured } from "../../src/store/row-security.ts";
import { inProjects } from "../../src/store/scope.ts";
import { testDatabase } from "../support/database.ts";

const { owner: admin } = await testDatabase();
const made: string[] = [];
afterAll(async () => {
  for (const role of made.reverse()) await sql`drop role ${sql.id(role)}`.execute(admin);
});

const newName = () => {
  const name = `role_${randomUUID().replaceAll("-", "")}`;
  made.push(name);
  return name;
};

async function newUser(attributes: string): Promise<string> {
  const user = newName();
  await sql`create role ${sql.id(user)} login ${sql.raw(attributes)}`.execute(admin);
  return user;
}

const openAs = (user: string, database = "postgres") =>
  openDatabase({
    connection: { host: inject("cluster").host, user, database },
    poolSize: 2,
    namedStatements: true,
    statementTimeout: 30_000,
  });

test("the role is made once by any number that want it at the same time", async () => {
  const role = newName();
  const pools = Array.from({ length: 6 }, () => openAs(inject("cluster").user));
  await Promise.all(pools.map(({ owner }) => ensureAppRole(owner, role)));
  await Promise.all(pools.map(({ close }) => close()));
  const { rows } = await sql`select rolcanlogin from pg_roles where rolname = ${role}`.execute(admin);
  expect(rows).toEqual([{ rolcanlogin: false }]);
});

test("a user who may make roles makes it and may take it, and finds it well the next time", async () => {
  const role = newName();
  const { owner, close } = openAs(await newUser("createrole"));
  await ensureAppRole(owner, role);
  await ensureAppRole(owner, role);
  await sql`set role ${sql.id(role)}`.execute(owner);
  await close();
});

test("a user who may not is told what an administrator has to run", async () => {
  const role = newName();
  const user = await newUser("");
  const { owner, close } = openAs(user);
  const run = `create role ${role} nologin; grant ${role} to ${user};`;
  await expect(ensureAppRole(owner, role)).rejects.toThrow(`run this as an administrator: ${run}`);
  await sql.raw(run).execute(admin);
  await ensureAppRole(owner, role);
  await close();
});

test("a role above row-level security is refused", async () => {
  const role = newName();
  await sql`create role ${sql.id(role)} bypassrls`.execute(admin);
  await expect(ensureAppRole(admin, role)).rejects.toThrow(`alter role ${role} nosuperuser nobypassrls`);
});

test("a superuser who has not taken the role is not secured", async () => {
  expect(await isSecured(admin)).toBe(false);
});

describe("a database whose owner is an ordinary user", () => {
  const database = `owned_${randomUUID().replaceAll("-", "")}`;
  let opened: ReturnType<typeof openDatabase>;

  beforeAll(async () => {
    const user = await newUser("");
    await sql`grant loggia_app to ${sql.id(user)}`.execute(admin);
    await sql`create database ${sql.id(database)} owner ${sql.id(user)}`.execute(admin);
    opened = openAs(user, database);
  });
  afterAll(async () => {
    await opened.close();
    await sql`drop database ${sql.id(database)} with (force)`.execute(admin);
  });

  test("is migrated by that user, and then secured from the server and from the owner", async () => {
    const { db, owner } = opened;
    await migrateToLatest(owner);
    expect(await pendingMigrations(owner)).toEqual([]);
    expect(await isSecured(db)).toBe(true);
    const find = () => findProject(db, defaultProjectPath);
    expect(await find()).toBeUndefined();
    expect(await inProjects("all", find)).toBeDefined();
    expect(await isSecured(owner)).toBe(true);
    await owner.connection().execute(async (connection) => {
      await sql`set app.projects = ''`.execute(connection);
      expect(await findProject(connection, defaultProjectPath)).toBeUndefined();
      await sql`reset app.projects`.execute(connection);
      expect(await findProject(connection, defaultProjectPath)).toBeDefined();
    });
  });

  test("gets back what a copy without rights lost, the next time it is migrated", async () => {
    const { db, owner } = opened;
    await sql`revoke all on all tables in schema public from loggia_app`.execute(owner);
    await sql`revoke all on schema public from loggia_app`.execute(owner);
    const find = () => inProjects("all", () => findProject(db, defaultProjectPath));
    await expect(find()).rejects.toThrow();
    await migrateToLatest(owner);
    expect(await find()).toBeDefined();
  });
});
