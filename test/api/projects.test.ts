import { describe, expect, test } from "vitest";
import { ProjectService } from "../../gen/loggia/v1/projects_pb.js";
import { MlflowService } from "../../gen/mlflow/service_pb.js";
import type { Role } from "../../src/auth/roles.ts";
import { absent, invalid, missing } from "../support/mlflow-errors.ts";
import { person } from "../support/person.ts";
import { failure, protocols, testServer } from "../support/server.ts";

const server = await testServer({ open: false });
const { db } = server;
const admin = await person(db, { isAdmin: true });
const denied = { errorCode: "PERMISSION_DENIED" };

let paths = 0;
const newPath = (group = "team") => `${group}/vision-${++paths}`;

describe.each(protocols)("projects over %s", (protocol) => {
  const as = (token: string, id = 0n) => server.at(id).client(ProjectService, protocol, token);

  /** A new project, made by the administrator. */
  const create = async (path = newPath()) => {
    const { project } = await as(admin.token).createProject({ path });
    if (project === undefined) throw new Error("no project in the answer");
    return project;
  };

  test("a created project has its experiment Default, its defaults and its maker as owner", async () => {
    const path = newPath();
    const before = BigInt(Date.now());
    const created = await create(path);
    expect(created).toMatchObject({
      path,
      name: path.slice("team/".length),
      description: "",
      visibility: "members",
      role: "owner",
    });
    expect(created.createdAt).toBeGreaterThanOrEqual(before - 1n);
    expect([created.retentionDays, created.quotaRuns, created.archivedAt]).toEqual([
      undefined,
      undefined,
      undefined,
    ]);
    expect((await as(admin.token, created.projectId).getProject({})).project).toEqual(created);
    const mlflow = server.at(created.projectId).client(MlflowService, protocol, admin.token);
    expect((await mlflow.getExperiment({ experimentId: "0" })).experiment?.name).toBe("Default");
    const owners = await db
      .selectFrom("members")
      .select("role")
      .where("project_id", "=", created.projectId)
      .execute();
    expect(owners).toEqual([{ role: "owner" }]);
  });

  test("what is given at creation is kept", async () => {
    const settings = {
      name: "Vision é",
      description: "What we see\nand do not",
      visibility: "public",
      retentionDays: 0,
      quotaRuns: 2n ** 60n,
      quotaPointsPerMinute: 0n,
      quotaArtifactBytes: 5n,
    };
    const { project } = await as(admin.token).createProject({ path: newPath(), ...settings });
    expect(project).toMatchObject(settings);
  });

  test("projects are made by administrators alone, by no owner and no token of a project", async () => {
    const project = await server.project();
    const owner = await person(db, { projects: [[project.id, "owner"]] });
    const path = newPath();
    for (const token of [
      owner.token,
      await project.token({ role: "owner" }),
      (await person(db, { isAdmin: true, scopes: ["read_api", "admin_project"] })).token,
      (await person(db, { isAdmin: true, project: project.id })).token,
    ])
      expect(await failure(as(token).createProject({ path }))).toMatchObject(denied);
    await create(path);
  });

  test("a path is taken whatever its case, and free again once its project is deleted", async () => {
    const { path, projectId } = await create();
    const upper = path.toUpperCase();
    expect(await failure(as(admin.token).createProject({ path: upper }))).toEqual({
      errorCode: "RESOURCE_ALREADY_EXISTS",
      message: `Project(path=${upper}) already exists.`,
    });
    await as(admin.token, projectId).deleteProject({ path });
    expect((await create(upper)).projectId).not.toBe(projectId);
  });

  test("paths that GitLab would not take are refused, each with its reason", async () => {
    const client = as(admin.token);
    expect(await failure(client.createProject({}))).toEqual(missing("path"));
    const reasons: [string, string][] = [
      ["123", "digits alone"],
      ["-team/x", "not begin with '-'"],
      ["team/-", "not begin with '-'"],
      ["team//x", "letters, digits"],
      ["/team", "letters, digits"],
      ["team/", "letters, digits"],
      ["team/a b", "letters, digits"],
      ["team/é", "letters, digits"],
      ["team/..", "dots alone"],
      ["team/x.git", "'.git' or '.atom'"],
      ["team.Atom/x", "'.git' or '.atom'"],
      ["API/x", "reserved word 'api'"],
      ["-", "reserved word '-'"],
      [`team/${"x".repeat(251)}`, "at most 255"],
    ];
    for (const [path, reason] of reasons)
      expect(await failure(client.createProject({ path }))).toMatchObject(
        invalid(expect.stringContaining(reason)),
      );
    await create(`team/${paths++}.${"x".repeat(240)}`);
    await create(`team/${protocol}/123`);
  });

  test("settings out of range are refused and nothing is made", async () => {
    const client = as(admin.token);
    const path = newPath();
    const wrong = [
      [{ visibility: "secret" }, "'visibility'"],
      [{ retentionDays: -1 }, "'retention_days'"],
      [{ retentionDays: 40_000 }, "'retention_days'"],
      [{ quotaRuns: -1n }, "'quota_runs'"],
      [{ quotaArtifactBytes: 2n ** 63n - 1n }, "'quota_artifact_bytes'"],
      [{ name: "a\nb" }, "'name'"],
      [{ name: "x".repeat(256) }, "'name'"],
      [{ description: "x".repeat(2001) }, "'description'"],
    ] as const;
    for (const [settings, parameter] of wrong)
      expect(await failure(client.createProject({ path, ...settings }))).toMatchObject(
        invalid(expect.stringContaining(parameter)),
      );
    await create(path);
  });

  test("a user lists the projects they are a member of and the public ones, page by page", async () => {
    const group = `list-${protocol}`;
    const made: bigint[] = [];
    for (const name of ["a", "b", "c", "d", "e"]) {
      const { projectId } = await create(`${group}/${name}`);
      made.push(projectId);
    }
    const [a, b, c, d] = made as [bigint, bigint, bigint, bigint];
    await as(admin.token, b).updateProject({ visibility: "public" });
    await as(admin.token, c).updateProject({ visibility: "disabled" });
    await as(admin.token, d).updateProject({ visibility: "disabled" });
    const user = await person(db, {
      projects: [
        [a, "reporter"],
        [c, "developer"],
        [d, "maintainer"],
      ],
    });
    const client = as(user.token);
    const listed: [string, string][] = [];
    let pageToken = "";
    do {
      const page = await client.listProjects({ maxResults: 1, pageToken });
      expect(page.projects.length).toBeLessThanOrEqual(1);
      for (const { path, role } of page.projects) if (path.startsWith(group)) listed.push([path, role]);
      pageToken = page.nextPageToken ?? "";
    } while (pageToken !== "");
    expect(listed).toEqual([
      [`${group}/a`, "reporter"],
      [`${group}/b`, "guest"],
      [`${group}/d`, "maintainer"],
    ]);
    const all = (await as(admin.token).listProjects({ maxResults: 1000 })).projects;
    expect(all.filter(({ path }) => path.startsWith(group)).map(({ role }) => role)).toEqual(
      Array(5).fill("owner"),
    );
  });

  test("a token that is bound to a project lists that one alone", async () => {
    const [one, other] = [await server.project(), await server.project()];
    const memberOfBoth = await person(db, {
      project: one.id,
      projects: [
        [one.id, "owner"],
        [other.id, "owner"],
      ],
    });
    for (const token of [memberOfBoth.token, await one.token()]) {
      const { projects } = await as(token).listProjects({});
      expect(projects.map(({ projectId }) => projectId)).toEqual([one.id]);
    }
  });

  test("a page token of one caller is of no use to another", async () => {
    const { nextPageToken } = await as(admin.token).listProjects({ maxResults: 1 });
    const user = await person(db);
    expect(await failure(as(user.token).listProjects({ pageToken: nextPageToken ?? "" }))).toMatchObject(
      invalid(expect.stringContaining("another search")),
    );
    expect(await failure(as(user.token).listProjects({ maxResults: -1 }))).toMatchObject(
      invalid(expect.stringContaining("'max_results'")),
    );
  });

  test("an update changes what is given and leaves the rest", async () => {
    const { projectId, path } = await create();
    const client = as(admin.token, projectId);
    await client.updateProject({ name: "N", retentionDays: 7, quotaRuns: 3n });
    const { project } = await client.updateProject({ description: "D", retentionDays: -1 });
    expect(project).toMatchObject({
      path,
      name: "N",
      description: "D",
      visibility: "members",
      quotaRuns: 3n,
    });
    expect(project?.retentionDays).toBeUndefined();
    const cleared = await client.updateProject({ quotaRuns: -1n, description: "" });
    expect(cleared.project?.quotaRuns).toBeUndefined();
    expect(cleared.project?.description).toBe("");
    expect(await failure(client.updateProject({ quotaRuns: -2n }))).toMatchObject(
      invalid(expect.stringContaining("'quota_runs'")),
    );
  });

  test("a maintainer changes settings, an owner the path, an administrator the group and quotas", async () => {
    const { projectId, path } = await create();
    const being = async (role: Role) =>
      as((await person(db, { projects: [[projectId, role]] })).token, projectId);
    const [developer, maintainer, owner] = [
      await being("developer"),
      await being("maintainer"),
      await being("owner"),
    ];
    const renamed = `${path}-renamed`;
    expect(await failure(developer.updateProject({ name: "x" }))).toMatchObject(denied);
    expect((await maintainer.updateProject({ name: "x" })).project?.role).toBe("maintainer");
    expect(await failure(maintainer.updateProject({ path: renamed }))).toMatchObject(denied);
    expect((await owner.updateProject({ path: renamed })).project?.path).toBe(renamed);
    const moved = { path: newPath("other-team") };
    for (const change of [moved, { path: "top-level" }, { quotaRuns: 1n }, { quotaArtifactBytes: -1n }])
      expect(await failure(owner.updateProject(change))).toMatchObject(denied);
    expect((await as(admin.token, projectId).updateProject(moved)).project?.path).toBe(moved.path);
  });

  test("a project is not renamed to a path that is taken, but its own may change its case", async () => {
    const [one, other] = [await create(), await create()];
    const client = as(admin.token, one.projectId);
    expect(await failure(client.updateProject({ path: other.path.toUpperCase() }))).toMatchObject({
      errorCode: "RESOURCE_ALREADY_EXISTS",
    });
    const path = one.path.replace("vision", "Vision");
    expect((await client.updateProject({ path })).project?.path).toBe(path);
  });

  test("an archived project is read and not written, until it is unarchived", async () => {
    const { projectId } = await create();
    const client = as(admin.token, projectId);
    const mlflow = server.at(projectId).client(MlflowService, protocol, admin.token);
    const { project } = await client.archiveProject({});
    expect(project?.archivedAt).toBeGreaterThan(0n);
    expect((await client.archiveProject({})).project?.archivedAt).toBe(project?.archivedAt);
    await expect
      .poll(() => failure(mlflow.createRun({ experimentId: "0" })))
      .toMatchObject({ ...denied, message: expect.stringContaining("archived") });
    expect((await mlflow.getExperiment({ experimentId: "0" })).experiment?.name).toBe("Default");
    expect((await client.unarchiveProject({})).project?.archivedAt).toBeUndefined();
    await expect
      .poll(async () => (await mlflow.createRun({ experimentId: "0" })).run?.info?.runId)
      .toBeTruthy();
  });

  test("a project is deleted by owners alone, who have to name it", async () => {
    const { projectId, path } = await create();
    const maintainer = await person(db, { projects: [[projectId, "maintainer"]] });
    expect(await failure(as(maintainer.token, projectId).deleteProject({ path }))).toMatchObject(denied);
    const owner = as((await person(db, { projects: [[projectId, "owner"]] })).token, projectId);
    expect(await failure(owner.deleteProject({}))).toEqual(missing("path"));
    expect(await failure(owner.deleteProject({ path: "team" }))).toMatchObject(
      invalid(expect.stringContaining(path)),
    );
    await owner.deleteProject({ path });
  });

  test("a deleted project is gone for every caller, its tokens end, and its log stays", async () => {
    const { projectId, path } = await create();
    const token = await server.at(projectId).token({ role: "owner" });
    const client = as(admin.token, projectId);
    expect((await as(token, projectId).getProject({})).project?.path).toBe(path);
    await client.deleteProject({ path });
    await expect
      .poll(() => failure(client.getProject({})))
      .toEqual(absent(`Project '${projectId}' not found`));
    await expect
      .poll(() => failure(as(token, projectId).getProject({})))
      .toMatchObject({ errorCode: "CUSTOMER_UNAUTHORIZED" });
    const { projects } = await as(admin.token).listProjects({ maxResults: 1000 });
    expect(projects.some((project) => project.projectId === projectId)).toBe(false);
    const events = await db
      .selectFrom("audit_events")
      .select(["action", "object", "actor"])
      .where("project_id", "=", projectId)
      .where("action", "like", "project.%")
      .orderBy("event_id")
      .execute();
    expect(events).toEqual([
      { action: "project.create", object: path, actor: admin.username },
      { action: "project.delete", object: path, actor: admin.username },
    ]);
  });

  test("another tenant finds no project, whatever they would do with it", async () => {
    const { projectId, path } = await create();
    const stranger = await person(db, { projects: [[(await server.project()).id, "owner"]] });
    const client = as(stranger.token, projectId);
    const calls = [
      () => client.getProject({}),
      () => client.updateProject({ name: "x" }),
      () => client.archiveProject({}),
      () => client.unarchiveProject({}),
      () => client.deleteProject({ path }),
    ];
    for (const call of calls)
      expect(await failure(call())).toEqual(absent(`Project '${projectId}' not found`));
    const absentOne = as(stranger.token, 999_999_999n);
    expect(await failure(absentOne.getProject({}))).toEqual(absent("Project '999999999' not found"));
  });
});
