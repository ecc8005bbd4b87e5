import { type ChildProcess, execFileSync } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createSecureServer } from "node:http2";
import { type AddressInfo, createServer, connect as openSocket, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { sql } from "kysely";
import { afterAll, afterEach, beforeAll, describe, expect, inject, test } from "vitest";
import { openDatabase } from "../../src/store/database.ts";
import { launch as launchIn, launchWith, type Served, serve as serveIn } from "../support/process.ts";
import { until } from "../support/until.ts";

let home: string;
const running = new Set<ChildProcess>();

beforeAll(() => {
  home = mkdtempSync(join(tmpdir(), "loggia-process-"));
});
afterEach(() => {
  for (const child of running) child.kill("SIGKILL");
});
afterAll(async () => {
  await until("its processes are gone", () => processesOf(home).length === 0);
  rmSync(home, { recursive: true });
});

function launch(...args: string[]): ChildProcess {
  return kept(launchIn(home, ...args));
}

function kept(child: ChildProcess): ChildProcess {
  running.add(child);
  child.once("exit", () => running.delete(child));
  return child;
}

/** Runs the command to its end. */
async function run(...args: string[]): Promise<{ code: number | null; out: string; err: string }> {
  const child = launch(...args);
  if (child.stdout === null || child.stderr === null) throw new Error("no pipes");
  const [out, err, [code]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, "exit")]);
  return { code, out, err };
}

async function serve(...args: string[]): Promise<Served> {
  const served = await serveIn(home, ...args);
  kept(served.child);
  return served;
}

/** The processes whose command line names a path: the server, Postgres' supervisor, Postgres. */
function processesOf(path: string): string[] {
  return readdirSync("/proc").filter((pid) => {
    if (!/^\d+$/.test(pid)) return false;
    try {
      return readFileSync(`/proc/${pid}/cmdline`, "utf8").includes(path);
    } catch {
      return false; // ended meanwhile
    }
  });
}

async function call(
  url: string,
  path: string,
  body?: unknown,
  // biome-ignore lint/suspicious/noExplicitAny: a test reads what it expects to be there.
): Promise<{ status: number; body: any }> {
  const response = await fetch(
    `${url}/api/2.0/mlflow/${path}`,
    body === undefined ? {} : { method: "POST", body: JSON.stringify(body) },
  );
  return { status: response.status, body: await response.json() };
}

describe("loggia serve with its own Postgres", () => {
  const data = () => join(home, "data");

  test("tells where it is, what to set, where data lies and how to stop, and answers there", async () => {
    const { lines, url, end } = await serve("--data-dir", data());
    expect(lines).toContain(`MLFLOW_TRACKING_URI=${url}\n`);
    expect(lines).toContain(`MLFLOW_TRACKING_URI=${url}/api/v4/projects/1/ml/mlflow\n`);
    expect(lines).toContain(data());
    expect(lines.trim().split("\n").length).toBeLessThan(12);
    const health = await fetch(`${url}/health`);
    expect([health.status, await health.text()]).toEqual([200, "OK"]);
    expect((await fetch(`${url}/readyz`)).status).toBe(200);
    expect(await call(url, "experiments/create", { name: "kept" })).toMatchObject({ status: 200 });
    expect(await end("SIGTERM")).toBe(0);
  });

  test("a later start shows what an earlier one stored, and Ctrl-C leaves no process behind", async () => {
    const { url, end } = await serve("--data-dir", data());
    const found = await call(url, "experiments/get-by-name?experiment_name=kept");
    expect(found).toMatchObject({ status: 200, body: { experiment: { name: "kept" } } });
    expect(processesOf(data()).length).toBeGreaterThan(2);
    expect(await end("SIGINT", "group")).toBe(0);
    expect(processesOf(data())).toEqual([]);
  });

  test("kill -9 of the server ends its Postgres, and the next start finds every acknowledged write", async () => {
    const first = await serve("--data-dir", data());
    const created = await call(first.url, "experiments/create", { name: "acknowledged" });
    await first.end("SIGKILL");
    const second = await serve("--data-dir", data());
    const found = await call(second.url, "experiments/get-by-name?experiment_name=acknowledged");
    expect(found.body.experiment.experiment_id).toBe(created.body.experiment_id);
    await second.end("SIGKILL");
    await until("its processes are gone", () => processesOf(data()).length === 0);
  });

  test("a second server on the same data directory is refused, and the first goes on", async () => {
    const { url, child, end } = await serve("--data-dir", data());
    const second = await run("serve", "--port", "0", "--data-dir", data());
    expect(second).toMatchObject({ code: 1, out: "" });
    expect(second.err).toBe(
      `loggia: the data directory ${data()} is in use by another running loggia (process ${child.pid})\n`,
    );
    expect((await fetch(`${url}/readyz`)).status).toBe(200);
    expect(await end("SIGTERM")).toBe(0);
  });

  test("Postgres killed under the server comes back by itself", async () => {
    const { url, end } = await serve("--data-dir", data());
    const postmaster = () =>
      Number(readFileSync(join(data(), "postgres/postmaster.pid"), "utf8").split("\n")[0]);
    const before = postmaster();
    process.kill(before, "SIGQUIT");
    await until(
      "another Postgres answers",
      async () =>
        (await call(url, "experiments/get?experiment_id=0")).status === 200 && postmaster() !== before,
    );
    expect(await end("SIGTERM")).toBe(0);
  });

  test("a port in use is one line, and no Postgres stays behind", async () => {
    const blocker = createServer().listen(0, "127.0.0.1");
    await once(blocker, "listening");
    const address = blocker.address();
    const port = typeof address === "object" ? address?.port : undefined;
    const result = await run("serve", "--port", String(port), "--data-dir", data());
    blocker.close();
    expect(result).toMatchObject({ code: 1, out: "" });
    expect(result.err).toBe(`loggia: port ${port} on 127.0.0.1 is in use; choose another with --port\n`);
    expect(processesOf(data())).toEqual([]);
  });

  test("at SIGTERM it is not ready, and still answers what has begun", async () => {
    const { url, child, end } = await serve("--data-dir", data(), "--drain-delay", "2s");
    const body = JSON.stringify({ name: "late" });
    const socket = await halfSent(url, body);
    const code = end("SIGTERM");
    await until("it is not ready", async () => (await fetch(`${url}/readyz`)).status === 503);
    expect(child.exitCode).toBe(null);
    socket.write(body.slice(-3));
    expect(await text(socket)).toMatch(/^HTTP\/1.1 200 .*"experiment_id"/s);
    expect(await code).toBe(0);
  });

  test("a socket's path that would be too long does not keep Postgres from starting", async () => {
    const far = join(home, "x".repeat(120));
    const { url, end } = await serve("--data-dir", far);
    expect((await fetch(`${url}/readyz`)).status).toBe(200);
    expect(await end("SIGTERM")).toBe(0);
    expect(processesOf(far)).toEqual([]);
  });
});

/** A request whose last three bytes are missing. */
async function halfSent(url: string, body: string): Promise<Socket> {
  const { hostname, port, host } = new URL(url);
  const socket = openSocket(Number(port), hostname);
  await once(socket, "connect");
  const head = `POST /api/2.0/mlflow/experiments/create HTTP/1.1\r\nhost: ${host}\r\nconnection: close\r\ncontent-length: ${body.length}\r\n\r\n`;
  await new Promise<void>((resolve) => {
    socket.write(head + body.slice(0, -3), () => resolve());
  });
  return socket;
}

describe("loggia with a Postgres server", () => {
  const database = "process_test";
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

  test("serve refuses a schema that is not up to date and says what to do", async () => {
    const { code, out, err } = await run("serve", "--port", "0", "--database-url", url);
    expect([code, out]).toEqual([1, ""]);
    expect(err).toMatch(
      /^loggia: the database lacks \d+ migrations? \([^\n]+\): run "loggia migrate", or start with --migrate\n$/,
    );
  });

  test("migrate brings it up to date, once, and then serve runs", async () => {
    const first = await run("migrate", "--database-url", url);
    expect(first).toMatchObject({ code: 0, err: "" });
    expect(first.out).toMatch(/^applied 0001/);
    const second = await run("migrate", "--database-url", url);
    expect(second).toMatchObject({ code: 0, err: "" });
    expect(second.out).not.toContain("applied");
    const artifacts = join(home, "files");
    const unused = join(home, "unused");
    const served = await serve("--database-url", url, "--artifacts", artifacts, "--data-dir", unused);
    expect(served.lines).toContain(artifacts);
    expect((await fetch(`${served.url}/readyz`)).status).toBe(200);
    expect(await served.end("SIGTERM")).toBe(0);
    expect(existsSync(unused)).toBe(false);
  });

  test("a server that cannot be reached is one line without the password", async () => {
    const result = await run("serve", "--database-url", "postgres://me:secret@127.0.0.1:1/x");
    expect(result).toEqual({
      code: 1,
      out: "",
      err: "loggia: cannot use the database (postgres://me:***@127.0.0.1:1/x): connect ECONNREFUSED 127.0.0.1:1\n",
    });
  });

  test("a database that does not exist is one line", async () => {
    const { code, err } = await run("migrate", "--database-url", url.replace(database, "absent"));
    expect(code).toBe(1);
    expect(err).toMatch(/^loggia: cannot use the database [^\n]+: database "absent" does not exist\n$/);
  });
});

describe("what is asked for wrongly", () => {
  test.each([
    [["serve", "--port", "abc"], 'loggia: --port must be a whole number from 0 to 65535, got "abc"\n'],
    [["serve", "--colour"], "loggia: unknown flag --colour; see loggia --help\n"],
    [["sevre"], 'loggia: unknown command "sevre"; did you mean serve?\n'],
    [["migrate", "now"], 'loggia: unexpected argument "now"\n'],
  ])("loggia %j is one line and exit code 2", async (args, err) => {
    expect(await run(...args)).toEqual({ code: 2, out: "", err });
  });

  test("a data directory that cannot be made is one line and exit code 1", async () => {
    const file = join(home, "file");
    writeFileSync(file, "");
    const result = await run("serve", "--data-dir", join(file, "data"));
    expect(result).toEqual({
      code: 1,
      out: "",
      err: `loggia: cannot write to the data directory ${join(file, "data")} (ENOTDIR)\n`,
    });
  });
});

test("config shows each value and its source, masked, as text and as JSON", async () => {
  const args = ["--port", "1", "--database-url", "postgres://me:secret@db/x"];
  const shown = await run("config", ...args);
  expect(shown.code).toBe(0);
  expect(shown.out).toMatch(/^port +1 +--port$/m);
  expect(shown.out).toMatch(/^database-url +postgres:\/\/me:\*\*\*@db\/x +--database-url$/m);
  expect(JSON.parse((await run("config", "--json", ...args)).out)).toContainEqual({
    name: "port",
    value: "1",
    source: "--port",
  });
});

test("a certificate that the machine trusts is trusted, such as that of an authority of one's own", async () => {
  const [key, cert] = [join(home, "key.pem"), join(home, "cert.pem")];
  const subject = ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"];
  execFileSync(
    "openssl",
    ["req", "-x509", "-nodes", "-newkey", "rsa:2048", "-keyout", key, "-out", cert, ...subject],
    {
      stdio: "pipe",
    },
  );
  const server = createSecureServer({ key: readFileSync(key), cert: readFileSync(cert) });
  // The connection of a program that ends may be reset.
  server.on("session", (session) => session.on("error", () => {}));
  const asked = once(server, "stream").then(([stream]) => {
    stream.on("error", () => {});
    stream.respond({ ":status": 401 }, { endStream: true });
    return "a request";
  });
  await once(server.listen(0, "localhost"), "listening");
  const uri = `https://localhost:${(server.address() as AddressInfo).port}`;
  // Where OpenSSL, and so curl, finds the authorities of a machine.
  const child = kept(launchWith({ SSL_CERT_FILE: cert }, home, "watch", "1", "--tracking-uri", uri));
  const ended = once(child, "exit");
  expect(await Promise.race([asked, once(child.stderr ?? child, "data").then(String)])).toBe("a request");
  expect((await ended)[0]).toBe(1);
  server.close();
});

test("help and version go to standard output", async () => {
  for (const args of [["--help"], ["help", "serve"], ["serve", "--help"], []]) {
    const { code, out, err } = await run(...args);
    expect([code, err]).toEqual([0, ""]);
    expect(out).toContain("--port NUMBER");
  }
  expect((await run("--version")).out).toMatch(/^\d+\.\d+\.\d+\n$/);
});
