import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import { sql } from "kysely";
import { afterAll, beforeAll, describe, expect, inject, test } from "vitest";
import { openDatabase } from "../../src/store/database.ts";
import { launch, type Served, serve } from "../support/process.ts";
import { until } from "../support/until.ts";

let home: string;
let data: string;
const running = new Set<ChildProcess>();

beforeAll(() => {
  home = mkdtempSync(join(tmpdir(), "loggia-cli-"));
  data = join(home, "data");
});
afterAll(async () => {
  for (const child of running) child.kill("SIGKILL");
  await until("no Postgres is left", () => !existsSync(join(data, "postgres/postmaster.pid")));
  rmSync(home, { recursive: true });
});

interface Ended {
  code: number | null;
  out: string;
  err: string;
}

async function ended(child: ChildProcess): Promise<Ended> {
  running.add(child);
  child.once("exit", () => running.delete(child));
  if (child.stdout === null || child.stderr === null) throw new Error("no pipes");
  const [out, err, [code]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, "exit")]);
  return { code, out, err };
}

/** Runs a command on the data directory of this file, to its end. */
const run = (...args: string[]) => ended(launch(home, ...args, "--data-dir", data));

/** What a command prints that succeeds. */
async function done(...args: string[]): Promise<string> {
  const { code, out, err } = await run(...args);
  expect([code, err]).toEqual([0, ""]);
  return out;
}

// biome-ignore lint/suspicious/noExplicitAny: a test reads what it expects to be there.
const json = async (...args: string[]): Promise<any> => JSON.parse(await done(...args, "--json"));

async function started(...args: string[]): Promise<Served> {
  const served = await serve(home, "--data-dir", data, ...args);
  running.add(served.child);
  served.child.once("exit", () => running.delete(served.child));
  return served;
}

const search = (url: string, project: number, token?: string) =>
  fetch(`${url}/api/v4/projects/${project}/ml/mlflow/api/2.0/mlflow/runs/search`, {
    method: "POST",
    headers: token === undefined ? {} : { authorization: `Bearer ${token}` },
    body: '{"experiment_ids":["0"]}',
  });

describe("with no server", () => {
  test("the first command makes the database and leaves no Postgres behind", async () => {
    const { code, out, err } = await run("project", "list");
    expect([code, err]).toEqual([0, "Creating the database\n"]);
    expect(out).toMatch(/^PROJECT ID +PATH .*\n +1 +default +/);
    expect(existsSync(join(data, "postgres/postmaster.pid"))).toBe(false);
  });

  test("commands at the same time wait for each other, and so does a server that is starting", async () => {
    const [served, ...made] = await Promise.all([
      started(),
      ...["a", "b"].map((name) => run("project", "create", `at-once/${name}`)),
    ]);
    expect(made.map(({ code }) => code)).toEqual([0, 0]);
    expect(await done("project", "list")).toMatch(/ at-once\/a .* at-once\/b /s);
    expect(await served.end("SIGTERM")).toBe(0);
  });

  test("what is asked for wrongly is told before any database is made", async () => {
    const elsewhere = join(home, "elsewhere");
    for (const [args, err] of [
      [["project", "create"], "loggia project create needs PATH; write loggia project create PATH"],
      [["project", "create", "a/b", "c"], 'unexpected argument "c"'],
      [["project", "create", "7"], "Invalid value '7' for parameter 'path': it must not be digits alone."],
      [["project", "creat", "a"], 'unknown command "project creat"; did you mean project create?'],
      [["project", "set", "a"], "say what to change; loggia help project set tells what there is"],
      [
        ["project", "create", "a", "--visibility", "all"],
        '--visibility must be one of public, members, disabled, got "all"',
      ],
      [["member", "add", "ada", "--project", "a"], "this needs --role ROLE"],
      [
        ["member", "add", "ada", "--project", "a", "--role", "boss"],
        '--role must be one of guest, reporter, developer, maintainer, owner, got "boss"',
      ],
      [["user", "create", "a b"], "Invalid value 'a b' for parameter 'username': each part must consist of"],
      [
        ["token", "create", "--role", "guest"],
        "say what the token is for: --project PROJECT --role ROLE, or",
      ],
      [["token", "create", "--project", "a"], "a token of a project needs --role ROLE"],
      [["token", "create", "--user", "a", "--scope", "all"], "--scope must be of api, read_api,"],
      [
        ["token", "create", "--user", "a", "--expires", "soon"],
        "--expires must be a time such as 12h, 30d or",
      ],
      [
        ["token", "create", "--user", "a", "--expires", "2y"],
        "--expires may be 365d ahead at most, or never,",
      ],
      [["token", "revoke", "laptop"], 'a token is named by its number, as the list shows it, got "laptop"'],
      [["token", "list", "--quite"], "unknown flag --quite; did you mean --quiet?"],
      [["audit", "list", "--limit", "0"], '--limit must be a whole number from 1, got "0"'],
      [["gc", "--older-than", "long"], '--older-than must be a number of days such as 30d, got "long"'],
    ] as const) {
      const result = await ended(launch(home, ...args, "--data-dir", elsewhere));
      expect([args, result.code, result.out]).toEqual([args, 2, ""]);
      expect(result.err).toContain(`loggia: ${err}`);
      expect(result.err.trim().split("\n")).toHaveLength(1);
    }
    expect(existsSync(elsewhere)).toBe(false);
  });
});

test.each([
  ["http://localhost:1/api/v4/projects/%E0%A4%A/ml/mlflow", "names a project that cannot be decoded"],
  ["http://local host/", "is no http address"],
  ["localhost:5000", "is no http address"],
])("a watch says in a line what is wrong with the address %s", async (address, message) => {
  const { code, out, err } = await run("watch", "0".repeat(32), "--tracking-uri", address);
  expect([code, out]).toEqual([2, ""]);
  expect(err).toContain(message);
  expect(err.trim().split("\n").length).toBeLessThanOrEqual(2);
});

describe("while a server runs on the same data directory", () => {
  let served: Served;
  beforeAll(async () => {
    served = await started();
  });
  afterAll(() => served.end("SIGTERM"));

  test("a project is created, shown, set, renamed, archived and listed", async () => {
    const out = await done(
      ...["project", "create", "team/vision", "--visibility", "public", "--retention", "30d"],
      ...["--quota-artifacts", "5GB", "--quota-runs", "1000", "--description", "Cameras"],
    );
    expect(out).toMatch(/^Made the project team\/vision, number (\d+)\.\n/);
    const id = Number(/number (\d+)/.exec(out)?.[1]);
    expect(await json("project", "show", "team/vision")).toMatchObject({
      project_id: id,
      path: "team/vision",
      name: "vision",
      description: "Cameras",
      visibility: "public",
      created_at: expect.stringMatching(/^\d{4}-\d{2}-\d{2}T.*Z$/),
      archived_at: null,
      retention_days: 30,
      quota_runs: 1000,
      quota_points_per_minute: null,
      quota_artifact_bytes: 5_000_000_000,
      runs: 0,
      artifact_bytes: 0,
      tracking_uri: expect.stringMatching(new RegExp(`/api/v4/projects/${id}/ml/mlflow$`)),
    });
    expect(await done("project", "show", String(id))).toMatch(/^path +team\/vision$/m);
    expect(
      await json("project", "set", "team/vision", "--visibility", "members", "--quota-runs", "none"),
    ).toMatchObject({ visibility: "members", quota_runs: null, retention_days: 30 });
    await done("project", "rename", "team/vision", "team/sight");
    expect((await json("project", "archive", "team/sight")).archived_at).toMatch(/^\d{4}-/);
    expect((await search(served.url, id)).status).toBe(200);
    const denied = await fetch(`${served.url}/api/v4/projects/${id}/ml/mlflow/api/2.0/mlflow/runs/create`, {
      method: "POST",
      body: '{"experiment_id":"0"}',
    });
    expect(denied.status).toBe(403);
    expect((await json("project", "unarchive", String(id))).archived_at).toBe(null);
    await done("project", "rename", String(id), "team/vision");
    const list = await json("project", "list");
    expect(list.map((one: { path: string }) => one.path)).toContain("team/vision");
    expect(await run("project", "create", "Team/Vision")).toEqual({
      code: 1,
      out: "",
      err: "loggia: the project Team/Vision exists already\n",
    });
    expect(await run("project", "show", "team/nothing")).toMatchObject({
      code: 1,
      err: 'loggia: there is no project team/nothing; "loggia project list" tells which there are\n',
    });
  });

  test("users and members are added, changed, listed and removed, and a project keeps its last owner", async () => {
    await json("project", "create", "team/members");
    expect(await json("user", "create", "ada", "--name", "Ada L", "--admin")).toMatchObject({
      username: "ada",
      name: "Ada L",
      admin: true,
      blocked_at: null,
    });
    expect((await run("user", "create", "ADA")).err).toBe("loggia: the user ADA exists already\n");
    await done("member", "add", "ada", "--project", "team/members", "--role", "owner");
    expect(await done("member", "add", "bob", "--project", "team/members", "--role", "guest")).toBe(
      "Made the user bob, whom nobody had named before.\nbob is guest in team/members.\n",
    );
    await done("member", "add", "bob", "--project", "team/members", "--role", "developer");
    expect(await done("member", "list", "--project", "team/members")).toMatch(
      /^USERNAME +NAME +ROLE .*\nada +Ada L +owner .*\nbob +- +developer /,
    );
    expect(await run("member", "remove", "ada", "--project", "team/members")).toMatchObject({
      code: 1,
      err: expect.stringMatching(/^loggia: ada is the last owner of team\/members: [^\n]+\n$/),
    });
    await done("member", "remove", "bob", "--project", "team/members");
    expect(await json("member", "list", "--project", "team/members")).toMatchObject([
      { username: "ada", role: "owner", blocked: false },
    ]);
    expect((await json("user", "admin", "ada", "--off")).admin).toBe(false);
    expect((await json("user", "block", "bob")).blocked_at).toMatch(/^\d{4}-/);
    expect((await run("token", "create", "--user", "bob")).err).toBe(
      "loggia: bob is blocked, so the token would be refused: loggia user unblock bob\n",
    );
    expect((await json("user", "unblock", "bob")).blocked_at).toBe(null);
    expect((await run("user", "block", "nobody")).err).toMatch(/^loggia: there is no user nobody; /);
    expect((await json("user", "list")).map((one: { username: string }) => one.username)).toEqual([
      "ada",
      "bob",
    ]);
  });

  test("a project is deleted by who says --yes, and by nobody who cannot be asked", async () => {
    const { project_id } = await json("project", "create", "team/gone");
    expect(await run("project", "delete", "team/gone")).toEqual({
      code: 2,
      out: "",
      err: "loggia: This deletes team/gone with everything in it, for good: say --yes to do it\n",
    });
    expect((await search(served.url, project_id)).status).toBe(200);
    await done("project", "delete", "team/gone", "--yes");
    expect((await search(served.url, project_id)).status).toBe(404);
    // Its path is free.
    await done("project", "create", "team/gone");
  });

  test.each([
    ["team/askeb", 1, true],
    ["team/asked", 0, false],
  ])("at a terminal, typing %s ends with %i", async (typed, code, stays) => {
    if (stays) await done("project", "create", "team/asked");
    const program = fileURLToPath(new URL("../../bin/loggia", import.meta.url));
    const command = `${program} project delete team/asked --data-dir ${data}`;
    const terminal = spawn("script", ["-qec", command, "/dev/null"], {
      cwd: home,
      env: { PATH: process.env.PATH },
      stdio: ["pipe", "pipe", "pipe"],
    });
    let shown = "";
    terminal.stdout.on("data", (chunk) => {
      shown += chunk;
    });
    await until("it asks", () => shown.includes("Type team/asked to do it: "));
    terminal.stdin.write(`${typed}\n`);
    const [ending] = await once(terminal, "exit");
    expect(ending).toBe(code);
    const projects = await json("project", "list");
    expect(projects.some((one: { path: string }) => one.path === "team/asked")).toBe(stays);
  });

  test("what is deleted is removed for good, after a look at how much it is", async () => {
    const { project_id } = await json("project", "create", "team/tidy");
    const base = `${served.url}/api/v4/projects/${project_id}/ml/mlflow/api/2.0/mlflow`;
    const post = async (path: string, body: object) =>
      (await fetch(`${base}/${path}`, { method: "POST", body: JSON.stringify(body) })).json();
    const { run: made } = (await post("runs/create", { experiment_id: "0" })) as {
      run: { info: { run_id: string } };
    };
    await post("runs/log-metric", { run_id: made.info.run_id, key: "loss", value: 1, timestamp: 1 });
    await post("runs/delete", { run_id: made.info.run_id });
    const here = ["--project", "team/tidy", "--older-than", "0"];
    expect(await done("gc", ...here, "--dry-run")).toBe("This would remove 1 run.\n");
    expect(await run("gc", ...here)).toMatchObject({ code: 2, out: "" });
    expect(await json("gc", ...here, "--yes")).toMatchObject({ dry_run: false, runs: 1, metric_points: 1 });
    expect(await done("gc", ...here, "--dry-run")).toBe("This would remove nothing.\n");
    expect((await json("project", "show", "team/tidy")).runs).toBe(0);
  });

  test("the audit log has every command, and exports it as the API does", async () => {
    await done("project", "create", "team/watched");
    await done("member", "add", "ada", "--project", "team/watched", "--role", "reporter");
    const table = await done("audit", "list", "--project", "team/watched");
    expect(table).toMatch(/^AT +ACTOR +ACTION +OBJECT .*\n\S+Z +command line +member\.set +ada +ok /);
    const [event] = await json("audit", "list", "--project", "team/watched", "--limit", "1");
    expect(event).toMatchObject({ actor: "command line", action: "member.set", object: "ada", result: "ok" });
    const { project_id } = await json("project", "show", "team/watched");
    const lines = (await done("audit", "export", "--project", "team/watched", "--action", "member.*"))
      .trim()
      .split("\n");
    expect(lines.map((line) => JSON.parse(line))).toEqual([event]);
    const exported = await fetch(
      `${served.url}/api/v4/projects/${project_id}/ml/mlflow/api/1.0/loggia/audit/export?action=member.*`,
    );
    expect(await exported.text()).toBe(`${lines[0]}\n`);
    expect(await done("audit", "list", "--until", "2020-01-01")).toBe("There are no events.\n");
    expect(await json("audit", "list", "--until", "2020-01-01")).toEqual([]);
  });

  test("tokens are made, listed, rotated and revoked, each printed once", async () => {
    await done("project", "create", "team/tokens");
    const { project_id } = await json("project", "show", "team/tokens");
    const out = await done(
      ...["token", "create", "--project", "team/tokens", "--role", "developer", "--scope", "api"],
      ...["--expires", "30d", "--name", "laptop", "--public-url", "https://ml.example.org/"],
    );
    const [, secret] =
      new RegExp(
        `\n  export MLFLOW_TRACKING_URI=https://ml\\.example\\.org/api/v4/projects/${project_id}/ml/mlflow\n  export MLFLOW_TRACKING_TOKEN=(glmp_\\w{38})\n$`,
      ).exec(out) ?? [];
    expect(out).toContain("a server that runs already asks for tokens from its next start on.\n");
    const id = /^Token (\d+) \(laptop\): developer; api; until \S+Z\.\n/.exec(out)?.[1] ?? "";
    const list = await done("token", "list", "--project", "team/tokens");
    expect(list).toContain(` laptop `);
    expect(list).toContain(` ${secret?.slice(-4)} `);
    expect(list).not.toContain(secret);

    const rotated = await json("token", "rotate", id);
    expect(rotated).toMatchObject({ name: "laptop", role: "developer", scopes: ["api"], kind: "project" });
    expect(rotated.secret).toMatch(/^glmp_\w{38}$/);
    expect(rotated.secret).not.toBe(secret);
    const active = await json("token", "list", "--project", "team/tokens");
    expect(active.map((one: { token_id: number }) => one.token_id)).toEqual([rotated.token_id]);
    expect((await run("token", "rotate", id)).err).toMatch(/^loggia: token \d+ is revoked already; /);

    expect(await done("token", "revoke", String(rotated.token_id))).toMatch(/ is revoked\.\n$/);
    expect(await done("token", "revoke", String(rotated.token_id))).toMatch(/ was revoked already\.\n$/);
    expect(await json("token", "list", "--project", "team/tokens")).toEqual([]);
    expect(await json("token", "list", "--project", "team/tokens", "--all")).toHaveLength(2);
    expect(await run("token", "revoke", "999999")).toMatchObject({ code: 1, out: "" });
  });

  test("a personal token is its user's, wherever they are a member or in one project", async () => {
    const { project_id } = await json("project", "create", "team/personal");
    const args = ["token", "create", "--user", "ada", "--scope", "read_api,write_runs"];
    const everywhere = await json(...args, "--expires", "never");
    expect(everywhere).toMatchObject({
      kind: "personal",
      username: "ada",
      project_id: null,
      expires_at: null,
    });
    expect(everywhere.scopes).toEqual(["read_api", "write_runs"]);
    const here = await json(...args, "--project", "team/personal", "--role", "guest", "--name", "phone");
    expect(here).toMatchObject({ project_id, role: "guest", name: "phone" });
    expect(await json("token", "list", "--user", "ada")).toHaveLength(2);
    for (const { token_id } of [everywhere, here]) await done("token", "revoke", String(token_id));
  });
});

describe("who may reach the server", () => {
  test.each([
    [["--host", "0.0.0.0"], "it listens on 0.0.0.0"],
    [["--public-url", "https://ml.example.org"], "it is served as https://ml.example.org"],
    [["--trusted-proxies", "127.0.0.1"], "it stands behind the proxy 127.0.0.1"],
  ])("with %j and no token, it does not start, and says how to make one", async (args, why) => {
    const fresh = ["--data-dir", join(home, "fresh")];
    expect(await ended(launch(home, "serve", "--port", "0", ...args, ...fresh))).toMatchObject({
      code: 1,
      err: `loggia: others can reach this server (${why}), so it needs a token, and there is none: make one with "loggia token create --project default --role owner" and the same settings, and start again\n`,
    });
  });

  test("with a token it starts, on every address, and hears whoever has it alone, until it is revoked", async () => {
    const { project_id } = await json("project", "show", "team/vision");
    const secret = (
      await done("token", "create", "--project", "team/vision", "--role", "developer", "--quiet")
    ).trim();
    expect(secret).toMatch(/^glmp_\w{38}$/);
    const served = await started("--host", "0.0.0.0");
    expect(served.lines).toContain("Tokens needed");
    const url = served.url.replace("0.0.0.0", "127.0.0.1");
    const anonymous = await search(url, project_id);
    expect([anonymous.status, anonymous.headers.get("www-authenticate")]).toEqual([
      401,
      expect.stringMatching(/^Bearer/),
    ]);
    expect((await search(url, project_id, secret)).status).toBe(200);
    expect((await search(url, 1, secret)).status).toBe(404);

    const [token] = await json("token", "list", "--project", "team/vision");
    expect(token.last_used_at).toMatch(/^\d{4}-/);
    await done("token", "revoke", String(token.token_id));
    await until(
      "the token is refused",
      async () => (await search(url, project_id, secret)).status === 401,
      4_000,
    );
    expect(await served.end("SIGTERM")).toBe(0);
    expect(readFileSync(join(data, "postgres.log"), "utf8")).not.toContain(secret);
  });

  test("one that had a token does not open when the last of them is revoked, but when it is told to", async () => {
    for (const { token_id } of await json("token", "list")) await done("token", "revoke", String(token_id));
    const closed = await started();
    expect(closed.lines).toContain("Tokens needed");
    expect((await search(closed.url, 1)).status).toBe(401);
    expect(await closed.end("SIGTERM")).toBe(0);

    expect((await run("serve", "--port", "0", "--open", "--host", "0.0.0.0")).err).toBe(
      "loggia: others can reach this server (it listens on 0.0.0.0), so it cannot be opened to all who do\n",
    );
    const { token_id } = await json("token", "create", "--project", "default", "--role", "guest");
    expect((await run("serve", "--port", "0", "--open")).err).toMatch(/^loggia: there are tokens, /);
    await done("token", "revoke", String(token_id));

    // The second start needs not be told again.
    for (const flags of [["--open"], []]) {
      const served = await started(...flags);
      expect(served.lines).toContain("Tokens none needed");
      expect((await search(served.url, 1)).status).toBe(200);
      expect(await served.end("SIGTERM")).toBe(0);
    }
  });
});

describe("with a Postgres server", () => {
  const database = "cli_test";
  const { host, user } = inject("cluster");
  const url = `postgres:///${database}?host=${encodeURIComponent(host)}&user=${user}`;
  const admin = openDatabase({
    connection: { host, user, database: "postgres" },
    poolSize: 1,
    namedStatements: false,
    statementTimeout: 30_000,
  });

  beforeAll(async () => {
    await sql`create database ${sql.id(database)}`.execute(admin.owner);
  });
  afterAll(async () => {
    await sql`drop database ${sql.id(database)} with (force)`.execute(admin.owner);
    await admin.close();
  });

  test("commands ask for migrations first, and touch no file of this machine", async () => {
    const elsewhere = mkdtempSync(join(home, "empty-"));
    const on = (...args: string[]) => ended(launch(elsewhere, ...args, "--database-url", url));
    const early = await on("project", "list");
    expect(early).toMatchObject({ code: 1, out: "" });
    expect(early.err).toMatch(/^loggia: the database lacks \d+ migrations: run "loggia migrate" first\n$/);
    expect((await on("migrate")).code).toBe(0);
    expect(await on("project", "create", "team/vision")).toMatchObject({ code: 0, err: "" });
    expect((await on("project", "list")).out).toMatch(/ default .* team\/vision /s);
    expect(readdirSync(elsewhere)).toEqual([]);
  });

  test("a server that cannot be reached is one line without the password", async () => {
    const nowhere = "postgres://me:secret@127.0.0.1:1/x";
    expect(await ended(launch(home, "user", "list", "--database-url", nowhere))).toEqual({
      code: 1,
      out: "",
      err: "loggia: cannot use the database (postgres://me:***@127.0.0.1:1/x): connect ECONNREFUSED 127.0.0.1:1\n",
    });
  });
});
